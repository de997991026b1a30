"""The log of a case or a person in words, for the timeline on its page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.models import LogEntry
from volunteers.models import Application, Check, CheckType, Person
from volunteers.states import ApplicationState

DONE = {
    "start": _("Begun"),
    "send": _("Sent"),
    "confirm_contact": _("Contact confirmed"),
    "accept": _("Accepted for checks"),
    "interviewer": _("Interviewer named"),
    "owner": _("Coordinator named"),
    "review": _("Review written"),
    "hold": _("Put on hold"),
    "release": _("Released"),
    "ready": _("All checks are in"),
    "propose": _("Approval proposed"),
    "confirm": _("Approval confirmed"),
    "send_back": _("Sent back"),
    "propose_decline": _("Refusal proposed"),
    "propose_defer": _("Deferral proposed"),
    "confirm_decline": _("Notice of refusal confirmed"),
    "decline_at_once": _("Refused without notice"),
    "confirm_defer": _("Deferral confirmed"),
    "decline": _("Refused"),
    "reconsider": _("Considered anew"),
    "accept_appeal": _("Appeal accepted"),
    "reject_appeal": _("Appeal rejected"),
    "letter.stop": _("Letter stopped"),
    "letter.resume": _("Letter sent after all"),
    "ask": _("Applicant asked"),
    "answer": _("Applicant answered"),
    "answer_notice": _("Notice answered"),
    "continue": _("Continued after the deferral"),
    "lapse": _("Closed for silence"),
    "reopen": _("Opened again"),
    "appeal": _("Appeal lodged"),
    "opinion": _("Supervisor's opinion given"),
    "withdraw": _("Withdrawn"),
    "request": _("Asked for"),
    "provide": _("Handed in"),
    "provide_for": _("Entered by staff"),
    "verify": _("Verified"),
    "fail": _("Failed"),
    "cancel": _("No longer needed"),
    "set_aside": _("Set aside by the safeguarding lead"),
    "inconclusive": _("Inconclusive"),
    "ask_again": _("Asked for again"),
    "invalidate": _("Counts no more"),
    "grant_exemption": _("Exemption granted"),
    "confirm_exemption": _("Exemption confirmed"),
    "revoke_exemption": _("Exemption taken back"),
    "sign_risk": _("Risk assessment signed"),
    "confirm_risk": _("Risk assessment confirmed"),
    "revoke_risk": _("Risk assessment taken back"),
    "training": _("Training recorded"),
    "quiz": _("Questions of a module answered"),
    "take_training_place": _("Place at a training taken"),
    "give_up_training_place": _("Place at a training given up"),
    "agreement": _("Text accepted"),
    "supervisor": _("Supervisor named"),
    "suspend": _("Suspended"),
    "send_for": _("Sent to the candidate"),
    "merge": _("Two accounts joined"),
    "propose_lift": _("Lifting of the suspension proposed"),
    "confirm_lift": _("Suspension lifted"),
    "cover": _("Stand-in named"),
    "end_cover": _("Stand-in ended"),
    "pause": _("Pause"),
    "end_pause": _("Pause ended"),
    "exit": _("Exit"),
    "stay": _("Says that he stays"),
    "membership_confirmed": _("Confirmed by the organisation"),
    "membership_refused": _("Not known to the organisation"),
    "photo": _("Photo for the badge"),
    "photo_removed": _("Photo removed"),
}
VERDICTS = [
    "fail",
    "inconclusive",
    "ask_again",
    "set_aside",
    "invalidate",
]  # of a declaration they are the lead's alone
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


def timeline(
    person: Person,
    application: Application | None = None,
    checks: list[Check] | None = None,
    known: Iterable[CheckType] = (),
) -> list[Event]:
    """What happened to the person, his checks and his cases (or one of them), newest first, `AT_MOST` lines. `checks` are
    all of the person's, where the caller has loaded them, and `known` the check types that it has loaded.

    Nothing about references and disclosures, nothing from before the application was sent.
    """
    applications = [application] if application else person.applications.all()
    checks = list(person.checks.select_related("check_type")) if checks is None else checks
    declarations = [str(check.pk) for check in checks if check.check_type.is_declaration]
    records = {
        "volunteers.Person": [person.pk],
        "volunteers.Application": [item.pk for item in applications],
        "volunteers.Check": [check.pk for check in checks],
    }
    condition = Q()
    for model, keys in records.items():
        condition |= Q(model=model, object_id__in=[str(key) for key in keys])
    veiled = Q(model="volunteers.Check", object_id__in=declarations, action__in=VERDICTS)
    entries = LogEntry.objects.filter(condition & ~veiled, kind=LogEntry.Kind.CHANGE, action__in=DONE)
    shown = list(entries.exclude(action="request", actor=None)[:AT_MOST])
    names = {check_type.code: check_type.name for check_type in (*known, *(check.check_type for check in checks))}
    if others := {entry.data["check_type"] for entry in shown if "check_type" in entry.data} - set(names):
        names |= {check_type.code: check_type.name for check_type in CheckType.objects.filter(code__in=others)}
    return [_event(entry, names) for entry in shown]


def _event(entry: LogEntry, names: dict[str, str]) -> Event:
    what = names.get(entry.data.get("check_type"))
    action = f"{what}: {DONE[entry.action]}" if what else str(DONE[entry.action])
    states = {}
    if entry.model == "volunteers.Application":
        states = {"state_from": _label(entry.state_from), "state_to": _label(entry.state_to)}
    return Event(at=entry.at, action=action, actor_name=entry.actor_name, reason=entry.reason, **states)


def _label(state: str) -> str:
    return str(ApplicationState(state).label) if state in ApplicationState.values else ""
