"""What may be brought in: each app registers its kinds in `AppConfig.ready()`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from django.conf import settings
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from portal.models import User
from portal.models.imports import PERMISSIONS

Values = dict[str, Any]  # of a row, by attribute of the model; fit for JSON. An empty cell has no entry.

PROBLEMS: dict[str, Promise] = {
    "address_in_name": _("Please write only the name here: no addresses, no links."),
    "cell_error": _("A cell of this line holds an error of Excel."),
    "changed_since": _("It was changed since then, so it stays."),
    "choice": _("This is not one of the words that may stand here."),
    "district": _("There is no such district in your list."),
    "double": _("The same stands in a line above."),
    "elsewhere": _("It lies in another district. Change that by hand, if it is right."),
    "formula": _("This begins like a formula. Write it without the sign at its beginning."),
    "gone": _("It is no longer there."),
    "in_use": _("It is used elsewhere, so it stays."),
    "letters": _("This line has letters that cannot be read. Save the file as CSV UTF-8 and send it again."),
    "line_too_long": _("This line is too long."),
    "missing": _("This must not be empty."),
    "number": _("This is not a number that may stand here."),
    "phone": _("This is not a phone number. Write it like this: +7 701 123 45 67."),
    "quotes": _("The quotation marks of this line do not fit together."),
    "shortened": _("Excel has shortened this number. Make its column a text column and type it again."),
    "too_long": _("This is too long."),
    "too_many_cells": _(
        "This line has more cells than there are columns. Put quotation marks around what holds a separator."
    ),
    "two": _("This line fits two records of the portal."),
}


class Problem(NamedTuple):
    """Why a row is left out: a key of PROBLEMS, the field (empty: the whole line), and what stands there."""

    code: str
    field: str = ""
    value: str = ""


class Field(NamedTuple):
    """One thing a list may say. `heads` are the names of its column that are recognised, parted by `|`, in the spelling that
    `plain` gives."""

    name: str
    label: Promise
    heads: str
    help: Promise | str = ""
    needed: bool = False


class Row:
    """The cells of one line by field; collects what is wrong with them."""

    def __init__(self, cells: dict[str, str]):
        self.cells = cells
        self.problems: list[Problem] = []

    def wrong(self, code: str, field: str = "") -> None:
        self.problems.append(Problem(code, field, self.cells.get(field, "")[:60]))

    def text(self, field: str, longest: int) -> str:
        """What stands there; empty where nothing does, or nothing that may."""
        text = self.cells.get(field, "")
        if len(text) > longest:
            self.wrong("too_long", field)
        elif text.startswith(("=", "+", "@")):
            self.wrong("formula", field)
        else:
            return text
        return ""

    def choice(self, field: str, known: dict[str, Any], code: str = "choice") -> Any:
        """What the word stands for, by `plain` spelling; None where the cell is empty or the word unknown."""
        text = self.cells.get(field, "")
        found = known.get(plain(text)) if text else None
        if text and found is None:
            self.wrong(code, field)
        return found

    def number(self, field: str, lowest: int, highest: int) -> int | None:
        """A whole number, with or without the sign for it ("№ 12")."""
        text = self.cells.get(field, "")
        if not text:
            return None
        found = re.fullmatch(r"(?:№|N|No\.?|#)?\s*([0-9]{1,9})(?:[.,]0+)?", text, re.IGNORECASE)
        if found and lowest <= int(found[1]) <= highest:
            return int(found[1])
        self.wrong("number", field)
        return None


class Kind:
    """One kind of list. An instance serves one run: it asks for what it compares with once."""

    do_not_call_in_templates = True
    code: str
    label: Promise
    about: Promise
    model: type[models.Model]
    fields: tuple[Field, ...]
    attributes: tuple[str, ...]  # columns of the model that a list writes
    fixed: dict[str, str] = {}  # those that a list never changes once they are filled in → the problem
    adds_only = False  # what is there already stays as it is, also where the list says something else
    samples: tuple[Sequence[str], ...] = ()  # rows of the sample file, in the order of `fields`; invented

    def __init__(self, by: User):
        self.by = by

    def clean(self, row: Row) -> Values:
        """What the row says; asks the database nothing. What is wrong stands in `row.problems`."""
        raise NotImplementedError

    def complete(self, values: Values, row: Row) -> Values:
        """`values` for a new record: what a list need not say is added, what is missing goes into `row.problems`."""
        return values

    def keys(self, values: Values) -> list[str]:
        """By what the record is recognised; one of them is enough."""
        raise NotImplementedError

    def find(self, keys: Collection[str]) -> dict[str, int]:
        """Of these keys those that the portal knows, with their records. A constant number of queries."""
        raise NotImplementedError

    def records(self, pks: Iterable[int], *, lock: bool) -> dict[int, models.Model]:
        rows = self.model._base_manager.all()
        return (rows.select_for_update(of=("self",)) if lock else rows).in_bulk(list(pks))

    def snapshot(self, record: models.Model) -> Values:
        """What a list may change, as the record has it."""
        return {name: _plain_value(getattr(record, name)) for name in self.attributes}

    def make(self, values: Values) -> models.Model:
        return self.model(**{name: value for name, value in values.items() if name in self.attributes})

    def create(self, rows: Sequence[Values]) -> list[models.Model]:
        return self.model._base_manager.bulk_create([self.make(values) for values in rows])

    def change(self, changes: Sequence[tuple[models.Model, Values]]) -> None:
        """Writes the values into the records, which the caller has locked."""
        written = [name for name in self.attributes if any(name in values for _record, values in changes)]
        for record, values in changes:
            for name in set(values) & set(written):
                setattr(record, name, values[name])
        if written:
            self.model._base_manager.bulk_create(
                [record for record, _values in changes],
                update_conflicts=True,
                unique_fields=["id"],
                update_fields=written,
            )

    def kept_by(self, record: models.Model) -> str:
        """A problem for which undoing leaves the new record where it is; empty: nothing."""
        return ""


def _plain_value(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


_kinds: dict[str, type[Kind]] = {}


def register(kind: type[Kind], problems: dict[str, Promise] | None = None) -> None:
    """`problems` are those that only this kind has. Raises `KeyError` for a kind without a permission."""
    PERMISSIONS[kind.code]
    _kinds[kind.code] = kind
    PROBLEMS.update(problems or {})


def kinds() -> dict[str, type[Kind]]:
    return _kinds


def plain(text: str) -> str:
    """A word as it is compared: small letters and digits with single spaces between them."""
    return " ".join(re.sub(r"[\W_]+", " ", text.casefold().replace("ё", "е").replace("№", " no ")).split())


@cache
def in_each_language(words: Promise) -> frozenset[str]:
    """In `plain` spelling: a list may be in another language than its reader."""
    found = set()
    for code, _name in settings.LANGUAGES:
        with override(code):
            found.add(plain(str(words)))
    return frozenset(found)


def recognised(kind: type[Kind], heads: Sequence[str]) -> dict[str, int]:
    """Which column holds which field, by their heads: one that is known, else one that begins with a known one. Of two columns
    for a field the first counts."""
    found: dict[str, int] = {}
    spelled = [plain(head) for head in heads]
    for begins in (False, True):
        for field in kind.fields:
            known = {*field.heads.split("|"), *in_each_language(field.label)}
            for place, head in enumerate(spelled):
                fits = any(head.startswith(f"{one} ") for one in known) if begins else head in known
                if head and fits and field.name not in found and place not in found.values():
                    found[field.name] = place
    return found
