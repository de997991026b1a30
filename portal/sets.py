"""A set of keys as one parameter of a query, whatever its size."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.db.models.expressions import RawSQL


def among(keys: Iterable[int]) -> RawSQL:
    """What stands behind `__in` where the keys are many or are needed several times in a query: a list would make a
    parameter of each, which costs more than the query, and SQLite takes some ten thousand at most."""
    listed = ",".join(map(str, keys))
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::bigint[])", [f"{{{listed}}}"])
    return RawSQL("SELECT value FROM json_each(%s)", [f"[{listed}]"])
