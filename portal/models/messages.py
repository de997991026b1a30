from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .base import Coded


class OutgoingMessageQuerySet(models.QuerySet):
    def due(self, now):
        """What should have left by `now` and nobody holds: scheduled rows, and rows whose sender died mid-way."""
        return self.filter(
            models.Q(state=OutgoingMessage.State.SCHEDULED)
            | models.Q(state=OutgoingMessage.State.LOCKED, locked_until__lt=now),
            due_at__lte=now,
        )


class OutgoingMessage(Coded):
    """A letter or a text message. The row is the proof: it is written in the transaction of the act it tells of."""

    CODE_PREFIX = "L"

    class Channel(models.TextChoices):
        EMAIL = "email", _("e-mail")
        SMS = "sms", _("text message")

    class State(models.TextChoices):
        SCHEDULED = "scheduled", _("waiting")
        LOCKED = "locked", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", pgettext_lazy("letter", "failed")
        CANCELLED = "cancelled", _("cancelled")
        SKIPPED_LATE = "skipped_late", _("not sent: too late")

    letter = models.CharField(max_length=64)
    channel = models.CharField(max_length=5, choices=Channel.choices)
    address = models.CharField(max_length=254)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="letters"
    )
    language = models.CharField(max_length=2)
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    html = models.TextField(blank=True)
    # Holds a code or a link that opens something: the words are forgotten once it is sent (not in the demonstration).
    is_secret = models.BooleanField(default=False)
    attachments = models.JSONField(default=list, blank=True)  # [{"name", "mime", "content"}], text only
    about = models.CharField(max_length=80, blank=True)  # code of the case or booking it belongs to
    dedupe_key = models.CharField(max_length=200, unique=True)
    due_at = models.DateTimeField()
    useful_until = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.SCHEDULED)
    locked_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = OutgoingMessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(state="scheduled"), name="message_scheduled"),
            models.Index(fields=["about"], name="message_about"),
        ]
