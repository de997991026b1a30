"""Taking an applied list back, record by record: what somebody has worked with or changed since then stays."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import Any, NamedTuple

from django.db import models

from .kinds import Kind, Problem
from .planning import BATCH, Packed, mark, unpacked

REMOVED, RESTORED, LEFT = "removed", "restored", "left"


class Undone(NamedTuple):
    """`report` are the lines of what stays, with the reason."""

    counts: dict[str, int]
    reasons: dict[str, int]
    report: bytes


def take_back(kind: Kind, undo: bytes) -> Undone:
    """What `planning.Plan.undo` says is undone in the caller's transaction, its records locked."""
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    report, lines = Packed(), unpacked(undo)
    while batch := list(islice(lines, BATCH)):
        records = kind.records([line["pk"] for line in batch], lock=True)
        used = used_elsewhere(kind, [line["pk"] for line in batch if "mark" in line])
        removed, restored = [], []
        for line in batch:
            record = records.get(line["pk"])
            if why := _why_it_stays(kind, line, record, used):
                reasons[why] += 1
                report.add([line["line"], [Problem(why)]])
            elif "mark" in line:
                removed.append(record.pk)
            else:
                restored.append((record, line["before"]))
        kind.model._base_manager.filter(pk__in=removed).delete()
        kind.change(restored)
        counts.update({REMOVED: len(removed), RESTORED: len(restored)})
    counts[LEFT] = reasons.total()
    return Undone(dict(counts), dict(reasons), report.content())


def _why_it_stays(kind: Kind, line: dict[str, Any], record: models.Model | None, used: set[int]) -> str:
    if record is None:
        return "gone"
    if "mark" not in line:
        stands = kind.snapshot(record)
        return "" if all(stands[name] == value for name, value in line["after"].items()) else "changed_since"
    if why := kind.kept_by(record):
        return why
    if record.pk in used:
        return "in_use"
    return "" if mark(kind, record) == line["mark"] else "changed_since"


def used_elsewhere(kind: Kind, pks: list[int]) -> set[int]:
    """Of these records those to which a row of any table points, but for the lists that belong to the record itself. One
    query for each such table."""
    own = {field.remote_field.through for field in kind.model._meta.local_many_to_many}
    used: set[int] = set()
    for relation in kind.model._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and not relation.concrete) or relation.many_to_many:
            continue
        if relation.related_model in own:
            continue
        name = relation.field.attname
        rows = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": pks})
        used.update(rows.values_list(name, flat=True))
    return used
