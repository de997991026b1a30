from django.db import models
from django.utils.translation import gettext_lazy as _

from .base import in_language


class SiteAlert(models.Model):
    """What everybody must know for some hours, under the bar of numbers on every page: what does not work just now, and
    what to do instead."""

    class Level(models.TextChoices):
        INFO = "info", _("to know")
        WARNING = "warning", _("important")
        DANGER = "danger", _("danger")

    level = models.CharField(_("level"), max_length=10, choices=Level, default=Level.WARNING)
    text_kk = models.CharField(_("words in Kazakh"), max_length=200)
    text_ru = models.CharField(_("words in Russian"), max_length=200)
    text_en = models.CharField(_("words in English"), max_length=200)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))

    class Meta:
        verbose_name = _("alert on every page")
        verbose_name_plural = _("alerts on every page")
        ordering = ["-starts_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")),
                name="alert_ends_after_it_starts",
                violation_error_message=_("The end must be after the beginning."),
            ),
        ]

    def __str__(self):
        return self.text

    @property
    def text(self) -> str:
        return in_language(self, "text")
