"""What hangs on a person's checks and on his case in short lines: papers, searches, reviews, holds, languages. One query."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import CharField, DateTimeField, F, IntegerField, Q, QuerySet, UUIDField, Value
from django.db.models.functions import Cast
from django.utils.translation import get_language

from portal.models import User
from volunteers.models import Application, Check, CheckEvidence, Hold, Person, Recommendation, SearchLog

WORDS = {"search": SearchLog.Result, "review": Recommendation, "hold": Hold.Reason}


class Line(NamedTuple):
    """One row. `about` is the check of a paper or a search, the reviewer of a review, and who proposed to release a hold;
    `code` is what came of a search, what a review recommends, why a case is on hold; `text` the register; `number` the
    size of a paper in bytes, and 1 for a hold that is over."""

    kind: str
    about: int | None
    uuid: UUID | None
    at: datetime | None
    code: str
    text: str
    number: int
    given_name: str | None
    family_name: str | None

    @property
    def label(self) -> str:
        return str(WORDS[self.kind](self.code).label)

    @property
    def by(self) -> str:
        """Empty for what the portal itself did."""
        return " ".join(filter(None, (self.given_name, self.family_name)))


@dataclass(frozen=True)
class Attached:
    """Papers and searches by check (primary key), and holds, the newest first; reviews as they came in."""

    papers: dict[int, list[Line]]
    searches: dict[int, list[Line]]
    reviews: list[Line]
    holds: list[Line]
    languages: list[str]


def attached(by: User, checks: list[Check], application: Application | None = None, *, lead: bool = False) -> Attached:
    """The papers of `checks` that `by` may read, and their searches; he may see each of `checks`. With `application` also
    its reviews and the languages of its person, and for a `lead` its holds."""
    sources = [_papers(by, checks), _searches(checks)]
    if application:
        sources += [_reviews(application), _languages(application.person)]
        sources += [_holds(application)] if lead else []
    first, *others = sources
    found: dict[str, list[Line]] = defaultdict(list)
    for line in map(Line._make, first.union(*others, all=True)):
        found[line.kind].append(line)
    return Attached(
        papers=_by_check(found["paper"]),
        searches=_by_check(found["search"]),
        reviews=sorted(found["review"], key=lambda line: line.at),
        holds=sorted(found["hold"], key=lambda line: line.at, reverse=True),
        languages=[line.text for line in sorted(found["language"], key=lambda line: line.number)],
    )


def _by_check(lines: list[Line]) -> dict[int, list[Line]]:
    found: dict[int, list[Line]] = defaultdict(list)
    for line in sorted(lines, key=lambda line: line.at, reverse=True):
        found[line.about].append(line)
    return found


def _papers(by: User, checks: list[Check]) -> QuerySet:
    """The first part of the union: it has a column of each type, so that the databases know the types."""
    rows = CheckEvidence.objects.visible_to(by, [check.check_type for check in checks])
    return _lines(
        rows.filter(evidence_of__in=checks),
        "paper",
        "evidence_of",
        at=F("uploaded_at"),
        uuid=F("uuid"),
        number=F("size"),
    )


def _searches(checks: list[Check]) -> QuerySet:
    rows = SearchLog.objects.filter(evidence_of__in=checks)
    columns = {"at": F("searched_at"), "code": F("result"), "text": F("register")}
    return _lines(rows, "search", "evidence_of", by="searched_by", **columns)


def _reviews(application: Application) -> QuerySet:
    columns = {"at": F("submitted_at"), "code": F("recommendation")}
    return _lines(application.reviews.all(), "review", "reviewer", by="reviewer", **columns)


def _holds(application: Application) -> QuerySet:
    over = Cast(Q(released_at__isnull=False), IntegerField())
    columns = {"at": F("opened_at"), "uuid": F("uuid"), "code": F("reason"), "number": over}
    return _lines(application.holds.all(), "hold", "release_proposed_by", by="opened_by", **columns)


def _languages(person: Person) -> QuerySet:
    rows = Person.languages.through.objects.filter(person=person)
    name = F(f"language__name_{get_language()[:2]}")
    return _lines(rows, "language", "language", text=name, number=F("language__position"))


def _lines(queryset: QuerySet, kind: str, about: str, *, by: str = "", **columns) -> QuerySet:
    """The columns of `Line`, whatever the rows are."""
    nothing = Value("", CharField())
    empty = {
        "uuid": Cast(Value(None), UUIDField()),
        "at": Cast(Value(None), DateTimeField()),
        "code": nothing,
        "text": nothing,
        "number": Value(0, IntegerField()),
    }
    names = (F(f"{by}__first_name"), F(f"{by}__last_name")) if by else (nothing, nothing)
    return queryset.order_by().values_list(Value(kind, CharField()), about, *(empty | columns).values(), *names)
