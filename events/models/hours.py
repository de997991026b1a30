from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.querysets import CertificateQuerySet, HoursQuerySet
from portal.access import Reach
from portal.models import AppendOnly, Coded, District
from volunteers.models import Person

from .booking import Booking


class HoursEntry(AppendOnly):
    """Minutes that count as volunteer hours. They come from confirmed attendance only; a correction is a counter-entry."""

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="hours")
    person = models.ForeignKey(Person, models.PROTECT, related_name="hours")
    minutes = models.SmallIntegerField()
    month = models.DateField()  # first day of the month in which it counts: a correction of a closed month counts later
    corrects = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="corrections")
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = HoursQuerySet.as_manager()

    class Meta:
        verbose_name = _("hours")
        verbose_name_plural = _("hours")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["month", "person"], name="hours_by_month")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(corrects=None, minutes__gt=0)
                | models.Q(corrects__isnull=False) & ~models.Q(reason=""),
                name="hours_corrected_with_a_reason",
            )
        ]

    def __str__(self):
        return f"{self.booking} {self.minutes} min"


class ClosedMonth(AppendOnly):
    """A month (its first day) of a district, the hours of whose schools have been handed to the register of volunteers:
    nothing is entered in it any more, corrections count in the month in which they are made."""

    month = models.DateField()
    district = models.ForeignKey(District, models.PROTECT, related_name="+")
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("closed month")
        verbose_name_plural = _("closed months")
        ordering = ["-month"]
        constraints = [models.UniqueConstraint(fields=["month", "district"], name="month_closed_once")]

    def __str__(self):
        return f"{self.month:%Y-%m}"


class Certificate(Coded):
    """A certificate of hours for a period (inclusive days, Asia/Almaty). Anybody may ask whether its serial is genuine;
    a later change of one of its hours revokes it."""

    CODE_PREFIX = "CE"

    person = models.ForeignKey(Person, models.PROTECT, related_name="certificates")
    serial = models.CharField(max_length=16, unique=True)
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("until"))
    minutes = models.PositiveIntegerField()
    visits = models.PositiveSmallIntegerField()
    content_hash = models.CharField(max_length=64)
    issued_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        verbose_name = _("certificate of hours")
        verbose_name_plural = _("certificates of hours")
        ordering = ["-issued_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")), name="certificate_in_order"
            ),
        ]

    @property
    def reach(self) -> Reach:
        return self.person.reach
