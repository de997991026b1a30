"""Where data about people lie: one table (`personal.toml`) that names every column of every model that can hold a person.

It says of each column whether it goes into the archive that somebody takes along, and whether it is erased with him or
stays, with the reason. The archive (`volunteers.services.own_data`) is read by it; tests/test_registry.py compares it with
the models and with what erasing really does, so that whoever adds a column decides this.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).with_name("personal.toml")


class Table(NamedTuple):
    """`of` is the way from a row to the account it belongs to. `archive` are lookups that its owner takes along;
    `erased` and `stays` are columns, each in one of the two; `because` says why something stays."""

    label: str
    of: str
    archive: tuple[str, ...]
    erased: frozenset[str]
    stays: frozenset[str]
    because: str


@cache
def tables() -> dict[str, Table]:
    """By the label of the model, in the order in which the archive shows them."""
    written = tomllib.loads(SOURCE.read_text())
    return {
        label: Table(
            label,
            row["of"],
            tuple(row.get("archive", "").split()),
            frozenset(row.get("erased", "").split()),
            frozenset(row.get("stays", "").split()),
            written["because"][row["because"]] if "stays" in row else "",
        )
        for label, row in written["tables"].items()
    }


@cache
def nobody() -> dict[str, str]:
    """The models that hold no person, by label, each with the reason why it cannot."""
    return tomllib.loads(SOURCE.read_text())["nobody"]
