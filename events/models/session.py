from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.database import PostgreSQLCheck
from events.querysets import SchoolSessionQuerySet, SessionBatchQuerySet, SessionTemplateQuerySet
from events.states import SessionState
from portal.access import Reach
from portal.models import Coded, District, Language, School, Topic

from .requests import GROUP_MAX, SessionRequest

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
    changed_at = models.DateTimeField(null=True, blank=True)  # when what a calendar or a letter says of it last changed
    request = models.ForeignKey(SessionRequest, models.PROTECT, null=True, blank=True, related_name="sessions")
    template = models.ForeignKey("SessionTemplate", models.PROTECT, null=True, blank=True, related_name="sessions")
    batch = models.ForeignKey("SessionBatch", models.PROTECT, null=True, blank=True, related_name="sessions")
    series_day = models.DateField(null=True, blank=True)  # the day that the series' rule gave it; see `moved_alone`
    moved_alone = models.BooleanField(default=False)  # changed by itself: "this and following" leaves it as it is
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SchoolSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("school session")
        verbose_name_plural = _("school sessions")
        ordering = ["starts_at", "pk"]
        indexes = [
            models.Index(fields=["state", "starts_at"], name="session_upcoming"),
            models.Index(fields=["starts_at", "id", "ends_at"], name="session_in_time"),
            models.Index(fields=["school", "starts_at", "ends_at"], name="session_of_school"),
        ]
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
            models.UniqueConstraint(
                fields=["template", "school", "grade", "starts_at"],
                condition=~models.Q(state=SessionState.CANCELLED),
                name="session_once_from_a_template",
            ),
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
    def minutes_at_most(self) -> int:
        """How many minutes of a visit count at most (I21)."""
        return self.minutes + settings.PROGRAMME["confirmed_hours_tolerance_minutes"]

    @property
    def late_from(self) -> datetime:
        """From this moment on who cancels says why."""
        return self.starts_at - timedelta(hours=settings.PROGRAMME["late_cancel_hours"])

    def takes_arrivals(self, now: datetime | None = None) -> bool:
        """Whether mentors check in and out at this moment (I23)."""
        around = timedelta(minutes=settings.PROGRAMME["check_in_minutes"])
        going_on = self.state in (SessionState.PUBLISHED, SessionState.IN_PROGRESS)
        return going_on and self.starts_at - around <= (now or timezone.now()) <= self.ends_at + around

    def may_begin(self, now: datetime | None = None) -> bool:
        """Whether it is the time for the school to say that it begins."""
        early = timedelta(minutes=settings.PROGRAMME["check_in_minutes"])
        return self.starts_at - early <= (now or timezone.now()) < self.ends_at

    @property
    def has_begun(self) -> bool:
        return self.starts_at <= timezone.now()

    @property
    def tone(self) -> str:
        return {SessionState.PUBLISHED: "good", SessionState.CANCELLED: "bad"}.get(self.state, "wait")


class SessionBatch(Coded):
    """Sessions made at once: a series (every `weeks` weeks) or a template for several classes. Undone in one step while
    nobody has booked."""

    CODE_PREFIX = "SB"

    class Kind(models.TextChoices):
        SERIES = "series", _("series of visits")
        TEMPLATE = "template", _("from a template")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    weeks = models.PositiveSmallIntegerField(_("every so many weeks"), default=1)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = SessionBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("sessions made at once")
        verbose_name_plural = _("sessions made at once")
        ordering = ["-created_at", "-pk"]


class SessionTemplate(Coded):
    """A plan to be used again. Applied twice to the same school, class and hour it makes one session."""

    CODE_PREFIX = "ST"

    title = models.CharField(_("name"), max_length=120)
    district = models.ForeignKey(
        District, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("district")
    )  # nobody's: of the whole oblast
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="+", verbose_name=_("topic"))
    grade = models.PositiveSmallIntegerField(_("grade"))
    group_size = models.PositiveSmallIntegerField(_("number of pupils"), default=25)
    language = models.ForeignKey(Language, models.PROTECT, related_name="+", verbose_name=_("language"))
    minutes = models.PositiveSmallIntegerField(_("minutes"), default=45)
    seats_min = models.PositiveSmallIntegerField(_("mentors needed"), default=1)
    seats_max = models.PositiveSmallIntegerField(_("places for mentors"), default=2)
    adults_min = models.PositiveSmallIntegerField(_("adults in the room, at least"), default=2)
    needs_lead = models.BooleanField(_("one of the mentors must be experienced"), default=False)
    notes_for_mentor = models.TextField(_("note for the mentor"), blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = SessionTemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("template of a session")
        verbose_name_plural = _("templates of sessions")
        ordering = ["title", "pk"]

    @property
    def reach(self) -> Reach:
        return Reach(district_id=self.district_id)
