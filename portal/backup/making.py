"""Makes a backup: a dated folder that has its name only when it is whole."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db import connection

from portal import crypto
from portal.backup import BackupError, engines, manifest, stores

WHOLE = re.compile(r"tirek-\d{8}T\d{6}Z")
PARTIAL = ".partial"


class Made(NamedTuple):
    folder: Path
    manifest: manifest.Manifest


def backup(*, into: Path, keep: int | None = None, keys: Path | None = None) -> Made:
    """Writes the database as it is at one moment and then the files, so that each file that a row names is there, into a new
    folder of `into`; the portal runs meanwhile. With `keep` only so many of the newest backups stay, with `keys` the keys
    go into a folder of that place. A failure or a kill leaves nothing that looks whole. Raises `BackupError`."""
    now = datetime.now(UTC)
    name = f"tirek-{now:%Y%m%dT%H%M%SZ}"
    _demand_apart(into, keys)
    left = "No backup was made"
    try:
        with _alone_in(into):
            made = _whole(into / name, now, keys)
            left = f"{made.folder} is whole, but older ones are left"
            if keep:
                _drop_old(into, keep)
    except OSError as error:
        raise BackupError(f"{error.filename or into}: {error.strerror or error}. {left}.") from error
    return made


def _demand_apart(into: Path, keys: Path | None) -> None:
    for place in filter(None, (into, keys)):
        if not place.is_dir():
            raise BackupError(f"{place} is no folder. Make it, or mount what belongs there.")
    on_disk = [store.location for store in stores.stores().values() if isinstance(store, FileSystemStorage)]
    for folder in map(Path, (settings.KEYS_DIR, *on_disk)):
        if into.resolve().is_relative_to(folder.resolve()):
            raise BackupError(f"{into} lies in {folder}, which the portal uses itself.")
    if keys and (keys.resolve().is_relative_to(into.resolve()) or into.resolve().is_relative_to(keys.resolve())):
        raise BackupError("The keys belong to another place: who has them and the backup can read everything.")


@contextmanager
def _alone_in(into: Path) -> Iterator[None]:
    """One backup at a time; what a killed one left behind goes first."""
    descriptor = os.open(into, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for left in into.glob(f"*{PARTIAL}"):
            if WHOLE.fullmatch(left.stem):
                shutil.rmtree(left)
        yield
    except BlockingIOError as error:
        raise BackupError(f"Another backup is being made in {into}.") from error
    finally:
        os.close(descriptor)


def _whole(folder: Path, now: datetime, keys: Path | None) -> Made:
    if folder.exists():
        raise BackupError(f"{folder} is there already.")
    partial = folder.with_name(folder.name + PARTIAL)
    partial.mkdir(mode=0o700)
    before = os.umask(0o077)
    try:
        made = _write(partial, now)
        made.write(partial)
        stores.flush(partial)
        if keys:
            _copy_keys(keys / folder.name.replace("tirek-", "tirek-keys-"))
        partial.rename(folder)
        stores.flush(folder.parent)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    finally:
        os.umask(before)
    return Made(folder, made)


def _write(folder: Path, now: datetime) -> manifest.Manifest:
    known = manifest.known_migrations()  # the table may name those of a library that has gone
    dump = folder / manifest.DUMPS[connection.vendor]
    with engines.dumped(dump) as ask:
        named = stores.references(ask, set(ask(engines.COLUMNS[connection.vendor])))
        made = manifest.Manifest(
            made_at=now.isoformat(timespec="seconds"),
            engine=connection.vendor,
            server=".".join(map(str, connection.get_database_version())),
            migrations=sorted(map(list, known & set(ask("SELECT app, name FROM django_migrations")))),
            rows=engines.rows(ask),
            keys={key_id.hex(): key.name for key_id, key in crypto.ring().items()},
            erasures=lines_of_erasures(),
        )
    with dump.open("rb") as content:
        made.files[dump.name] = list(stores.fingerprint(content))
    for alias, store in stores.stores().items():
        for name in stores.names(store):
            if found := stores.take(store, name, folder / "files" / alias / name):
                made.files[f"files/{alias}/{name}"] = list(found)
    made.missing = sorted(name for name in named if f"files/{name}" not in made.files)
    return made


def lines_of_erasures() -> int:
    ledger = Path(settings.ERASURES_FILE)
    return len(ledger.read_text().splitlines()) if ledger.exists() else 0


def _copy_keys(folder: Path) -> None:
    """All of KEYS_DIR, retired keys too: an older backup may need them."""
    partial = folder.with_name(folder.name + PARTIAL)
    try:
        partial.mkdir(mode=0o700)
        for source in Path(settings.KEYS_DIR).rglob("*"):
            if source.is_file():
                target = partial / source.relative_to(settings.KEYS_DIR)
                target.parent.mkdir(mode=0o700, exist_ok=True)
                shutil.copyfile(source, target)
                target.chmod(0o600)
        stores.flush(partial)
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _drop_old(into: Path, keep: int) -> None:
    whole = sorted(each for each in into.iterdir() if WHOLE.fullmatch(each.name) and (each / manifest.NAME).is_file())
    for old in whole[:-keep]:
        gone = old.with_name(old.name + PARTIAL)
        old.rename(gone)
        shutil.rmtree(gone)
