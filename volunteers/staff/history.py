"""The log of a case or a person in words, for the timeline on its page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.models import LogEntry
from volunteers.models import Application, CheckType, Person
from volunteers.states import ApplicationState

DONE = {
    "start": _("Begun"),
    "send": _("Sent"),
    "confirm_contact": _("Contact confirmed"),
    "accept": _("Accepted for checks"),
    "interviewer": _("Interviewer named"),
    "ready": _("All checks are in"),
    "propose": _("Approval proposed"),
    "confirm": _("Approval confirmed"),
    "send_back": _("Sent back"),
    "withdraw": _("Withdrawn"),
    "request": _("Asked for"),
    "provide": _("Handed in"),
    "provide_for": _("Entered by staff"),
    "verify": _("Verified"),
    "fail": _("Failed"),
    "cancel": _("No longer needed"),
    "set_aside": _("Set aside by the safeguarding lead"),
    "training": _("Training recorded"),
    "agreement": _("Text accepted"),
    "supervisor": _("Supervisor named"),
    "suspend": _("Suspended"),
    "propose_lift": _("Lifting of the suspension proposed"),
    "confirm_lift": _("Suspension lifted"),
}
AT_MOST = 100


@dataclass(frozen=True)
class Event:
    """One line of `components/timeline.html`."""

    at: datetime
    action: str
    actor_name: str
    reason: str
    state_from: str = ""
    state_to: str = ""


def timeline(person: Person, application: Application | None = None) -> list[Event]:
    """What happened to the person, his checks and his cases (or one of them), newest first, `AT_MOST` lines.

    Nothing about references and disclosures, nothing from before the application was sent.
    """
    applications = [application] if application else person.applications.all()
    records = {
        "volunteers.Person": [person.pk],
        "volunteers.Application": [item.pk for item in applications],
        "volunteers.Check": person.checks.values_list("pk", flat=True),
    }
    condition = Q()
    for model, keys in records.items():
        condition |= Q(model=model, object_id__in=[str(key) for key in keys])
    entries = LogEntry.objects.filter(condition, kind=LogEntry.Kind.CHANGE, action__in=DONE)
    names = {check_type.code: check_type.name for check_type in CheckType.objects.all()}
    return [_event(entry, names) for entry in entries.exclude(action="request", actor=None)[:AT_MOST]]


def _event(entry: LogEntry, names: dict[str, str]) -> Event:
    what = names.get(entry.data.get("check_type"))
    action = f"{what}: {DONE[entry.action]}" if what else str(DONE[entry.action])
    states = {}
    if entry.model == "volunteers.Application":
        states = {"state_from": _label(entry.state_from), "state_to": _label(entry.state_to)}
    return Event(at=entry.at, action=action, actor_name=entry.actor_name, reason=entry.reason, **states)


def _label(state: str) -> str:
    return str(ApplicationState(state).label) if state in ApplicationState.values else ""
