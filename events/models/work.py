from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.querysets import WorkQuerySet
from events.states import WORK_TONES, WorkState
from portal.access import Reach
from portal.models import Coded
from volunteers.models import Person


class WorkEntry(Coded):
    """Volunteer work outside sessions, as the mentor notes it. It counts once his coordinator has confirmed it, in the
    `month` set then; hours of visits are `HoursEntry` and never stand here."""

    CODE_PREFIX = "WK"

    class Kind(models.TextChoices):
        PREPARING = "preparing", _("preparing a session")
        TRAINING = "training", _("a meeting or training of mentors")
        EVENT = "event", _("help at an event of the programme")
        OTHER = "other", _("other work for the programme")

    person = models.ForeignKey(Person, models.PROTECT, related_name="work")
    day = models.DateField(_("day"))
    minutes = models.PositiveSmallIntegerField(_("minutes"))
    kind = models.CharField(_("kind"), max_length=9, choices=Kind.choices)
    note = models.CharField(_("what was done"), max_length=300)
    state = models.CharField(max_length=9, choices=WorkState.choices, default=WorkState.SUBMITTED)
    state_since = models.DateTimeField(default=timezone.now)
    month = models.DateField(null=True, blank=True)  # its first day
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = WorkQuerySet.as_manager()

    class Meta:
        verbose_name = _("work outside sessions")
        verbose_name_plural = _("work outside sessions")
        ordering = ["-day", "-pk"]
        indexes = [models.Index(fields=["month", "person"], name="work_by_month")]
        constraints = [
            models.CheckConstraint(condition=models.Q(minutes__gte=1, minutes__lte=720), name="work_minutes_of_a_day"),
            models.CheckConstraint(
                condition=~models.Q(state=WorkState.CONFIRMED)
                | models.Q(month__isnull=False, decided_by__isnull=False),
                name="work_confirmed_by_somebody",
            ),
        ]

    @property
    def reach(self) -> Reach:
        return self.person.reach

    @property
    def tone(self) -> str:
        return WORK_TONES.get(self.state, "")
