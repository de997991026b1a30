"""Everything that is kept about somebody, as one file for himself: asked for, made by a worker, there for a day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from portal import audit, files
from portal.models import User
from portal.retention import SCHEDULE
from volunteers.models import DataArchive
from volunteers.notifications import own_data as letters

from . import packing

AGAIN_AFTER = timedelta(minutes=10)  # what no worker has made by then, the regular job makes


@transaction.atomic
def ask(*, user: User, language: str) -> tuple[DataArchive, bool]:
    """The archive of `user`, and whether it is a new one: then the caller hands it to a worker (`volunteers.tasks`). One that
    waits or lies ready is returned as it is. Its page is in `language`; a letter without content says when it is there."""
    archive, new = DataArchive.objects.get_or_create(user=user, defaults={"language": language})
    if new:
        audit.record(user, "archive.ask", user, archive=archive.code)
    return archive, new


def make(pk: int) -> bool:
    """Writes the file and the letter; False when that is done already, or the row is gone. Two at once make one: the file
    of the later is thrown away."""
    archive = DataArchive.objects.select_related("user").filter(pk=pk, ready_at=None).first()
    if archive is None:
        return False
    stored = files.store(packing.pack(archive.user, archive.language), "application/zip")
    made = _keep(pk, stored)
    if not made:
        files.erase(stored.name)
    return made


@transaction.atomic
def _keep(pk: int, stored: files.StoredFile) -> bool:
    archive = DataArchive.objects.select_for_update().filter(pk=pk, ready_at=None).first()
    if archive is None:
        return False
    archive.ready_at = timezone.now()
    archive.ends_at = archive.ready_at + timedelta(days=settings.PROGRAMME["archive_days"])
    archive.stored_name, archive.sealed_key, archive.size = stored.name, stored.sealed_key, stored.size
    archive.save()
    audit.record(archive.user, "archive.ready", None, archive=archive.code)
    letters.archive_ready(archive)
    return True


def over(now: datetime):
    """The archives whose hours are over."""
    return DataArchive.objects.filter(ends_at__lte=now)


def tidy(now: datetime) -> None:
    """Every few minutes: deletes what is over, and makes what no worker took."""
    for archive in over(now):
        drop(archive)
    for pk in DataArchive.objects.filter(ready_at=None, asked_at__lt=now - AGAIN_AFTER).values_list("pk", flat=True):
        make(pk)


def drop_old(on: date) -> list[str]:
    """The same for the report of the night, should the other not run; returns the codes of what was deleted."""
    return [drop(archive) for archive in old(on)]


def old(on: date):
    return DataArchive.objects.filter(ready_at__date__lt=SCHEDULE["archives"].limit(on))


@transaction.atomic
def drop(archive: DataArchive) -> str:
    """Deletes the row, and with it the only key of the file at once, in every backup; the file on commit."""
    code = archive.code
    archive.delete()
    if archive.stored_name:
        transaction.on_commit(partial(files.erase, archive.stored_name), robust=True)
    return code
