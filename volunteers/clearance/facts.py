"""What is stored about people and bears on clearance, loaded for many of them in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import CharField, DateField, F, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from volunteers.models import (
    Acceptance,
    AgreementVersion,
    Approval,
    Check,
    CheckType,
    DoNotEngage,
    Exemption,
    ExitRecord,
    Pause,
    Person,
    ReferenceResponse,
    RiskAssessment,
    SupervisorAssignment,
    Suspension,
    TrainingModule,
    TrainingRecord,
)
from volunteers.states import CheckState

from .intervals import DAY, FOREVER, Interval
from .rules import Rules

INTERVALS = frozenset({"at_risk", "paused", "supervised", "left", "suspended", "barred"})  # of `Facts`, by their names
AT_ONCE = 2_000  # people; SQLite takes some ten thousand parameters in a query


@dataclass(frozen=True)
class Granted:
    """An approval, up to the day before he left."""

    interval: Interval
    formats: list[str]
    role_id: int
    probation_visits: int = 0


@dataclass
class Facts:
    """Everything stored about one person that bears on clearance. `covered` is keyed by check type; exemptions are in
    it. `at_risk` are the days of a risk assessment, which stands in for some requirements of one role only."""

    barred: list[Interval] = field(default_factory=list)
    suspended: list[Interval] = field(default_factory=list)
    left: list[Interval] = field(default_factory=list)
    paused: list[Interval] = field(default_factory=list)
    approvals: list[Granted] = field(default_factory=list)
    supervised: list[Interval] = field(default_factory=list)
    at_risk: list[Interval] = field(default_factory=list)
    covered: dict[int, list[Interval]] = field(default_factory=lambda: defaultdict(list))


class _Stored(NamedTuple):
    """One row of the union. `key` is a check type, a module or a version of a text, as `kind` says."""

    person_id: int
    kind: str
    start: date
    end: date
    key: int
    pk: int


@dataclass(frozen=True)
class _Demands:
    """What the reference data say of trainings, references and texts: the same for everybody."""

    modules: dict[int, dict[int, int]]  # check type → module → days it is valid
    references: CheckType | None
    texts: dict[str, CheckType]  # by the code of the agreement
    versions: dict[int, AgreementVersion]

    def superseded_on(self, version: AgreementVersion) -> list[date]:
        """The days on which newer versions, in force today, began to demand acceptance anew. One that is announced for
        a later day changes nothing before that day: visits that are agreed must not fall with its announcement."""
        return [
            newer.valid_from
            for newer in self.versions.values()
            if newer.agreement_id == version.agreement_id
            and newer.number > version.number
            and newer.requires_reacceptance
            and newer.valid_from <= timezone.localdate()
        ]


def load_facts(ids: list[int], rules: Rules | None = None) -> dict[int, Facts]:
    """The facts of the people with these primary keys; every asked key is present. Two queries for `AT_ONCE` of them and
    two for all, a third without the `rules` of a caller who has loaded them."""
    facts, demands = {pk: Facts() for pk in ids}, _load_demands(rules)
    for first in range(0, len(ids), AT_ONCE):
        some = ids[first : first + AT_ONCE]
        _load_stored(some, facts, demands)
        _load_approvals(some, facts)
    return facts


def _load_demands(rules: Rules | None) -> _Demands:
    modules: dict[int, dict[int, int]] = defaultdict(dict)
    trained = TrainingModule.objects.exclude(check_type=None).values_list("check_type", "pk", "validity_days")
    for check_type_id, module_id, days in trained:
        modules[check_type_id][module_id] = days
    types = rules.check_types if rules else CheckType.objects.exclude(kind=CheckType.Kind.CHECK)
    texts = {check_type.code: check_type for check_type in types if check_type.kind == CheckType.Kind.AGREEMENT}
    of_references = (check_type for check_type in types if check_type.kind == CheckType.Kind.REFERENCES)
    references = next(of_references, None)
    versions = AgreementVersion.objects.filter(agreement__code__in=texts).select_related("agreement")
    versions = versions.only("agreement__code", "number", "valid_from", "requires_reacceptance")
    return _Demands(modules, references, texts, {version.pk: version for version in versions})


def _load_stored(ids: list[int], facts: dict[int, Facts], demands: _Demands) -> None:
    """Everything that has a day or two, in one query."""
    first, *others = _queries(ids)
    to_count: dict[int, list[_Stored]] = defaultdict(list)
    for row in map(_Stored._make, first.union(*others, all=True)):
        if row.kind == "covered":
            facts[row.person_id].covered[row.key].append(Interval(row.start, row.end))
        elif row.kind in INTERVALS:
            getattr(facts[row.person_id], row.kind).append(Interval(row.start, row.end))
        else:
            to_count[row.person_id].append(row)
    for person_id, rows in to_count.items():
        rows.sort(key=lambda row: (row.start, row.pk))
        _add_training(rows, facts[person_id], demands)
        _add_references(rows, facts[person_id], demands)
        _add_agreements(rows, facts[person_id], demands)


def _queries(ids: list[int]) -> Iterator[QuerySet]:
    """The first one has a column of each type, so that the databases know the types of the union."""
    own, signed = {"person__in": ids}, {"confirmed_at__isnull": False, "revoked_at": None}
    forever, check_type = Value(FOREVER, DateField()), F("check_type_id")
    # a deciding check is never waived
    yield _days(Exemption.objects.filter(**own, check_type__deciding=False, **signed), "covered", key=check_type)
    verified = Check.objects.filter(**own, state=CheckState.VERIFIED)
    yield _days(verified, "covered", F("issued_on"), Coalesce(F("expires_on"), forever), key=check_type)
    yield _days(RiskAssessment.objects.filter(**own, **signed), "at_risk")
    yield _days(Pause.objects.filter(**own, cancelled_at=None), "paused")
    yield _days(SupervisorAssignment.objects.filter(**own).by_serving(), "supervised")
    yield _days(ExitRecord.objects.filter(**own), "left", F("left_on"), forever)
    yield _days(Suspension.objects.filter(**own).open(), "suspended", TruncDate("opened_at"), forever)
    listed = DoNotEngage.objects.in_force().filter(iin_hash=OuterRef("iin_hash")).values("confirmed_at")[:1]
    barred = Person.objects.filter(pk__in=ids).alias(listed_at=Subquery(listed)).filter(listed_at__isnull=False)
    yield _days(barred, "barred", TruncDate("listed_at"), forever, person="pk")
    training = TrainingRecord.objects.filter(**own, module__check_type__isnull=False)
    yield _days(training, F("result"), F("held_on"), forever, key=F("module_id"))
    accepted = Acceptance.objects.filter(**own)
    yield _days(accepted, "text", TruncDate("at"), forever, key=F("version_id"))
    person = "request__application__person"
    given = ReferenceResponse.objects.filter(**{f"{person}__in": ids}, result=ReferenceResponse.Result.ACCEPTED)
    yield _days(given, "reference", TruncDate("assessed_at"), forever, person=person)


def _days(queryset: QuerySet, kind, start=None, end=None, *, key=None, person: str = "person_id") -> QuerySet:
    kind = kind if isinstance(kind, F) else Value(kind, CharField())
    end = end or Coalesce(F("ends_on"), Value(FOREVER, DateField()))
    key = key or Value(0, IntegerField())
    return queryset.order_by().values_list(person, kind, start or F("starts_on"), end, key, "pk")


def _load_approvals(ids: list[int], facts: dict[int, Facts]) -> None:
    for approval in Approval.objects.filter(person__in=ids).select_related("role").with_leaving():
        last = min(approval.valid_to, approval.left_on - DAY) if approval.left_on else approval.valid_to
        if last >= approval.valid_from:
            interval = Interval(approval.valid_from, last)
            granted = Granted(interval, approval.role.formats, approval.role_id, approval.probation_visits)
            facts[approval.person_id].approvals.append(granted)


# --- from the rows of one person, oldest first, to the days on which a requirement is met -----------------------------


def _add_training(rows: list[_Stored], facts: Facts, demands: _Demands) -> None:
    """A check type counts as trained while its modules are all passed; the newest record of a module is its word, and
    a pass shortly before the end of the former one loses no days."""
    results = [row for row in rows if row.kind in TrainingRecord.Result.values]
    for check_type_id, modules in demands.modules.items():
        counts: dict[int, Interval | None] = dict.fromkeys(modules)
        for row in results:
            if row.key in modules:
                passed = row.kind == TrainingRecord.Result.PASSED
                counts[row.key] = _renewed(counts[row.key], row.start, modules[row.key]) if passed else None
        intervals = list(counts.values())
        if all(intervals):
            span = Interval(max(item.start for item in intervals), min(item.end for item in intervals))
            facts.covered[check_type_id].append(span)


def _renewed(former: Interval | None, start: date, days: int) -> Interval:
    """Renewed within the window before its end, a training or a text counts from that end, without a gap (C4)."""
    window = timedelta(days=settings.PROGRAMME["renewal_window_days"])
    if former and former.end - window <= start <= former.end:
        return Interval(former.start, former.end + timedelta(days=days))
    return Interval(start, start + timedelta(days=days))


def _add_references(rows: list[_Stored], facts: Facts, demands: _Demands) -> None:
    """As many references as the programme needs, none of them older than the type's validity: one interval for each
    newest one, from its day to the day on which the oldest of the needed ones runs out."""
    if demands.references is None:
        return
    accepted_on = [row.start for row in rows if row.kind == "reference"]
    needed, days = settings.PROGRAMME["references_needed"], timedelta(days=demands.references.validity_days)
    for oldest, newest in zip(accepted_on, accepted_on[needed - 1 :], strict=False):
        if oldest + days >= newest:
            facts.covered[demands.references.pk].append(Interval(newest, oldest + days))


def _add_agreements(rows: list[_Stored], facts: Facts, demands: _Demands) -> None:
    """Accepted counts from its day for the type's validity, until a newer version demands acceptance anew."""
    former: dict[int, Interval] = {}
    for row in rows:
        if row.kind != "text" or row.key not in demands.versions:
            continue
        version = demands.versions[row.key]
        check_type = demands.texts[version.agreement.code]
        former[version.pk] = _renewed(former.get(version.pk), row.start, check_type.validity_days or 36500)
        ends = [day - DAY for day in demands.superseded_on(version)]
        interval = Interval(former[version.pk].start, min([former[version.pk].end, *ends]))
        if interval.end >= interval.start:
            facts.covered[check_type.pk].append(interval)
