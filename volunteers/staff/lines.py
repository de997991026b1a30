"""What the page of a person tells of his service in short lines: for which roles he is approved, who looks after him, what
he was trained in, which organisations he named. One query."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Case, CharField, DateField, DateTimeField, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Concat, NullIf, Trim
from django.utils import timezone
from django.utils.translation import get_language

from volunteers.models import Person, SupervisorAssignment, TrainingRecord


class Line(NamedTuple):
    """One row. `key` is the role of an approval, the assignment of a supervisor, the module of a training; `code` the
    role's code, the result of a training, what an organisation answered; `text` the name of that role, module or
    organisation; `flag` says of a supervisor that he stands in, of a training that the modules were gone through
    together. `at` is when it was written down."""

    kind: str
    key: int
    code: str
    text: str
    note: str
    flag: int
    starts: date | None
    ends: date | None
    at: datetime | None
    by: str

    @property
    def result(self) -> str:
        """Of a training, in words."""
        return str(TrainingRecord.Result(self.code).label)


class Lines(NamedTuple):
    """Approvals and trainings with the newest first; supervisors before those who stand in."""

    approvals: list[Line]
    supervisors: list[Line]
    trainings: list[Line]
    memberships: list[Line]


def lines_of(person: Person) -> Lines:
    """Supervisors are those of today and stand-ins to come; whoever lost his role is none."""
    name = F(f"role__name_{_language()}")
    terms = {"key": F("role"), "code": F("role__code"), "text": name, "starts": F("valid_from"), "ends": F("valid_to")}
    approvals = _lines(person.approvals.all(), "approval", **terms)  # the first has a column of each type
    found: dict[str, list[Line]] = defaultdict(list)
    for line in map(
        Line._make, approvals.union(_supervisors(person), _trainings(person), _memberships(person), all=True)
    ):
        found[line.kind].append(line)
    return Lines(
        approvals=sorted(found["approval"], key=lambda line: line.ends, reverse=True),
        supervisors=sorted(found["supervisor"], key=lambda line: (line.flag, line.starts)),
        trainings=sorted(found["training"], key=lambda line: (line.starts, line.at), reverse=True),
        memberships=sorted(found["membership"], key=lambda line: line.key),
    )


def _supervisors(person: Person) -> QuerySet:
    today = timezone.localdate()
    rows = SupervisorAssignment.objects.filter(person=person).by_serving()
    rows = rows.running(today) | rows.filter(starts_on__gt=today, ends_on__gt=today)
    flag = Cast(Q(cover_for__isnull=False), IntegerField())
    columns = {"flag": flag, "starts": F("starts_on"), "ends": F("ends_on"), "by": display_name("supervisor__")}
    return _lines(rows, "supervisor", key=F("pk"), **columns)


def _trainings(person: Person) -> QuerySet:
    columns = {"key": F("module"), "code": F("result"), "text": F(f"module__name_{_language()}"), "note": F("note")}
    columns |= {"flag": Cast(F("in_person"), IntegerField()), "starts": F("held_on"), "at": F("recorded_at")}
    return _lines(person.training.all(), "training", by=display_name("recorded_by__"), **columns)


def _memberships(person: Person) -> QuerySet:
    answer = Case(
        When(confirmed_at__isnull=False, then=Value("confirmed")),
        When(refused_at__isnull=False, then=Value("refused")),
        default=Value(""),
        output_field=CharField(),
    )
    columns = {"key": F("pk"), "code": answer, "text": F(f"organisation__name_{_language()}")}
    return _lines(person.memberships.all(), "membership", at=Coalesce("confirmed_at", "refused_at"), **columns)


def _lines(queryset: QuerySet, kind: str, **columns) -> QuerySet:
    """The columns of `Line`, whatever the rows are."""
    nothing, no_day = Value("", CharField()), Cast(Value(None), DateField())
    empty = {
        "key": Value(0, IntegerField()),
        "code": nothing,
        "text": nothing,
        "note": nothing,
        "flag": Value(0, IntegerField()),
        "starts": no_day,
        "ends": no_day,
        "at": Cast(Value(None), DateTimeField()),
        "by": nothing,
    }
    return queryset.order_by().values_list(Value(kind, CharField()), *(empty | columns).values())


def display_name(path: str = "") -> Combinable:
    """`User.display_name` of the account behind `path`, without its code: empty for an account that has no name."""
    name = Trim(Concat(F(f"{path}first_name"), Value(" "), F(f"{path}last_name")))
    contact = F(f"{path}email"), F(f"{path}phone")
    return Coalesce(NullIf(name, Value("")), *contact, Value(""), output_field=CharField())


def _language() -> str:
    return get_language()[:2]
