from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.database import PostgreSQLExclusion
from events.querysets import BookingQuerySet, FeedbackQuerySet, OfBookingQuerySet
from events.states import HOLDING, READ_BY_MENTOR, TONES, BookingState
from portal.access import Reach
from portal.models import AppendOnly, Coded
from volunteers.models import Person

from .session import SchoolSession


class Booking(Coded):
    """A mentor's place in a session. Ended ones stay: who books again gets a new row (I24)."""

    CODE_PREFIX = "B"

    class Role(models.TextChoices):
        LEAD = "lead", _("experienced")
        SECOND = "second", _("second")

    class Source(models.TextChoices):
        SELF = "self", _("booked it himself")
        COORDINATOR = "coordinator", _("booked by the coordinator")
        WAITLIST = "waitlist", _("from the waiting list")
        SWAP = "swap", _("taken over from a colleague")

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
    note = models.CharField(_("note for the school"), max_length=300, blank=True)  # or a question, with the booking
    answer = models.CharField(_("answer to the note"), max_length=300, blank=True, default="", db_default="")
    assured_at = models.DateTimeField(null=True, blank=True)  # asked shortly before, he said that he still comes
    override_reason = models.CharField(_("why against a rule"), max_length=300, blank=True)  # the coordinator's
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
    def awaits_mentor(self) -> bool:
        """Time or place changed since he said that he comes; else the visit waits for the school or for a partner."""
        return self.state == BookingState.RECONFIRM_NEEDED and self.confirmed_version != self.session.version

    @property
    def awaits_confirmation(self) -> bool:
        """It waits for the school, or for an experienced mentor beside him; he is asked nothing."""
        return self.holds and self.state != BookingState.CONFIRMED and not self.awaits_mentor

    @property
    def awaits_school(self) -> bool:
        """It is over, and nobody has said whether the mentor was there (I22)."""
        return self.holds and self.ends_at <= timezone.now()

    @property
    def shown_state(self) -> str:
        """The state in the mentor's words."""
        if self.awaits_school:
            return _("Waiting for the school's word")
        if self.awaits_mentor:
            return _("Time or place changed: please say whether you still come")
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


class Arrival(models.Model):
    """When the mentor came and left, by the code that the school showed or by somebody's word. Says nothing about hours:
    these come from `Attendance` only. Moments are UTC."""

    class Method(models.TextChoices):
        CODE = "code", _("by the school's code")
        SCHOOL = "school", _("by the school's word")

    booking = models.OneToOneField(Booking, models.PROTECT, related_name="arrival")
    arrived_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    method = models.CharField(max_length=8, choices=Method.choices)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    objects = OfBookingQuerySet.as_manager()

    class Meta:
        verbose_name = _("arrival")
        verbose_name_plural = _("arrivals")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(left_at=None) | models.Q(left_at__gte=models.F("arrived_at")),
                name="arrival_before_leaving",
            )
        ]

    def __str__(self):
        return f"{self.booking} {self.arrived_at:%Y-%m-%d %H:%M}"


class Feedback(AppendOnly):
    """What one side says after a visit that took place. A worry about a child is no feedback: it is a concern."""

    class Side(models.TextChoices):
        SCHOOL = "school", _("the school")
        MENTOR = "mentor", _("the mentor")

    class Mark(models.IntegerChoices):
        BAD = 1, _("badly")
        SO_SO = 2, _("so-so")
        WELL = 3, _("well")
        VERY_WELL = 4, _("very well")

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="feedback")
    side = models.CharField(max_length=6, choices=Side.choices)
    mark = models.PositiveSmallIntegerField(_("How did it go?"), choices=Mark.choices)
    prepared = models.BooleanField(_("Everything was ready"))  # the room and the class, or the mentor
    again = models.BooleanField(_("Again with pleasure"))
    text = models.CharField(_("What could be better?"), max_length=500, blank=True)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=timezone.now)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")
        ordering = ["-given_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["booking", "side"], name="feedback_once_a_side")]

    def __str__(self):
        return f"{self.booking} {self.side}"
