"""The talks of a supervisor with his mentors."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mentors.models import CheckIn
from portal import audit
from portal.access import Role
from portal.models import StaffTask, User
from portal.refusals import Reason, Refused
from portal.services import raise_task
from volunteers.models import Person
from volunteers.services import guards, supervision

MONTH, YEAR = timedelta(days=30), timedelta(days=365)


def next_due(begun: date, held_on: date) -> date:
    """Until when the next talk is due after one on `held_on`, for somebody approved on `begun`: two in the first month,
    then one a month for a year, then one a quarter (B.5.1, EEPM-5 element 11). `PROGRAMME["check_in_days"]`."""
    days = {name: timedelta(days=count) for name, count in settings.PROGRAMME["check_in_days"].items()}
    if held_on + days["first_month"] <= begun + MONTH:
        return held_on + days["first_month"]
    return held_on + (days["first_year"] if held_on < begun + YEAR else days["later"])


def first_due(begun: date) -> date:
    """Until when the first talk is due after an approval on `begun`."""
    return next_due(begun, begun)


def begun_on(person: Person) -> date | None:
    """The first day of his service since he last left; None for somebody who does not serve."""
    return min(person.approvals.kept().values_list("valid_from", flat=True), default=None)


@transaction.atomic
def record_check_in(
    *, person: Person, by: User, held_on: date, kind: str, wellbeing: str, boundaries: str, note: str = ""
) -> CheckIn:
    """A supervisor's talk with his mentor. Where something needs attention the safeguarding leads get a task.

    Raises `NotAllowed` (`not_supervisor`: neither the supervisor nor his stand-in today) and `Refused` with all of
    `not_serving`, `held_in_future`, `held_before` (the mentor's approval), `note_missing`.
    """
    person = guards.lock_person(person.pk)
    supervision.demand_supervisor(by, person)
    begun, attention = begun_on(person), CheckIn.Mark.ATTENTION in (wellbeing, boundaries)
    if reasons := _against(begun, held_on, attention, note):
        raise Refused(*reasons)
    check_in = CheckIn(
        person=person,
        held_on=held_on,
        kind=kind,
        wellbeing=wellbeing,
        boundaries=boundaries,
        next_due=next_due(begun, held_on),
        recorded_by=by,
    )
    check_in.note = note.strip()
    check_in.save()
    audit.record(check_in, "check_in", by, kind=kind, wellbeing=wellbeing, boundaries=boundaries)
    if attention:
        _tell_the_leads(check_in)
    return check_in


def _against(begun: date | None, held_on: date, attention: bool, note: str) -> list[Reason]:
    reasons = []
    if begun is None:
        reasons.append(Reason("not_serving", _("This person does not serve now.")))
    elif held_on < begun:
        reasons.append(Reason("held_before", _("On this day the mentor was not approved yet.")))
    if held_on > timezone.localdate():
        reasons.append(Reason("held_in_future", _("This day is in the future.")))
    if attention and not note.strip():
        reasons.append(Reason("note_missing", _("Please write what needs attention.")))
    return reasons


def _tell_the_leads(check_in: CheckIn) -> None:
    raise_task(
        StaffTask.Kind.CHECK_IN,
        role=Role.SAFEGUARDING_LEAD,
        about=check_in.code,
        person=check_in.person.uuid,
        url=reverse("staff_supervised", args=[check_in.person.uuid]),
        district=check_in.person.district,
    )
