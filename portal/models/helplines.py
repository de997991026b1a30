from django.db import models
from django.utils.translation import gettext_lazy as _

from .base import Named, in_language


class Helpline(Named):
    """A number that a person in need may call. Editable data with the date it was last checked; never in a template."""

    number = models.CharField(_("number"), max_length=20, unique=True)
    about_kk = models.TextField(_("what for, in Kazakh"))
    about_ru = models.TextField(_("what for, in Russian"))
    about_en = models.TextField(_("what for, in English"))
    round_the_clock = models.BooleanField(_("round the clock"), default=True)
    free_of_charge = models.BooleanField(_("free of charge"), default=True)
    anonymous = models.BooleanField(_("no name needed"), default=False)
    for_danger_now = models.BooleanField(_("for danger right now"), default=False)
    in_crisis_bar = models.BooleanField(_("shown in the bar on every page"), default=False)
    checked_on = models.DateField(_("checked on"))
    checked_by = models.CharField(_("checked by"), max_length=100)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("helpline")
        verbose_name_plural = _("helplines")
        ordering = ["position"]

    @property
    def about(self) -> str:
        return in_language(self, "about")
