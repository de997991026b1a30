import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .base import Named
from .topics import Language


class District(Named):
    """A district of the oblast, or the city; a city district has its city as parent."""

    slug = models.SlugField(unique=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="parts")
    centre_kk = models.CharField(_("centre in Kazakh"), max_length=100, blank=True)
    centre_ru = models.CharField(_("centre in Russian"), max_length=100, blank=True)
    centre_en = models.CharField(_("centre in English"), max_length=100, blank=True)
    latitude = models.DecimalField(_("latitude"), max_digits=8, decimal_places=5)
    longitude = models.DecimalField(_("longitude"), max_digits=8, decimal_places=5)
    kato = models.CharField("KATO", max_length=9, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("district")
        verbose_name_plural = _("districts")
        ordering = ["position"]


class Settlement(Named):
    district = models.ForeignKey(District, models.PROTECT, related_name="settlements")
    latitude = models.DecimalField(_("latitude"), max_digits=8, decimal_places=5)
    longitude = models.DecimalField(_("longitude"), max_digits=8, decimal_places=5)

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        ordering = ["district__position", "name_kk"]
        constraints = [models.UniqueConstraint(fields=["district", "name_kk"], name="settlement_once")]


class School(Named):
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.PositiveSmallIntegerField(_("number"), unique=True)
    district = models.ForeignKey(District, models.PROTECT, related_name="schools", verbose_name=_("district"))
    settlement = models.ForeignKey(Settlement, models.PROTECT, null=True, blank=True, related_name="schools")
    address = models.CharField(_("address"), max_length=200, blank=True)
    latitude = models.DecimalField(_("latitude"), max_digits=8, decimal_places=5)
    longitude = models.DecimalField(_("longitude"), max_digits=8, decimal_places=5)
    languages = models.ManyToManyField(Language, related_name="+", verbose_name=_("languages of instruction"))
    shifts = models.PositiveSmallIntegerField(_("shifts"), default=1)
    is_sample = models.BooleanField(_("invented, a sample"), default=False)

    class Meta:
        verbose_name = _("school")
        verbose_name_plural = _("schools")
        ordering = ["number"]


class SchoolShift(models.Model):
    """The hours (Asia/Almaty) of one shift of a school. Where a school has none, the usual ones hold
    (`PROGRAMME["shift_hours"]`)."""

    school = models.ForeignKey(School, models.CASCADE, related_name="shift_hours")
    number = models.PositiveSmallIntegerField(_("shift"))
    starts = models.TimeField(pgettext_lazy("hours", "from"))
    ends = models.TimeField(pgettext_lazy("hours", "until"))

    class Meta:
        verbose_name = _("hours of a shift")
        verbose_name_plural = _("hours of shifts")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["school", "number"], name="shift_once"),
            models.CheckConstraint(condition=models.Q(ends__gt=models.F("starts")), name="shift_in_order"),
        ]

    def __str__(self):
        return f"{self.number} {self.starts:%H:%M}"
