from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from events.querysets import OfRequestQuerySet, SessionRequestQuerySet
from events.states import DeclineCode, RequestState
from portal.access import Reach
from portal.models import AppendOnly, Coded, Language, School, Topic

GROUP_MAX = 60
VISITS_MAX = 4  # a series of three or four visits does more than one talk (domain.md 7)
WINDOWS_MAX = 5


class SessionRequest(Coded):
    """What a school asks for: one session or a series of visits. The coordinator who accepts it owns it."""

    CODE_PREFIX = "RQ"

    school = models.ForeignKey(School, models.PROTECT, related_name="requests", verbose_name=_("school"))
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="+", verbose_name=_("topic"))
    grade = models.PositiveSmallIntegerField(_("grade"))
    shift = models.PositiveSmallIntegerField(_("shift"), default=1)
    group_size = models.PositiveSmallIntegerField(_("number of pupils"))
    language = models.ForeignKey(Language, models.PROTECT, related_name="+", verbose_name=_("language"))
    visits = models.PositiveSmallIntegerField(_("number of visits"), default=1)
    adult_name = models.CharField(_("adult from the school"), max_length=200, blank=True)
    notes = models.TextField(_("note for the coordinator"), blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("coordinator"),
    )
    state = models.CharField(max_length=12, choices=RequestState.choices, default=RequestState.DRAFT)
    state_since = models.DateTimeField(default=timezone.now)
    decline_code = models.CharField(max_length=16, choices=DeclineCode.choices, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SessionRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request of a school")
        verbose_name_plural = _("requests of schools")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["state", "state_since"], name="request_by_state")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(group_size__gte=1, group_size__lte=GROUP_MAX), name="request_group_size"
            ),
            models.CheckConstraint(condition=models.Q(visits__gte=1, visits__lte=VISITS_MAX), name="request_visits"),
            models.CheckConstraint(
                condition=models.Q(state="declined") ^ models.Q(decline_code=""), name="request_declined_with_a_code"
            ),
        ]

    @property
    def reach(self) -> Reach:
        return Reach(district_id=self.school.district_id, school_id=self.school_id)

    @property
    def tone(self) -> str:
        return {
            RequestState.SCHEDULED: "good",
            RequestState.FULFILLED: "good",
            RequestState.DECLINED: "bad",
            RequestState.EXPIRED: "bad",
        }.get(self.state, "wait")


class RequestWindow(models.Model):
    """A day and hours (Asia/Almaty) that suit the school; for a series the first visit's, the rest follow weekly."""

    request = models.ForeignKey(SessionRequest, models.CASCADE, related_name="windows")
    day = models.DateField(_("day"))
    starts = models.TimeField(pgettext_lazy("hours", "from"))
    ends = models.TimeField(pgettext_lazy("hours", "until"))

    class Meta:
        verbose_name = _("time that suits")
        verbose_name_plural = _("times that suit")
        ordering = ["day", "starts"]
        constraints = [
            models.UniqueConstraint(fields=["request", "day", "starts"], name="window_once"),
            models.CheckConstraint(condition=models.Q(ends__gt=models.F("starts")), name="window_in_order"),
        ]

    def __str__(self):
        return f"{self.request} {self.day} {self.starts:%H:%M}"


class RequestMessage(AppendOnly):
    """A question of the coordinator or an answer of the school. Nothing about pupils."""

    request = models.ForeignKey(SessionRequest, models.PROTECT, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    from_school = models.BooleanField()
    text = models.CharField(max_length=1000)
    at = models.DateTimeField(default=timezone.now)

    objects = OfRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("message about a request")
        verbose_name_plural = _("messages about requests")
        ordering = ["at", "pk"]

    def __str__(self):
        return f"{self.request} {self.at:%Y-%m-%d}"
