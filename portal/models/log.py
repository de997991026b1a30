from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .base import AppendOnly


class LogEntry(AppendOnly):
    """What was done or looked at, by whom as he was then called. Outlives accounts; holds codes, never names of subjects."""

    class Kind(models.TextChoices):
        CHANGE = "change", _("change")
        VIEW = "view", _("view")

    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.CHANGE)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="+",
    )
    actor_name = models.CharField(max_length=200)
    actor_roles = models.CharField(max_length=200, blank=True)
    action = models.CharField(max_length=64)
    model = models.CharField(max_length=64)
    object_id = models.CharField(max_length=40)
    object_code = models.CharField(max_length=40)
    state_from = models.CharField(max_length=32, blank=True)
    state_to = models.CharField(max_length=32, blank=True)
    reason = models.TextField(blank=True)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("log entry")
        verbose_name_plural = _("log")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["model", "object_id", "at"], name="log_of_object")]

    def __str__(self):
        return f"{self.action} {self.object_code}"
