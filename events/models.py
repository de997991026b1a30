from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.database import PostgreSQLCheck, PostgreSQLExclusion
from events.querysets import BookingQuerySet, CalendarTokenQuerySet, OfBookingQuerySet, SchoolSessionQuerySet
from events.states import HOLDING, READ_BY_MENTOR, TONES, BookingState, SessionState
from portal import crypto
from portal.access import Reach
from portal.models import AppendOnly, Coded, Language, School, Topic
from volunteers.models import Person

GROUP_MAX = 60
SEATS_MAX = 10


class SchoolSession(Coded):
    """A meeting of mentors with a class, in the school, with an adult of the school present. Times are UTC; the day
    that counts for clearance and holidays is the one in Asia/Almaty (`day`)."""

    CODE_PREFIX = "SS"

    school = models.ForeignKey(School, models.PROTECT, related_name="sessions", verbose_name=_("school"))
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="+", verbose_name=_("topic"))
    grade = models.PositiveSmallIntegerField(_("grade"))
    group_size = models.PositiveSmallIntegerField(_("number of pupils"))
    language = models.ForeignKey(Language, models.PROTECT, related_name="+", verbose_name=_("language"))
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    seats_min = models.PositiveSmallIntegerField(_("mentors needed"), default=1)
    seats_max = models.PositiveSmallIntegerField(_("places for mentors"), default=1)
    adults_min = models.PositiveSmallIntegerField(_("adults in the room, at least"), default=2)
    school_adult_name = models.CharField(_("adult from the school"), max_length=200, blank=True)
    school_adult = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )  # set where the named adult is the one who typed the name
    needs_lead = models.BooleanField(_("one of the mentors must be experienced"), default=False)
    opens_at = models.DateTimeField(_("booking opens"), null=True, blank=True)
    closes_at = models.DateTimeField(_("booking closes"), null=True, blank=True)
    calendar_reason = models.CharField(_("why on a day without lessons"), max_length=200, blank=True)
    notes_for_mentor = models.TextField(_("note for the mentor"), blank=True)
    state = models.CharField(max_length=12, choices=SessionState.choices, default=SessionState.DRAFT)
    state_since = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1)  # rises when time or place change
    ical_sequence = models.PositiveIntegerField(default=0)  # never falls
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SchoolSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("school session")
        verbose_name_plural = _("school sessions")
        ordering = ["starts_at", "pk"]
        indexes = [models.Index(fields=["state", "starts_at"], name="session_upcoming")]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="session_in_order"),
            PostgreSQLCheck(condition=models.Q(ends_at__date=models.F("starts_at__date")), name="session_same_day"),
            models.CheckConstraint(
                condition=models.Q(seats_min__gte=1, seats_max__gte=models.F("seats_min"), seats_max__lte=SEATS_MAX),
                name="session_seats_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(group_size__gte=1, group_size__lte=GROUP_MAX), name="session_group_size"
            ),
            models.CheckConstraint(condition=models.Q(adults_min__gte=2), name="session_two_adults"),
        ]

    @property
    def reach(self) -> Reach:
        return Reach(district_id=self.school.district_id, school_id=self.school_id)

    @property
    def day(self) -> date:
        return timezone.localdate(self.starts_at)

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds() // 60)

    @property
    def late_from(self) -> datetime:
        """From this moment on who cancels says why."""
        return self.starts_at - timedelta(hours=settings.PROGRAMME["late_cancel_hours"])

    @property
    def has_begun(self) -> bool:
        return self.starts_at <= timezone.now()

    @property
    def tone(self) -> str:
        return {SessionState.PUBLISHED: "good", SessionState.CANCELLED: "bad"}.get(self.state, "wait")


class Booking(Coded):
    """A mentor's place in a session. Ended ones stay: who books again gets a new row (I24)."""

    CODE_PREFIX = "B"

    class Role(models.TextChoices):
        LEAD = "lead", _("experienced")
        SECOND = "second", _("second")

    class Source(models.TextChoices):
        SELF = "self", _("booked it himself")

    session = models.ForeignKey(SchoolSession, models.PROTECT, related_name="bookings")
    person = models.ForeignKey(Person, models.PROTECT, related_name="bookings")
    role = models.CharField(max_length=6, choices=Role.choices, default=Role.SECOND)
    seat_no = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=12, choices=Source.choices, default=Source.SELF)
    state = models.CharField(max_length=24, choices=BookingState.choices)
    state_since = models.DateTimeField(default=timezone.now)
    starts_at = models.DateTimeField()  # those of the session, for the constraint against overlaps
    ends_at = models.DateTimeField()
    confirmed_version = models.PositiveIntegerField(null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = BookingQuerySet.as_manager()

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        ordering = ["starts_at", "pk"]
        indexes = [models.Index(fields=["state", "starts_at"], name="booking_upcoming")]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "person"], condition=models.Q(state__in=sorted(HOLDING)), name="booking_one_each"
            ),
            models.UniqueConstraint(
                fields=["session", "seat_no"], condition=models.Q(state__in=sorted(HOLDING)), name="booking_seat_once"
            ),
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="booking_in_order"),
            # SQLite has a trigger for the same (migration 0002).
            PostgreSQLExclusion(
                name="booking_no_overlap",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    (
                        models.Func("starts_at", "ends_at", function="TSTZRANGE", output_field=DateTimeRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=models.Q(state__in=sorted(HOLDING)),
            ),
        ]

    @property
    def reach(self) -> Reach:
        school = self.session.school
        return Reach(district_id=school.district_id, school_id=school.pk, subject_id=self.person.user_id)

    @property
    def holds(self) -> bool:
        return self.state in HOLDING

    @property
    def shown_state(self) -> str:
        """The state in the mentor's words."""
        return READ_BY_MENTOR.get(self.state) or self.get_state_display()

    @property
    def tone(self) -> str:
        return TONES.get(self.state, "wait")


class Attendance(models.Model):
    """What the school or the coordinator said after the visit. No row: nobody has said anything yet (I22)."""

    class State(models.TextChoices):
        ATTENDED = "attended", _("was here")
        PARTIAL = "partial", _("was here for a part of it")
        EXCUSED = "excused", _("absent for a good reason")
        NO_SHOW = "no_show", _("did not come")

    booking = models.OneToOneField(Booking, models.PROTECT, related_name="attendance")
    state = models.CharField(_("attendance"), max_length=8, choices=State.choices)
    pupils_present = models.PositiveSmallIntegerField(_("number of pupils present"), null=True, blank=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(default=timezone.now)

    objects = OfBookingQuerySet.as_manager()

    class Meta:
        verbose_name = _("attendance")
        verbose_name_plural = _("attendance")

    def __str__(self):
        return f"{self.booking} {self.state}"


class HoursEntry(AppendOnly):
    """Minutes that count as volunteer hours. They come from confirmed attendance only; a correction is a counter-entry."""

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="hours")
    person = models.ForeignKey(Person, models.PROTECT, related_name="hours")
    minutes = models.SmallIntegerField()
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = OfBookingQuerySet.as_manager()

    class Meta:
        verbose_name = _("hours")
        verbose_name_plural = _("hours")
        ordering = ["-at", "-pk"]

    def __str__(self):
        return f"{self.booking} {self.minutes} min"


class CalendarToken(Coded):
    """Opens one person's calendar to whoever has the address. The database keeps a hash; the word itself is derived
    with the lookup key, so that its owner can be shown the address again and a stolen database shows none."""

    CODE_PREFIX = "CT"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_tokens")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_fetched_at = models.DateTimeField(null=True, blank=True)

    objects = CalendarTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar address")
        verbose_name_plural = _("calendar addresses")
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(revoked_at=None), name="calendar_one_working_address"
            ),
        ]

    @property
    def secret(self) -> str:
        return crypto.lookup_hash(str(self.uuid), "calendar")
