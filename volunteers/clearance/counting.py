"""From the rows of one person, oldest first, to the days on which a requirement is met."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.utils import timezone

from volunteers.models import CheckType, TrainingRecord

from .intervals import DAY, Interval

if TYPE_CHECKING:
    from .facts import Facts

LIFELONG = 36_500  # days, of a text whose type sets no end


class Stored(NamedTuple):
    """One row of the union. What `key`, `number` and `text` are, `kind` says."""

    person_id: int
    kind: str
    start: date
    end: date
    key: int
    pk: int
    number: int | None
    text: str
    left_on: date | None


class Version(NamedTuple):
    """A version of a text that people accept. `ends` are the last days before newer ones demanded acceptance anew."""

    check_type_id: int
    ends: list[date]


@dataclass
class Demands:
    """What the reference data say of trainings, references and texts: the same for everybody."""

    modules: dict[int, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))  # type → module → days
    references: dict[int, int] = field(default_factory=dict)  # type → days
    texts: dict[int, int] = field(default_factory=dict)  # type → days
    versions: dict[int, Version] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Stored]) -> Demands:
        demands, types, versions = cls(), {}, []
        for row in rows:
            if row.kind == "module":
                demands.modules[row.key][row.pk] = row.number
            elif row.kind == "version":
                versions.append(row)
            elif row.kind == CheckType.Kind.REFERENCES:
                demands.references[row.pk] = row.number
            else:
                types[row.text], demands.texts[row.pk] = row.pk, row.number or LIFELONG
        for row in versions:
            if row.text in types:
                demands.versions[row.pk] = Version(types[row.text], _ends(row, versions))
        return demands


def _ends(version: Stored, versions: list[Stored]) -> list[date]:
    """The days before newer versions of a text, in force today, demanded acceptance anew. One that is announced for a
    later day changes nothing before that day: visits that are agreed must not fall with its announcement."""
    newer = (row for row in versions if row.text == version.text and row.number > version.number and row.key)
    today = timezone.localdate()
    return [row.start - DAY for row in newer if row.start <= today]


def add_training(rows: list[Stored], facts: Facts, demands: Demands) -> None:
    """A check type counts as trained while its modules are all passed; the newest record of a module is its word, and
    a pass shortly before the end of the former one loses no days."""
    newest = {row.key: row for row in rows}
    facts.failed_trainings = [row.pk for row in newest.values() if row.kind != TrainingRecord.Result.PASSED]
    for check_type_id, modules in demands.modules.items():
        counts: dict[int, Interval | None] = dict.fromkeys(modules)
        for row in rows:
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


def add_references(rows: list[Stored], facts: Facts, demands: Demands) -> None:
    """As many references as the programme needs, none of them older than the type's validity: one interval for each
    newest one, from its day to the day on which the oldest of the needed ones runs out."""
    accepted_on = [row.start for row in rows]
    needed = settings.PROGRAMME["references_needed"]
    for check_type_id, validity in demands.references.items():
        days = timedelta(days=validity)
        for oldest, newest in zip(accepted_on, accepted_on[needed - 1 :], strict=False):
            if oldest + days >= newest:
                facts.covered[check_type_id].append(Interval(newest, oldest + days))


def add_agreements(rows: list[Stored], facts: Facts, demands: Demands) -> None:
    """Accepted counts from its day for the type's validity, until a newer version demands acceptance anew."""
    former: dict[int, Interval] = {}
    for row in rows:
        if row.key not in demands.versions:
            continue
        version = demands.versions[row.key]
        former[row.key] = _renewed(former.get(row.key), row.start, demands.texts[version.check_type_id])
        interval = Interval(former[row.key].start, min([former[row.key].end, *version.ends]))
        if interval.end >= interval.start:
            facts.covered[version.check_type_id].append(interval)
