"""Brings a backup back. The order makes every failure harmless: what is checked comes before what is written, files that
nobody has come before the rows that name them, and the rows change in one step; only then anything is overwritten."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from portal import crypto
from portal.backup import BackupError, engines, manifest, stores
from portal.backup.making import lines_of_erasures


class Restored(NamedTuple):
    manifest: manifest.Manifest
    keys_missing: list[str]  # names of data keys that the backup needs and KEYS_DIR has not


class Place(NamedTuple):
    alias: str
    name: str
    path: str  # in the folder


def restore(*, folder: Path, replace: bool = False, erasures_lost: bool = False) -> Restored:
    """Puts rows and files in their places as `folder` has them. Refused (`BackupError`) where the backup was changed, comes from
    another engine or a newer release, where others have the database open, where rows or other files are and `replace` is not
    asked for, and where the file of deletions is shorter than when the backup was made, unless `erasures_lost`."""
    found = manifest.read(folder)
    if lines_of_erasures() < found.erasures and not erasures_lost:
        raise BackupError(
            f"{settings.ERASURES_FILE} has fewer deletions than when the backup was made: bring it back first, or people "
            "who were deleted come back for good. --erasures-lost goes on without it."
        )
    if not replace:
        engines.demand_empty()
    engines.demand_alone()
    keys_missing = _keys_missing(found)
    places = _places(found)
    new, other = _sort(places, found)
    if other and not replace:
        raise BackupError(f"Another file lies at {other[0].path}. {engines.REPLACE}")
    with _saying("The database was not touched. Run it again; files that were added do no harm"):
        _put(new, folder)
        os.sync()
    engines.load(folder / manifest.DUMPS[found.engine], found.rows, replace=replace)
    with _saying("The rows are restored, the files not all: run it again with --replace"):
        _put(other, folder)
        if replace:
            _drop_others(places)
        os.sync()
    return Restored(found, keys_missing)


def _keys_missing(found: manifest.Manifest) -> list[str]:
    try:
        ring = {key_id.hex() for key_id in crypto.ring()}
    except ImproperlyConfigured as error:
        raise BackupError(f"{error} Or put the keys in their place: without them papers never open.") from error
    return [name for key_id, name in found.keys.items() if key_id not in ring]


def _places(found: manifest.Manifest) -> list[Place]:
    places = [Place(*path.split("/", 2)[1:], path) for path in found.files if path.startswith("files/")]
    if unknown := {place.alias for place in places} - set(stores.stores()):
        raise BackupError(f"The backup has files of a storage that the settings do not know: {', '.join(unknown)}.")
    return places


def _sort(places: list[Place], found: manifest.Manifest) -> tuple[list[Place], list[Place]]:
    """Those that are not there, and those in whose place other bytes are."""
    new, other = [], []
    for place in places:
        there = stores.stored_as(stores.stores()[place.alias], place.name)
        if there is None:
            new.append(place)
        elif list(there) != found.files[place.path]:
            other.append(place)
    return new, other


def _put(places: list[Place], folder: Path) -> None:
    for place in places:
        stores.put(stores.stores()[place.alias], place.name, folder / place.path)


def _drop_others(places: list[Place]) -> None:
    wanted = {(place.alias, place.name) for place in places}
    for alias, store in stores.stores().items():
        for name in list(stores.names(store)):
            if (alias, name) not in wanted:
                store.delete(name)


@contextmanager
def _saying(what_now: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupError(f"{error.filename or 'A file'}: {error.strerror or error}. {what_now}.") from error


@transaction.atomic
def end_sessions() -> None:
    """After a restore: a session that was ended since would live again, so everybody signs in anew."""
    UserSession.objects.all().delete()
    Session.objects.all().delete()


def forget_caches() -> None:
    """After a restore: what is kept of another state of the database goes, and the next start prepares everything anew."""
    for cache in ("default", "pages"):
        caches[cache].clear()
    (settings.VAR_DIR / "prepared").unlink(missing_ok=True)
