from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page

WORDS_AT_MOST = 300


class PageFeedback(models.Model):
    """Whether a page was useful to somebody, and one line of text. Nothing of who said it: no account, no address, no
    moment but the day."""

    page = models.ForeignKey(Page, models.CASCADE, related_name="feedback", verbose_name=_("page"))
    useful = models.BooleanField(_("Was this useful?"))
    text = models.CharField(_("What could be better?"), max_length=WORDS_AT_MOST, blank=True)
    day = models.DateField(_("day"), default=timezone.localdate)

    class Meta:
        verbose_name = _("word about a page")
        verbose_name_plural = _("words about pages")
        ordering = ["-day", "-pk"]

    def __str__(self):
        return f"{self.page_id} {self.day} {self.useful}"
