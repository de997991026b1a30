"""Old data keys give way to new ones: every column that declares itself `crypto.Sealed`, and the secrets of second factors,
are sealed anew, row by row.

A stored file keeps its own key, only the seal around that key changes, so that files are never rewritten. No step can
leave a row unreadable: both keys open while it runs, and a row is changed by one statement that holds only if the value
is still the one that was read. Killed half-way it goes on where it stopped; what somebody writes meanwhile wins.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models.functions import Substr

from portal import crypto, second_factor

BATCH = 500  # rows read at once; each is written by itself, so that no request waits for a lock
SET_ASIDE = ".retired"


class KeyInUse(Exception):
    """The message says what still needs the key."""


class Outcome(NamedTuple):
    """What became of one value. `changed` is False where somebody else wrote it meanwhile, or where it does not open."""

    column: str
    row: int
    changed: bool
    readable: bool = True


def columns() -> list[tuple[type[models.Model], crypto.Sealed]]:
    """Every sealed column of every table."""
    return [
        (model, sealed)
        for model in apps.get_models()
        if not model._meta.proxy
        for _name, sealed in inspect.getmembers_static(model, lambda member: isinstance(member, crypto.Sealed))
    ]


def _values(model: type[models.Model], sealed: crypto.Sealed) -> models.QuerySet:
    """The rows with something in the column, and which key sealed it (bytes 2 to 9 of the value)."""
    key_id = Substr(sealed.column, 2, 8, output_field=models.BinaryField())
    return model._base_manager.filter(**{f"{sealed.column}__gt": b""}).annotate(key_id=key_id).order_by("pk")


def in_use() -> Counter[bytes]:
    """How many values each key has sealed, by the key's id; also ids that no key of the ring has."""
    found: Counter[bytes] = Counter()
    for model, sealed in columns():
        counted = _values(model, sealed).order_by().values("key_id").annotate(count=models.Count("pk"))
        for row in counted:
            found[bytes(row["key_id"])] += row["count"]
    for row in second_factor.rows():
        found.update(value[1:9] for value in second_factor.sealed(row))
    return found


def reseal() -> Iterator[Outcome]:
    """Seals every value of an older key with the newest one, a row at a time as the caller asks for the next. Values
    that do not open are left as they are. Safe to stop anywhere, to repeat and to run twice at once."""
    newest = list(crypto.ring())[-1]
    for model, sealed in columns():
        rows = _values(model, sealed).exclude(key_id=newest).only(sealed.column, sealed.bound_to)
        last = 0
        while batch := list(rows.filter(pk__gt=last)[:BATCH]):
            for row in batch:
                yield _reseal(model, sealed, row)
            last = batch[-1].pk
    for row in second_factor.rows():
        if any(value[1:9] != newest for value in second_factor.sealed(row)):
            yield _reseal_factor(row)


def _reseal(model: type[models.Model], sealed: crypto.Sealed, row: models.Model) -> Outcome:
    column, old, context = sealed.column, bytes(getattr(row, sealed.column)), sealed.context(row)
    name = f"{model._meta.label}.{column}"
    try:
        fresh = crypto.seal(crypto.unseal(old, context), context)
    except crypto.Unreadable:
        return Outcome(name, row.pk, changed=False, readable=False)
    changed = model._base_manager.filter(pk=row.pk, **{column: old}).update(**{column: fresh})
    return Outcome(name, row.pk, changed=bool(changed))


def _reseal_factor(row: models.Model) -> Outcome:
    name = f"{row._meta.label}.data"
    try:
        return Outcome(name, row.pk, changed=second_factor.reseal(row))
    except crypto.Unreadable:
        return Outcome(name, row.pk, changed=False, readable=False)


def set_aside(*, name: str) -> Path:
    """Takes the key file `name` out of the ring and returns where it lies now; giving it back its name undoes that.
    Raises `KeyInUse` for the key that seals and for one that any value still needs, `KeyError` for an unknown name."""
    ids = {key.name: key_id for key_id, key in crypto.ring().items()}
    key_id, path = ids[name], settings.DATA_KEYS_DIR / name
    if name == list(ids)[-1]:
        raise KeyInUse(f"{name} is the key that seals")
    _demand_unused(key_id, name)
    aside = path.rename(path.with_name(name + SET_ASIDE))
    try:
        _demand_unused(key_id, name)  # a request that began before may have saved a value it had read
    except KeyInUse:
        aside.rename(path)
        raise
    return aside


def _demand_unused(key_id: bytes, name: str) -> None:
    if count := in_use()[key_id]:
        raise KeyInUse(f"{count} values still need {name}")
