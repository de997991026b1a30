"""Training meetings: one to come with free places, and one that was held and waits for the trainer's word."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from volunteers.models import Application, TrainingMeeting, TrainingModule
from volunteers.services import meetings
from volunteers.states import ApplicationState

from . import builders
from .cast import Cast


def plan(cast: Cast, *, days: int) -> TrainingMeeting:
    """The induction in Taraz, `days` from now; one in the past was planned before."""
    starts_at = builders.moment(timezone.localdate() + timedelta(days=days))
    return meetings.plan_meeting(
        module=TrainingModule.objects.get(code="induction"),
        district=cast.taraz,
        starts_at=starts_at,
        place="Облыстық кітапхана, 2-қабат (үлгі)",
        seats=12,
        trainer=cast.ivan,
        by=cast.ivan,
        now=starts_at - timedelta(days=14),
    )


def make_meetings(cast: Cast) -> None:
    plan(cast, days=6)
    plan(cast, days=13)
    held = plan(cast, days=-1)
    here = Application.objects.filter(state=ApplicationState.ASSESSMENT, person__district=cast.taraz)
    for application in here.select_related("person__user").order_by("pk"):
        meetings.take_place(meeting=held, by=application.person.user, now=held.starts_at - timedelta(days=2))
