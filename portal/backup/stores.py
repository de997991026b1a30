"""The files of the portal, wherever they lie: every storage of Django's settings but the static files, which come with the code."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from django.apps import apps
from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, storages
from django.db import models

from portal import crypto, files, rotation

PIECE = 1024 * 1024
PRIVATE = "private"


def stores() -> dict[str, Storage]:
    return {alias: storages[alias] for alias in settings.STORAGES if alias != "staticfiles"}


def names(storage: Storage, folder: str = "") -> Iterator[str]:
    """Every file of the storage, without the one that tells whose data were deleted: that one is never brought back."""
    try:
        folders, found = storage.listdir(folder)
    except FileNotFoundError:  # nothing was ever stored here
        return
    for name in found:
        path = f"{folder}/{name}".lstrip("/")
        if not _is_ledger(storage, path):
            yield path
    for name in folders:
        yield from names(storage, f"{folder}/{name}".lstrip("/"))


def _is_ledger(storage: Storage, name: str) -> bool:
    try:
        return Path(storage.path(name)) == Path(settings.ERASURES_FILE)
    except NotImplementedError:  # it is on no disk of this machine
        return False


def fingerprint(source: BinaryIO | File, out: BinaryIO | None = None) -> tuple[int, str]:
    """Size and SHA-256 of what `source` gives; written to `out` on the way."""
    digest, size = hashlib.sha256(), 0
    while piece := source.read(PIECE):
        digest.update(piece)
        size += len(piece)
        if out:
            out.write(piece)
    return size, digest.hexdigest()


def take(storage: Storage, name: str, to: Path) -> tuple[int, str] | None:
    """Copies a file out of the storage; `None` when it was deleted since it was listed."""
    try:
        with storage.open(name) as source:
            to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with to.open("xb") as out:
                return fingerprint(source, out)
    except FileNotFoundError:
        return None


def put(storage: Storage, name: str, source: Path) -> None:
    """Copies a file into the storage, in the place of what has its name; leaves no part of it. Raises `OSError`."""
    storage.delete(name)
    try:
        with source.open("rb") as content:
            stored = storage.save(name, File(content))
    except OSError:
        storage.delete(name)
        raise
    if stored != name:
        storage.delete(stored)
        raise OSError(f"the storage named {name} otherwise")


def stored_as(storage: Storage, name: str) -> tuple[int, str] | None:
    if not storage.exists(name):
        return None
    with storage.open(name) as there:
        return fingerprint(there)


def references(ask: Callable[[str], list[tuple]], there: Collection[tuple[str, str]]) -> set[str]:
    """What rows name, as `storage/name`: columns of Django's own kind, and private files by the column of their key. `there`:
    the columns that the database has as (table, name); before an upgrade the code knows more."""
    named = set()
    for model, column, alias in _columns_of_names():
        table = model._meta.db_table
        if (table, column) in there:
            rows = ask(f'SELECT "{column}" FROM "{table}" WHERE "{column}" <> \'\'')  # noqa: S608 - our own names
            named |= {f"{alias}/{files.place(name) if alias == PRIVATE else name}" for (name,) in rows}
    return named


def _columns_of_names() -> Iterator[tuple[type[models.Model], str, str]]:
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, models.FileField):
                for alias, storage in stores().items():
                    if field.storage == storage:
                        yield model, field.column, alias
    for model, sealed in rotation.columns():
        if isinstance(sealed, crypto.SealedFileKey):
            yield model, model._meta.get_field(sealed.bound_to).column, PRIVATE


def flush(folder: Path) -> None:
    """What was written is on the disk when this returns."""
    os.sync()
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
