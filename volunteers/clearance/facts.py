"""What is stored about people and bears on clearance, loaded for many of them in a fixed number of queries."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter

from django.db.models import CharField, DateField, F, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, TruncDate

from portal.sets import among
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

from .counting import Demands, Stored, add_agreements, add_references, add_training
from .intervals import DAY, FOREVER, Interval

RESULTS = frozenset(TrainingRecord.Result.values)
INTERVALS = frozenset({"at_risk", "paused", "supervised", "left", "suspended", "barred"})  # of `Facts`, by their names
AT_ONCE = 5_000  # people, whose rows are held at one time
NOBODY = 0  # the person of a row of the reference data


@dataclass(frozen=True)
class Granted:
    """An approval, up to the day before he left; `kept` while no exit has ended it."""

    interval: Interval
    formats: tuple[str, ...]
    role_id: int
    probation_visits: int = 0
    kept: bool = True


@dataclass
class Facts:
    """Everything stored about one person that bears on clearance. `covered` is keyed by check type; exemptions are in
    it, and once more in `waived`. `at_risk` are the days of a risk assessment, which stands in for some requirements of
    one role only. `failed_trainings` are the records (by primary key) that are the newest word on their module and no
    pass."""

    barred: list[Interval] = field(default_factory=list)
    suspended: list[Interval] = field(default_factory=list)
    left: list[Interval] = field(default_factory=list)
    paused: list[Interval] = field(default_factory=list)
    approvals: list[Granted] = field(default_factory=list)
    supervised: list[Interval] = field(default_factory=list)
    at_risk: list[Interval] = field(default_factory=list)
    covered: dict[int, list[Interval]] = field(default_factory=lambda: defaultdict(list))
    waived: dict[int, list[Interval]] = field(default_factory=lambda: defaultdict(list))
    failed_trainings: list[int] = field(default_factory=list)


def load_facts(ids: list[int]) -> dict[int, Facts]:
    """The facts of the people with these primary keys; every asked key is present. One query for `AT_ONCE` of them."""
    facts = {pk: Facts() for pk in ids}
    for first in range(0, len(ids), AT_ONCE):
        _load_stored(ids[first : first + AT_ONCE], facts)
    return facts


def _load_stored(ids: list[int], facts: dict[int, Facts]) -> None:
    """Everything that has a day or two, and the reference data by which the days are counted, in one query."""
    first, *others = [*_queries(ids), *_reference_data()]
    rows: dict[int, list[Stored]] = defaultdict(list)
    for row in map(Stored._make, first.union(*others, all=True)):
        rows[row.person_id].append(row)
    demands = Demands.of(rows.pop(NOBODY, []))
    for person_id, found in rows.items():
        found.sort(key=attrgetter("start", "pk"))
        _add(found, facts[person_id], demands)


def _add(rows: list[Stored], facts: Facts, demands: Demands) -> None:
    """The rows of one person, oldest first: some are intervals as they stand, others are counted together."""
    trainings, references, texts = [], [], []
    for row in rows:
        if row.kind == "covered":
            facts.covered[row.key].append(Interval(row.start, row.end))
        elif row.kind in INTERVALS:
            getattr(facts, row.kind).append(Interval(row.start, row.end))
        elif row.kind in RESULTS:
            trainings.append(row)
        elif row.kind == "text":
            texts.append(row)
        elif row.kind == "reference":
            references.append(row)
        elif row.kind == "waived":
            facts.covered[row.key].append(Interval(row.start, row.end))
            facts.waived[row.key].append(Interval(row.start, row.end))
        else:
            _add_approval(row, facts)
    add_training(trainings, facts, demands)
    add_references(references, facts, demands)
    add_agreements(texts, facts, demands)


def _add_approval(row: Stored, facts: Facts) -> None:
    last = min(row.end, row.left_on - DAY) if row.left_on else row.end
    if last >= row.start:
        interval, kept = Interval(row.start, last), row.left_on is None
        facts.approvals.append(Granted(interval, _formats(row.text), row.key, row.number, kept))


@cache
def _formats(text: str) -> tuple[str, ...]:
    """What the database keeps as JSON; there are as many different ones as there were kinds of roles."""
    return tuple(json.loads(text))


def _queries(ids: list[int]) -> Iterator[QuerySet]:
    """What is stored about the people. The first one has a column of each type, so that the databases know the types of
    the union."""
    these = among(ids)
    own, signed = {"person__in": these}, {"confirmed_at__isnull": False, "revoked_at": None}
    forever, check_type = Value(FOREVER, DateField()), F("check_type_id")
    # a deciding check is never waived
    waived = Exemption.objects.filter(**own, check_type__deciding=False, **signed)
    typed = {"text": Cast(Value(""), CharField()), "left_on": Cast(Value(None), DateField())}
    yield _days(waived, "waived", key=check_type, **typed)
    verified = Check.objects.filter(**own, state=CheckState.VERIFIED)
    yield _days(verified, "covered", F("issued_on"), Coalesce(F("expires_on"), forever), key=check_type)
    yield _days(RiskAssessment.objects.filter(**own, **signed), "at_risk")
    yield _days(Pause.objects.filter(**own, cancelled_at=None), "paused")
    yield _days(SupervisorAssignment.objects.filter(**own).by_serving(), "supervised")
    yield _days(ExitRecord.objects.filter(**own), "left", F("left_on"), forever)
    yield _days(Suspension.objects.filter(**own).open(), "suspended", TruncDate("opened_at"), forever)
    listed = DoNotEngage.objects.in_force().filter(iin_hash=OuterRef("iin_hash")).values("confirmed_at")[:1]
    barred = Person.objects.filter(pk__in=these).alias(listed_at=Subquery(listed)).filter(listed_at__isnull=False)
    yield _days(barred, "barred", TruncDate("listed_at"), forever, person="pk")
    training = TrainingRecord.objects.filter(**own, module__check_type__isnull=False)
    yield _days(training, F("result"), F("held_on"), forever, key=F("module_id"))
    accepted = Acceptance.objects.filter(**own)
    yield _days(accepted, "text", TruncDate("at"), forever, key=F("version_id"))
    person = "request__application__person"
    given = ReferenceResponse.objects.filter(**{f"{person}__in": these}, result=ReferenceResponse.Result.ACCEPTED)
    yield _days(given, "reference", TruncDate("assessed_at"), forever, person=person)
    approvals = Approval.objects.filter(**own).with_leaving()
    formats = Cast("role__formats", CharField())
    terms = {"key": F("role_id"), "number": F("probation_visits"), "text": formats, "left_on": "left_on"}
    yield _days(approvals, "approval", F("valid_from"), F("valid_to"), **terms)


def _reference_data() -> Iterator[QuerySet]:
    nobody, forever = Value(NOBODY, IntegerField()), Value(FOREVER, DateField())
    modules = TrainingModule.objects.exclude(check_type=None)
    days = F("validity_days")
    yield _days(modules, "module", forever, forever, person=nobody, key=F("check_type_id"), number=days)
    types = CheckType.objects.filter(kind__in=[CheckType.Kind.REFERENCES, CheckType.Kind.AGREEMENT])
    yield _days(types, F("kind"), forever, forever, person=nobody, number=days, text=F("code"))
    anew = Cast(F("requires_reacceptance"), IntegerField())
    about = {"key": anew, "number": F("number"), "text": F("agreement__code")}
    yield _days(AgreementVersion.objects.all(), "version", F("valid_from"), forever, person=nobody, **about)


def _days(
    queryset: QuerySet,
    kind,
    start=None,
    end=None,
    *,
    person="person_id",
    key=None,
    number=None,
    text=None,
    left_on=None,
) -> QuerySet:
    """The columns of `Stored`, whatever the rows are."""
    return queryset.order_by().values_list(
        person,
        kind if isinstance(kind, F) else Value(kind, CharField()),
        start or F("starts_on"),
        end or Coalesce(F("ends_on"), Value(FOREVER, DateField())),
        key or Value(0, IntegerField()),
        "pk",
        number or Value(0, IntegerField()),
        text or Value("", CharField()),
        left_on or Value(None, DateField()),
    )
