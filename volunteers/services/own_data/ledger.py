"""Whose data were deleted, kept where a restored backup does not bring it back: a line for each in `settings.ERASURES_FILE`.

A line is the uuid of the account and the moment (UTC). The table is the first to know; what a crash kept from the file is
added in the night.
"""

from __future__ import annotations

import os
import uuid
from datetime import UTC, date, datetime

from django.conf import settings
from django.db import transaction

from portal.models import User
from volunteers.models import Erasure


def write_down(user: User) -> None:
    """The account is being deleted; the line is written once that is committed. Twice is once."""
    entry, new = Erasure.objects.get_or_create(subject=user.uuid)
    if new:
        transaction.on_commit(lambda: _append([entry]), robust=True)


def complete(on: date | None = None) -> list[str]:
    """Every night: adds to the file what the table knows and the file does not; returns the uuids. A file that cannot be
    written fails the job, also where nothing is missing: nobody else would tell."""
    known = set(read())
    missing = [entry for entry in Erasure.objects.order_by("pk") if entry.subject not in known]
    transaction.on_commit(lambda: _append(missing))
    return [str(entry.subject) for entry in missing]


def read() -> dict[uuid.UUID, datetime]:
    """The file: when whose data were deleted. A line cut off by a crash is left out; the table adds it again."""
    if not settings.ERASURES_FILE.exists():
        return {}
    lines = (line.split() for line in settings.ERASURES_FILE.read_text().splitlines())
    return {uuid.UUID(line[0]): datetime.fromisoformat(line[1]) for line in lines if len(line) == 3}


def _append(entries: list[Erasure]) -> None:
    lines = (f"{entry.subject} {entry.at.astimezone(UTC).isoformat(timespec='seconds')} .\n" for entry in entries)
    descriptor = os.open(settings.ERASURES_FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "a") as out:
        out.write("\n" if _ends_in_the_middle() else "")
        out.writelines(lines)
        out.flush()
        os.fsync(out.fileno())


def _ends_in_the_middle() -> bool:
    text = settings.ERASURES_FILE.read_bytes()[-1:]
    return text not in (b"", b"\n")
