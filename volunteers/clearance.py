"""May this person do this on that day, and if not, why: the one function that answers it.

Facts are stored, standing is computed. `clearances()` loads the facts of many people in a fixed number of queries,
`clearance()` is the same for one; the judgement itself (`judge`) is pure. Days are inclusive, in Asia/Almaty.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from portal.models import RoleGrant
from portal.refusals import Reason
from volunteers.models import (
    Acceptance,
    AgreementVersion,
    Approval,
    Check,
    CheckType,
    Person,
    ReferenceResponse,
    Requirement,
    SupervisorAssignment,
    Suspension,
    TrainingModule,
    TrainingRecord,
)
from volunteers.states import CheckState

FOREVER = date.max


@dataclass(frozen=True)
class Activity:
    """What is to be done. `format` must be among the formats of the role that was approved."""

    format: str


SCHOOL_SESSION = Activity("school_session")


@dataclass(frozen=True)
class Interval:
    start: date
    end: date


@dataclass(frozen=True)
class Clearance:
    """`until` is the last day of unbroken clearance from the asked day on; None where `ok` is False."""

    ok: bool
    reasons: list[Reason]
    until: date | None = None
    standing: str = "cleared"


@dataclass
class Facts:
    """Everything stored about one person that bears on clearance. `covered` is keyed by check type."""

    suspended_since: list[date] = field(default_factory=list)
    approvals: list[tuple[Interval, list[str], int]] = field(default_factory=list)  # interval, formats, role id
    covered: dict[int, list[Interval]] = field(default_factory=lambda: defaultdict(list))
    supervised: list[Interval] = field(default_factory=list)


@dataclass(frozen=True)
class Rules:
    """The requirements in force, by role: (effective from, requirements), newest first."""

    by_role: dict[int, list[tuple[date, list[Requirement]]]]

    def on(self, role_id: int, day: date) -> list[Requirement]:
        for effective_from, requirements in self.by_role.get(role_id, []):
            if effective_from <= day:
                return requirements
        return []

    def next_change(self, role_id: int, after: date) -> date:
        """The first day after `after` on which other requirements take effect."""
        return min((day for day, _requirements in self.by_role.get(role_id, []) if day > after), default=FOREVER)


def unbroken_end(intervals: Iterable[Interval], on: date) -> date | None:
    """The last day of the run of overlapping or adjoining intervals that covers `on`; None when nothing covers it."""
    end = None
    for interval in sorted(intervals, key=lambda item: item.start):
        reach = end or (on if interval.start <= on <= interval.end else None)
        if reach is None:
            continue
        if interval.start <= (reach if reach == FOREVER else reach + timedelta(days=1)):
            end = max(reach, interval.end)
    return end


def judge(facts: Facts, rules: Rules, activity: Activity, on: date) -> Clearance:
    """Pure: yes, or every reason why not. A stricter policy that takes effect later ends `until` the day before."""
    reasons, ends, standing = [], [], []
    changes_on = FOREVER
    if any(since <= on for since in facts.suspended_since):
        reasons.append(Reason("suspended", _("You are not admitted to sessions for now. Please call the coordinator.")))
        standing.append("suspended")
    fitting = [approval for approval in facts.approvals if activity.format in approval[1]]
    end = unbroken_end([interval for interval, _formats, _role in fitting], on)
    if end is None:
        standing.append(_add_no_approval(reasons, fitting, on))
    else:
        ends.append(end)
        role_id = next(role for interval, _formats, role in fitting if interval.start <= on <= interval.end)
        changes_on = rules.next_change(role_id, on)
        for requirement in rules.on(role_id, on):
            _require(requirement, facts, on, reasons, ends)
    supervised = unbroken_end(facts.supervised, on)
    if supervised is None:
        reasons.append(Reason("no_supervisor", _("You have no supervisor on that day. The coordinator names one.")))
    else:
        ends.append(supervised)
    if reasons:
        return Clearance(False, reasons, standing=standing[0] if standing else "not_onboarded")
    until = min(ends)
    if changes_on <= until:
        later = judge(facts, rules, activity, changes_on)
        until = later.until if later.ok else changes_on - timedelta(days=1)
    return Clearance(True, [], until=until)


def _add_no_approval(reasons: list[Reason], fitting: list, on: date) -> str:
    past = [interval.end for interval, _formats, _role in fitting if interval.end < on]
    if past:
        text = _("Your approval ended on %(date)s.") % {"date": date_format(max(past))}
        reasons.append(Reason("approval_expired", text))
        return "expired"
    reasons.append(Reason("not_approved", _("You are not approved as a mentor for that day.")))
    return "not_approved"


def _require(requirement: Requirement, facts: Facts, on: date, reasons: list[Reason], ends: list[date]) -> None:
    check_type, intervals = requirement.check_type, facts.covered[requirement.check_type_id]
    end = unbroken_end(intervals, on)
    if end is not None:
        ends.append(end)
        return
    past = [interval.end for interval in intervals if interval.end < on]
    if past:
        text = _("%(check)s: ends on %(date)s.") % {"check": check_type.name, "date": date_format(max(past))}
        reasons.append(Reason(f"expired:{check_type.code}", text))
    else:
        reasons.append(Reason(f"missing:{check_type.code}", _("%(check)s: missing.") % {"check": check_type.name}))


def clearance(person: Person, activity: Activity = SCHOOL_SESSION, on: date | None = None) -> Clearance:
    """Whether `person` may do `activity` on the day `on` (default today)."""
    return clearances([person], activity, on)[person.pk]


def clearances(
    people: Iterable[Person], activity: Activity = SCHOOL_SESSION, on: date | None = None
) -> dict[int, Clearance]:
    """The same for many people, by primary key, in a fixed number of queries."""
    on = on or timezone.localdate()
    ids = [person.pk for person in people]
    facts, rules = load_facts(ids), load_rules()
    return {pk: judge(facts[pk], rules, activity, on) for pk in ids}


def load_rules() -> Rules:
    by_role: dict[int, dict[date, list[Requirement]]] = defaultdict(lambda: defaultdict(list))
    for requirement in Requirement.objects.filter(policy__published_at__isnull=False).select_related(
        "policy", "check_type"
    ):
        by_role[requirement.policy.role_id][requirement.policy.effective_from].append(requirement)
    return Rules({role: sorted(versions.items(), reverse=True) for role, versions in by_role.items()})


def load_facts(ids: list[int]) -> dict[int, Facts]:
    """The facts of the people with these primary keys; every asked key is present."""
    facts = {pk: Facts() for pk in ids}
    for suspension in Suspension.objects.filter(person__in=ids, lifted_at=None):
        facts[suspension.person_id].suspended_since.append(timezone.localdate(suspension.opened_at))
    for approval in Approval.objects.filter(person__in=ids).select_related("role"):
        interval = Interval(approval.valid_from, approval.valid_to)
        facts[approval.person_id].approvals.append((interval, approval.role.formats, approval.role_id))
    serving = RoleGrant.objects.in_force().values("user")  # whoever lost his last role supervises nobody
    for assignment in SupervisorAssignment.objects.filter(person__in=ids, supervisor__in=serving):
        interval = Interval(assignment.starts_on, assignment.ends_on or FOREVER)
        facts[assignment.person_id].supervised.append(interval)
    for load in (_load_checks, _load_references, _load_training, _load_agreements):
        load(ids, facts)
    return facts


def _load_checks(ids: list[int], facts: dict[int, Facts]) -> None:
    for check in Check.objects.filter(person__in=ids, state=CheckState.VERIFIED):
        interval = Interval(check.issued_on, check.expires_on or FOREVER)
        facts[check.person_id].covered[check.check_type_id].append(interval)


def _load_references(ids: list[int], facts: dict[int, Facts]) -> None:
    """As many references as the programme needs, none of them older than the type's validity: one interval for each
    newest one, from its day to the day on which the oldest of the needed ones runs out."""
    check_type = CheckType.objects.filter(kind=CheckType.Kind.REFERENCES).first()
    if check_type is None:
        return
    days: dict[int, list[date]] = defaultdict(list)
    accepted = ReferenceResponse.objects.filter(
        request__application__person__in=ids, result=ReferenceResponse.Result.ACCEPTED
    ).order_by("assessed_at")
    for person_id, assessed_at in accepted.values_list("request__application__person", "assessed_at"):
        days[person_id].append(timezone.localdate(assessed_at))
    needed = settings.PROGRAMME["references_needed"]
    for person_id, accepted_on in days.items():
        for oldest, newest in zip(accepted_on, accepted_on[needed - 1 :], strict=False):
            end = oldest + timedelta(days=check_type.validity_days)
            if end >= newest:
                facts[person_id].covered[check_type.pk].append(Interval(newest, end))


def _load_training(ids: list[int], facts: dict[int, Facts]) -> None:
    """A check type counts as trained while its modules are all passed; the newest record of a module is its word."""
    modules = defaultdict(set)
    for module_id, check_type_id in TrainingModule.objects.values_list("pk", "check_type"):
        modules[check_type_id].add(module_id)
    newest: dict[tuple[int, int], TrainingRecord] = {}
    for record in TrainingRecord.objects.filter(person__in=ids).select_related("module"):
        newest.setdefault((record.person_id, record.module_id), record)
    for pk in ids:
        for check_type_id, module_ids in modules.items():
            records = [newest.get((pk, module_id)) for module_id in module_ids]
            if all(record and record.result == TrainingRecord.Result.PASSED for record in records):
                start = max(record.held_on for record in records)
                end = min(record.held_on + timedelta(days=record.module.validity_days) for record in records)
                facts[pk].covered[check_type_id].append(Interval(start, end))


def _load_agreements(ids: list[int], facts: dict[int, Facts]) -> None:
    """Accepted counts from its day for the type's validity, until a newer version demands acceptance anew."""
    superseded: dict[tuple[int, int], date] = {}
    for version in AgreementVersion.objects.filter(requires_reacceptance=True, number__gt=1).order_by("-number"):
        superseded[(version.agreement_id, version.number)] = version.valid_from
    types = {check_type.code: check_type for check_type in CheckType.objects.filter(kind=CheckType.Kind.AGREEMENT)}
    acceptances = Acceptance.objects.filter(person__in=ids, version__agreement__code__in=types)
    for acceptance in acceptances.select_related("version__agreement"):
        version = acceptance.version
        check_type = types[version.agreement.code]
        start = timezone.localdate(acceptance.at)
        ends = [
            day
            for (agreement, number), day in superseded.items()
            if agreement == version.agreement_id and number > version.number
        ]
        end = min(
            [start + timedelta(days=check_type.validity_days or 36500), *(day - timedelta(days=1) for day in ends)]
        )
        if end >= start:
            facts[acceptance.person_id].covered[check_type.pk].append(Interval(start, end))


_listeners: list[Callable[[Person], None]] = []


def when_it_may_change(listener: Callable[[Person], None]) -> None:
    """Registers what an app above must do when somebody's clearance may have shrunk (his bookings, his listings)."""
    _listeners.append(listener)


def changed(person: Person) -> None:
    """Tells the apps above, in the caller's transaction: what they do stands or falls with the caller's act."""
    for listener in _listeners:
        listener(person)
