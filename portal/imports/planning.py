"""What becomes of each row of a list: looked at in batches, each at the cost of the same few queries; written in the same pass
when the caller asks for it."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any, NamedTuple

from django.db import models

from portal import crypto

from . import csv_file, workbook
from .kinds import Kind, Problem, Values, recognised
from .kinds import Row as Cells
from .tables import MAX_COLUMNS, Row, Table, Unreadable

ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
BATCH = 1000  # rows
HEADS_WITHIN = 10  # lines: a list may begin with a title
SHOWN = 8  # rows of the list in the preview
SHOWN_PROBLEMS = 50
CREATE, CHANGE, SAME, REFUSED = "create", "change", "same", "refused"


class Judged(NamedTuple):
    """One row and what becomes of it; `before` are the values that it changes."""

    line: int
    outcome: str
    cells: dict[str, str]
    problems: list[Problem]
    values: Values
    record: models.Model | None = None
    before: Values = {}


class Plan(NamedTuple):
    """`preview` is what a page shows, `report` the rows that are left out, `undo` what taking it back needs (empty unless
    it was written): the latter two as `packed` lines."""

    columns: dict[str, int]
    counts: dict[str, int]
    digest: str
    preview: dict[str, Any]
    report: bytes
    undo: bytes


class Packed:
    """Lines of JSON, compressed while they come."""

    def __init__(self):
        self.whole = io.BytesIO()
        self.lines = gzip.GzipFile(fileobj=self.whole, mode="wb", compresslevel=1, mtime=0)

    def add(self, line: Any) -> None:
        self.lines.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")

    def content(self) -> bytes:
        self.lines.close()
        return self.whole.getvalue()


def unpacked(content: bytes) -> Iterator[Any]:
    with gzip.open(io.BytesIO(content)) as lines:
        for line in lines:
            yield json.loads(line)


def weigh(content: bytes) -> int:
    """How many bytes there are to be read, before anything costly is done. Raises `Unreadable` for what is certainly no table."""
    if content.startswith(ZIP):
        return workbook.weigh(content)
    _read_text(content)
    return len(content)


def read(content: bytes) -> Table:
    """Raises `Unreadable`, and so do the rows."""
    if not content.startswith(ZIP):
        return _read_text(content)
    workbook.weigh(content)
    return workbook.read(content)


def _read_text(content: bytes) -> Table:
    if not content.strip():
        raise Unreadable("empty")
    if content.startswith(OLD_EXCEL):
        raise Unreadable("old_excel")
    return csv_file.read(content)


def mark(kind: Kind, record: models.Model) -> str:
    """Stands for the record as it is now, with the columns that no list writes; holds nothing of it."""
    columns = {field.attname: str(getattr(record, field.attname)) for field in record._meta.concrete_fields}
    return crypto.lookup_hash(json.dumps(columns | kind.snapshot(record), sort_keys=True), f"import.{kind.code}")


def go_through(
    kind: Kind,
    content: bytes,
    columns: dict[str, int] | None = None,
    *,
    write: bool = False,
    tick: Callable[[int, int], None] = lambda done, total: None,
) -> Plan:
    """What the list in `content` would do, or (`write`: in the caller's transaction, its records locked) does. `columns` say
    where each field stands; without them they are recognised. `tick(done, total)` is told how far it is.

    The digest is the same as long as the file is, and what it would do. Raises `Unreadable`.
    """
    table = read(content)
    heads, rows = _heads(kind, table)
    places = recognised(type(kind), heads.cells) if columns is None else columns
    width = len(heads.cells) if table.about["separator"] else MAX_COLUMNS
    run = _Run(kind, places, hashlib.sha256(content), write, width)
    done = heads.line
    while batch := list(islice(rows, BATCH)):
        run.take(batch)
        done = batch[-1].line
        tick(done, max(table.lines, done))
    if not run.counts.total():
        raise Unreadable("no_rows")
    preview = {
        **table.about,
        "warning": table.warning or ("" if recognised(type(kind), heads.cells) else "no_heads"),
        "heads": heads.cells,
        "rows": run.shown,
        "problems": run.problems,
        "reasons": dict(run.reasons),
    }
    return Plan(places, dict(run.counts), run.digest.hexdigest(), preview, run.report.content(), run.undo.content())


def _heads(kind: Kind, table: Table) -> tuple[Row, Iterator[Row]]:
    """The row that names the columns, among the first ones the one of which most is recognised; and the rows below it."""
    first = list(islice(table.rows, HEADS_WITHIN))
    if not first:
        raise Unreadable("empty")
    known = [len(recognised(type(kind), row.cells)) for row in first]
    place = known.index(max(known))
    return first[place], chain(first[place + 1 :], table.rows)


class _Run:
    """`width`: cells of a row; one that has more has a separator too many, and which cell it split nobody knows."""

    def __init__(self, kind: Kind, places: dict[str, int], digest, write: bool, width: int):
        self.kind, self.places, self.digest, self.write, self.width = kind, places, digest, write, width
        self.counts: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.seen: set[str] = set()
        self.report, self.undo = Packed(), Packed()
        self.shown: list[dict] = []
        self.problems: list[dict] = []
        self.digest.update(json.dumps([kind.code, sorted(places.items())]).encode())

    def take(self, batch: list[Row]) -> None:
        judged = self._judge([self._read(row) for row in batch])
        for row in judged:
            self._note(row)
        if self.write:
            self._write(judged)

    def _read(self, row: Row) -> tuple[Row, Cells, Values]:
        cells = Cells({name: row.cells[at] if at < len(row.cells) else "" for name, at in self.places.items()})
        if broken := row.broken or ("too_many_cells" if any(row.cells[self.width :]) else ""):
            cells.wrong(broken)
            return row, cells, {}
        values = self.kind.clean(cells)
        if not cells.problems:
            keys = set(self.kind.keys(values))
            if keys & self.seen:
                cells.wrong("double")
            self.seen |= keys
        return row, cells, values

    def _judge(self, batch: list[tuple[Row, Cells, Values]]) -> list[Judged]:
        keys = {key for _row, cells, values in batch if not cells.problems for key in self.kind.keys(values)}
        found = self.kind.find(keys)
        records = self.kind.records(set(found.values()), lock=self.write)
        return [self._outcome(row, cells, values, found, records) for row, cells, values in batch]

    def _outcome(self, row: Row, cells: Cells, values: Values, found: dict, records: dict) -> Judged:
        fits = set() if cells.problems else {found[key] for key in self.kind.keys(values) if key in found}
        if fits and self.kind.adds_only:
            return Judged(row.line, SAME, cells.cells, [], {}, records[min(fits)])
        if len(fits) > 1:
            cells.wrong("two")
        record = records.get(min(fits)) if fits else None
        before: Values = {}
        if record is not None and not cells.problems:
            stands = self.kind.snapshot(record)
            before = {name: stands[name] for name, value in values.items() if stands[name] != value}
            for name, problem in self.kind.fixed.items():
                if before.get(name):
                    cells.wrong(problem)
        elif not cells.problems:
            values = self.kind.complete(values, cells)
        if cells.problems:
            return Judged(row.line, REFUSED, cells.cells, cells.problems, {})
        if record is None:
            return Judged(row.line, CREATE, cells.cells, [], values)
        after = {name: values[name] for name in before}
        return Judged(row.line, CHANGE if before else SAME, cells.cells, [], after, record, before)

    def _note(self, row: Judged) -> None:
        self.counts[row.outcome] += 1
        pk = row.record.pk if row.record else 0
        self.digest.update(json.dumps([row.line, row.outcome, pk, row.before, row.values], sort_keys=True).encode())
        if row.problems:
            self.report.add([row.line, row.problems])
            self.reasons.update({problem.code for problem in row.problems})
            if len(self.problems) < SHOWN_PROBLEMS:
                self.problems.append({"line": row.line, "problems": row.problems})
        if len(self.shown) < SHOWN:
            self.shown.append({"line": row.line, "outcome": row.outcome, "cells": row.cells})

    def _write(self, judged: list[Judged]) -> None:
        changes = [row for row in judged if row.outcome == CHANGE]
        if changes:
            self.kind.change([(row.record, row.values) for row in changes])
            for row in changes:
                self.undo.add({"line": row.line, "pk": row.record.pk, "before": row.before, "after": row.values})
        new = [row for row in judged if row.outcome == CREATE]
        if new:
            made = self.kind.create([row.values for row in new])
            as_stored = self.kind.records([record.pk for record in made], lock=False)
            for row, record in zip(new, made, strict=True):
                self.undo.add({"line": row.line, "pk": record.pk, "mark": mark(self.kind, as_stored[record.pk])})
