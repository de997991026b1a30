"""What stands on the central record about some people: one row each, one cell per kind of check, in two queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import CharField, DateField, F, QuerySet, Value
from django.db.models.functions import Cast, TruncDate
from django.utils.translation import gettext_lazy as _

from volunteers import clearance
from volunteers.clearance import FOREVER, Clearance, Facts, Rules, unbroken_end
from volunteers.models import (
    Acceptance,
    Application,
    Approval,
    Check,
    CheckType,
    Person,
    ProgrammeRole,
    ReferenceResponse,
    SupervisorAssignment,
    TrainingRecord,
)
from volunteers.states import IN_CHECKS, CheckState

SOON = timedelta(days=settings.PROGRAMME["renewal_window_days"])
REFERENCES, SUPERVISOR, PROPOSED, CONFIRMED, APPLIES = (
    "+references",
    "+supervisor",
    "+proposed",
    "+confirmed",
    "+applies",
)
COUNTS = frozenset(
    {CheckState.VERIFIED.value, "accepted", "passed", ""}
)  # "" is a text: it was accepted or is not there
STANDINGS = {
    "cleared": _("cleared"),
    "suspended": _("suspended"),
    "exited": _("has left"),
    "paused": _("on a pause"),
    "expired": _("ended"),
    "not_onboarded": _("not ready"),
    "not_approved": _("not approved"),
}
LABELS = {
    "valid": _("in order"),
    "soon": _("ends within 60 days"),
    "waived": _("exemption"),
    "expired": _("ended"),
    "missing": _("missing"),
    "not_asked": _("not asked for"),
}
CSS = {
    "valid": "good",
    "soon": "wait",
    "provided": "wait",
    "requested": "wait",
    "inconclusive": "wait",
    "not_asked": "",
}


class Proof(NamedTuple):
    """One fact. `about` is the code of a check type or one of the constants above; `issued_on` and `ends_on` are the
    days from and to which it counts."""

    person_id: int
    about: str
    state: str
    issued_on: date | None
    ends_on: date | None
    entered_on: date | None
    given_name: str | None
    family_name: str | None
    how: str | None

    @property
    def by(self) -> str:
        return " ".join(filter(None, (self.given_name, self.family_name)))


@dataclass
class Cell:
    """One kind of check of one person today. `until` is the last day on which it is met without a gap."""

    check_type: CheckType
    state: str
    until: date | None = None
    issued_on: date | None = None
    verified_on: date | None = None
    by: str = ""
    how: str = ""
    count: int = 0  # accepted references

    @property
    def endless(self) -> bool:
        return self.until == FOREVER

    @property
    def css(self) -> str:
        return CSS.get(self.state, "bad")

    @property
    def label(self) -> str:
        label = str(LABELS.get(self.state) or CheckState(self.state).label)
        return f"{label} ({self.count})" if self.count else label


@dataclass
class Row:
    person: Person
    clearance: Clearance
    role: str = ""
    policy: str | None = None
    supervisor: str = ""
    approved_from: date | None = None
    approved_to: date | None = None
    proposed_by: str = ""
    confirmed_by: str = ""
    cells: list[Cell] = field(default_factory=list)

    @property
    def css(self) -> str:
        if not self.clearance.ok:
            return "bad"
        return "wait" if self.clearance.renewal_due else "good"

    @property
    def standing_label(self) -> str:
        return str(STANDINGS[self.clearance.shown_standing])


def rows_of(people: list[Person], rules: Rules, on: date) -> list[Row]:
    """The rows of `people` as of the day `on`, in their order."""
    ids = [person.pk for person in people]
    facts, proofs = clearance.load_facts(ids), _load(ids, on)
    check_types, roles = rules.check_types, {role.code: role for role in rules.roles}
    return [_row(person, facts[person.pk], proofs[person.pk], rules, check_types, roles, on) for person in people]


# --- from the database ----------------------------------------------------------------------------------------------


def _load(ids: list[int], on: date) -> dict[int, list[Proof]]:
    """Everything by person, newest first."""
    first, *others = _sources(ids, on)
    proofs: dict[int, list[Proof]] = defaultdict(list)
    for values in first.union(*others, all=True):
        proof = Proof(*values)
        proofs[proof.person_id].append(proof)
    for found in proofs.values():
        found.sort(key=lambda proof: proof.entered_on or proof.issued_on or date.min, reverse=True)
    return proofs


def _sources(ids: list[int], on: date) -> Iterator[QuerySet]:
    """One shape for all of them, so that they are one query."""
    own, decision = {"person__in": ids}, "decision__application__policy__number"
    checks = Check.objects.filter(**own).exclude(state__in=[CheckState.CANCELLED, CheckState.INVALIDATED])
    about = F("check_type__code")
    yield _shaped(checks, about, "verified_by", "state", "method", "issued_on", "expires_on", at="verified_at")
    person = "request__application__person"
    accepted = ReferenceResponse.objects.filter(**{f"{person}__in": ids}, result=ReferenceResponse.Result.ACCEPTED)
    yield _shaped(accepted, Value(REFERENCES), "assessed_by", "result", "channel", at="assessed_at", person=person)
    records = TrainingRecord.objects.filter(**own, module__check_type__isnull=False)
    about = F("module__check_type__code")
    yield _shaped(records, about, "recorded_by", "result", issued="held_on", at="recorded_at")
    yield _shaped(Acceptance.objects.filter(**own), F("version__agreement__code"), "", at="at")
    running = SupervisorAssignment.objects.filter(**own).running(on)
    yield _shaped(running, Value(SUPERVISOR), "supervisor", issued="starts_on")
    for about, by in ((PROPOSED, "decision__proposed_by"), (CONFIRMED, "decision__confirmed_by")):
        approvals = Approval.objects.filter(**own)
        yield _shaped(approvals, Value(about), by, "role__code", decision, "valid_from", "valid_to")
    cases = Application.objects.filter(**own, state__in=IN_CHECKS)
    yield _shaped(cases, Value(APPLIES), "", "role__code", "policy__number", at="submitted_at")


def _shaped(queryset, about, by, state="", how="", issued="", ends="", *, at="", person="person_id") -> QuerySet:
    no_day, no_word = Cast(Value(None), DateField()), Value("", CharField())
    columns = {
        "proof_about": Cast(about, CharField()),
        "proof_state": Cast(F(state), CharField()) if state else no_word,
        "proof_issued": F(issued) if issued else no_day,
        "proof_ends": F(ends) if ends else no_day,
        "proof_entered": TruncDate(at) if at else no_day,
        "proof_given": F(f"{by}__first_name") if by else no_word,
        "proof_family": F(f"{by}__last_name") if by else no_word,
        "proof_how": Cast(F(how), CharField()) if how else no_word,
    }
    return queryset.order_by().annotate(**columns).values_list(person, *columns)


# --- into a row -----------------------------------------------------------------------------------------------------


def _row(person, facts: Facts, proofs: list[Proof], rules: Rules, check_types, roles, on: date) -> Row:
    row = Row(person, clearance.judge(facts, rules, clearance.SCHOOL_SESSION, on))
    role = _role(row, proofs, roles, on)
    demanded = {item.check_type_id: item for item in rules.on(role.pk, on)} if role else {}
    for check_type in check_types:
        requirement = demanded.get(check_type.pk)
        intervals = clearance.intervals_for(requirement, facts) if requirement else facts.covered[check_type.pk]
        about = REFERENCES if check_type.kind == CheckType.Kind.REFERENCES else check_type.code
        found = [proof for proof in proofs if proof.about == about]
        cell = _cell(check_type, bool(requirement), intervals, found, on)
        if check_type.is_declaration and cell.state in (CheckState.FAILED, CheckState.INCONCLUSIVE):
            # What the lead thinks of it is on no list and in no export; it looks like one that he has not read yet.
            cell = Cell(check_type, CheckState.PROVIDED.value, issued_on=cell.issued_on)
        row.cells.append(cell)
    return row


def _role(row: Row, proofs: list[Proof], roles: dict[str, ProgrammeRole], on: date) -> ProgrammeRole | None:
    """The role of his approval for that day or else of the newest one, of his open case where there is none; what the
    decision was is written into the row."""
    by = {about: [proof for proof in proofs if proof.about == about] for about in (PROPOSED, CONFIRMED, APPLIES)}
    # The one that holds today comes before one that begins later.
    confirmed = max(by[CONFIRMED], key=lambda proof: (proof.issued_on <= on, proof.ends_on), default=None)
    row.supervisor = next((proof.by for proof in proofs if proof.about == SUPERVISOR), "")
    chosen = confirmed or next(iter(by[APPLIES]), None)
    if chosen is None:
        return None
    row.policy = chosen.how
    if confirmed:
        row.approved_from, row.approved_to, row.confirmed_by = confirmed.issued_on, confirmed.ends_on, confirmed.by
        same = (proof for proof in by[PROPOSED] if proof.issued_on == confirmed.issued_on)
        row.proposed_by = next(same).by
    role = roles.get(chosen.state)
    row.role = role.name if role else chosen.state
    return role


def _cell(check_type: CheckType, demanded: bool, intervals: list, proofs: list[Proof], on: date) -> Cell:
    """The newest record of those that count, or the newest of all where none does or it failed."""
    until = unbroken_end(intervals, on)
    newest = next(iter(proofs), None)
    counting = [proof for proof in proofs if proof.state in COUNTS]
    failed = newest is not None and newest.state == CheckState.FAILED
    shown = counting[0] if until and counting and not failed else newest
    cell = Cell(check_type, _state(demanded, until, shown, intervals, on), until)
    if shown:
        cell.issued_on, cell.verified_on = shown.issued_on or shown.entered_on, shown.entered_on
        cell.by, cell.how = shown.by, _method(shown.how)
        cell.until = until or shown.ends_on
    if check_type.kind == CheckType.Kind.REFERENCES:
        cell.count = len(proofs)
    return cell


def _state(demanded: bool, until: date | None, shown: Proof | None, intervals: list, on: date) -> str:
    if shown and shown.state == CheckState.FAILED:
        return "failed"
    if until:
        if shown is None or shown.state not in COUNTS:
            return "waived"
        return "soon" if until <= on + SOON else "valid"
    if shown and shown.state in (CheckState.PROVIDED, CheckState.REQUESTED, CheckState.INCONCLUSIVE):
        return shown.state
    if any(interval.end < on for interval in intervals):
        return "expired"
    return "missing" if demanded else "not_asked"


def _method(code: str) -> str:
    choices = {**dict(CheckType.Method.choices), **dict(ReferenceResponse.Channel.choices)}
    return str(choices.get(code, ""))
