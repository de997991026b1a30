"""What a backup says of itself: a JSON file beside the copy, sealed with `lookup.key` so that nobody changes it unnoticed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils.crypto import constant_time_compare

from portal import crypto
from portal.backup import BackupError
from portal.backup.stores import fingerprint

NAME = "manifest.json"
DUMPS = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
FORMAT = 1
PURPOSE = "backup"


@dataclass
class Manifest:
    made_at: str  # ISO, UTC
    engine: str  # "sqlite" or "postgresql"
    server: str  # its version
    migrations: list[list[str]]  # [app, name] that the database had, of this release
    rows: dict[str, int]  # by table
    keys: dict[str, str]  # data keys that opened: id → name of the file
    erasures: int  # lines of ERASURES_FILE
    files: dict[str, list] = field(default_factory=dict)  # path in the folder → [bytes, SHA-256]
    missing: list[str] = field(
        default_factory=list
    )  # files that rows name and that were not there, or were deleted meanwhile
    format: int = FORMAT

    def write(self, folder: Path) -> None:
        content = asdict(self)
        whole = {"manifest": content, "seal": _seal(content)}
        (folder / NAME).write_text(json.dumps(whole, indent=1, ensure_ascii=False), encoding="utf-8")


def _seal(content: dict) -> str:
    if not settings.LOOKUP_KEY_FILE.exists():
        raise BackupError(f"{settings.LOOKUP_KEY_FILE} is not there: put the keys in their place first.")
    return crypto.lookup_hash(json.dumps(content, sort_keys=True), PURPOSE)


def known_migrations() -> set[tuple[str, str]]:
    return set(MigrationLoader(None).disk_migrations)


def read(folder: Path) -> Manifest:
    """The manifest, once everything that it names has been read and is as it says. Raises `BackupError`."""
    manifest = _opened(folder)
    if manifest.engine != connection.vendor:
        raise BackupError(
            f"The backup is of {manifest.engine}, and DATABASE_URL names {connection.vendor}: restore on the same "
            "engine, then `manage.py move_database`."
        )
    if DUMPS[manifest.engine] not in manifest.files:
        raise BackupError(f"{folder / NAME} names no database: nothing was restored.")
    known = known_migrations()
    if newer := [f"{app}.{name}" for app, name in manifest.migrations if (app, name) not in known]:
        raise BackupError(f"A newer release made this backup (this one does not know {newer[0]}): install that one.")
    for path, (size, sha256) in manifest.files.items():
        _demand_whole(folder.resolve(), path, size, sha256)
    return manifest


def _opened(folder: Path) -> Manifest:
    try:
        whole = json.loads((folder / NAME).read_text(encoding="utf-8"))
        content, seal = whole["manifest"], whole["seal"]
    except OSError as error:
        raise BackupError(f"{folder} is no backup: {NAME} cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{folder / NAME} is damaged.") from error
    if not constant_time_compare(seal, _seal(content)):
        raise BackupError(f"{NAME} was changed, or KEYS_DIR holds another lookup.key than the portal that made it.")
    if content["format"] != FORMAT or set(content) != {each.name for each in fields(Manifest)}:
        raise BackupError("Another release made this backup, in a form that this one does not read.")
    return Manifest(**content)


def _demand_whole(folder: Path, path: str, size: int, sha256: str) -> None:
    """`path` is a plain file inside the folder, reached by no link, with exactly these bytes."""
    file = folder / path
    try:
        if not file.is_relative_to(folder) or file.resolve(strict=True) != file or not file.is_file():
            raise BackupError(f"{path} leads out of the backup or is no plain file: nothing was restored.")
        with file.open("rb") as content:
            found = fingerprint(content)
    except OSError as error:
        raise BackupError(f"{path} of the backup cannot be read ({error.strerror}): nothing was restored.") from error
    if found != (size, sha256):
        raise BackupError(f"{path} is not as it was saved: nothing was restored. Take another backup.")
