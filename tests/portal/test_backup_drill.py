"""The drill: rows in every table and files in every storage, a backup, everything lost, everything back."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from events.models import Booking
from events.services import book, cancel_booking
from portal import audit, files, log_chain
from portal.backup import BackupError, engines, manifest
from portal.backup.making import backup
from portal.backup.restoring import restore
from portal.models import LogEntry, OutgoingMessage
from tests.events.builders import at, make_session
from tests.people import make_cast
from tests.portal.own_database import all_files, all_rows, disk_that_is_full, own_database, own_files
from tests.volunteers.everything import Everything
from volunteers.models import Person


@pytest.fixture(scope="module")
def drill(django_db_setup, django_db_blocker, tmp_path_factory):
    """Somebody with a row in every table, files in every storage, and the log linked; all of it committed and saved."""
    folder = tmp_path_factory.mktemp("drill")
    with django_db_blocker.unblock(), own_database(folder), pytest.MonkeyPatch.context() as patch:
        yield Drill(folder, patch)


class Drill:
    def __init__(self, folder: Path, patch):
        self.folder, self.cast = folder, make_cast()
        self.places = Settings(patch)
        with own_files(folder, self.places):
            with transaction.atomic():
                self.everything = Everything(self.cast, "AQZ", 901)
            storages["default"].save("documents/қағаз.pdf", ContentFile(b"of an editor"))
            storages["pictures"].save("images/a.webp", ContentFile(b"drawn"))
            log_chain.link_new()
            self.rows, self.files = all_rows(), all_files()
            self.backups = folder / "backups"
            self.backups.mkdir()
            self.made = backup(into=self.backups).folder


class Settings:
    """Django's settings, until the module ends."""

    def __init__(self, patch):
        object.__setattr__(self, "patch", patch)

    def __setattr__(self, name, value):
        from django.conf import settings  # noqa: PLC0415

        self.patch.setattr(settings, name, value)


@pytest.fixture
def there(drill, settings):
    """The portal with what `drill` made in it, before and after each test."""
    with own_files(drill.folder, settings):
        if all_rows() != drill.rows or all_files() != drill.files:
            restore(folder=drill.made, replace=True)
        yield drill


def lose_everything(drill) -> None:
    connection.close()
    if connection.vendor == "sqlite":
        for left in ("", "-wal", "-shm"):
            Path(connection.settings_dict["NAME"] + left).unlink(missing_ok=True)
    else:
        with connection.cursor() as cursor:
            for statement in engines.EMPTIED:
                cursor.execute(statement)
    for name in ("private", "media", "pictures"):
        shutil.rmtree(drill.folder / name)


def test_every_row_and_every_file_comes_back(there):
    lose_everything(there)
    restore(folder=there.made)
    rows = all_rows()
    assert {table for table in rows if rows[table] != there.rows[table]} == set()
    assert rows.keys() == there.rows.keys()
    assert sum(map(len, rows.values())) > 1000
    assert all_files() == there.files
    assert {name.split("/")[0] for name in there.files} == {"default", "private", "pictures"}


def test_what_came_back_still_refuses_and_counts_on(there):
    lose_everything(there)
    restore(folder=there.made)
    entry = LogEntry.objects.order_by("pk").last()
    with pytest.raises(DatabaseError, match="append-only"):
        LogEntry.objects.filter(pk=entry.pk).update(reason="another")
    assert audit.record(there.everything.person, "view", there.cast.aigul).pk > entry.pk
    assert log_chain.verify().faults == 0
    person = Person.objects.get(pk=there.everything.person.pk)
    assert b"".join(files.read(person.photo_name, person.photo_key)) == there.everything.file


def test_what_is_there_is_replaced_only_when_asked(there):
    Person.objects.filter(pk=there.everything.person.pk).update(given_name="Other")
    storages["default"].save("later.pdf", ContentFile(b"later"))
    storages["default"].delete("documents/қағаз.pdf")
    storages["default"].save("documents/қағаз.pdf", ContentFile(b"another"))
    with pytest.raises(BackupError, match="--replace"):
        restore(folder=there.made)
    assert Person.objects.get(pk=there.everything.person.pk).given_name == "Other"
    restore(folder=there.made, replace=True)
    assert all_rows() == there.rows
    assert all_files() == there.files


def test_other_files_in_the_place_are_not_overwritten_unasked(there):
    lose_everything(there)
    storages["default"].save("documents/қағаз.pdf", ContentFile(b"another"))
    with pytest.raises(BackupError, match="Another file lies at"):
        restore(folder=there.made)
    assert list(all_files().values()) == [b"another"]


def test_a_dump_that_breaks_half_way_leaves_the_old_rows(there, tmp_path):
    """Its hash fits, and yet the engine cannot read it to the end."""
    broken = Path(shutil.copytree(there.made, tmp_path / "broken"))
    dump = broken / manifest.DUMPS[connection.vendor]
    content = dump.read_bytes()
    dump.write_bytes(content[: len(content) // 2])
    found = json.loads((broken / manifest.NAME).read_text())["manifest"]
    with dump.open("rb") as cut:
        found["files"][dump.name] = list(manifest.fingerprint(cut))
    manifest.Manifest(**found).write(broken)
    Person.objects.filter(pk=there.everything.person.pk).update(given_name="Other")
    before = all_rows()
    with pytest.raises(BackupError, match="Nothing was changed"):
        restore(folder=broken, replace=True)
    assert all_rows() == before
    assert all_files() == there.files


def test_a_full_disk_leaves_the_old_state_or_says_what_to_do(there):
    """On SQLite the disk is full for the database, on PostgreSQL, whose disk is the server's, for a file."""
    storages["default"].delete("documents/қағаз.pdf")
    files_left, rows_left = all_files(), all_rows()
    at_most, words = 3, "The database was not touched. Run it again"
    if connection.vendor == "sqlite":
        at_most, words = (there.made / manifest.DUMPS["sqlite"]).stat().st_size - 1, "Nothing was changed"
    with disk_that_is_full(at_most), pytest.raises(BackupError, match=words):
        restore(folder=there.made, replace=True)
    assert all_rows() == rows_left
    assert files_left.items() <= all_files().items() <= there.files.items()


def test_it_is_refused_while_somebody_works(there):
    connection.ensure_connection()  # as the portal has it: with a write-ahead log
    if connection.vendor == "sqlite":
        other = sqlite3.connect(connection.settings_dict["NAME"])
        other.execute("SELECT count(*) FROM portal_user").fetchone()
    else:
        other = connection.copy()
        other.ensure_connection()
    with closing(other), pytest.raises(BackupError, match="stop web, worker and clock"):
        restore(folder=there.made, replace=True)
    assert all_rows() == there.rows


def test_the_command_deletes_anew_ends_sessions_and_proves_the_log(there, sign_in, settings, tmp_path):
    person = there.everything.person
    sign_in(there.cast.aigul)
    later = backup(into=tmp_path).folder
    settings.ERASURES_FILE.write_text(f"{person.user.uuid} 2026-01-05T00:00:00+00:00 .\n")
    out = StringIO()
    call_command("restore", str(later), replace=True, stdout=out)
    settings.ERASURES_FILE.unlink()
    assert "Named in the file: 1. Deleted now: 1." in out.getvalue()
    assert "Everything fits." in out.getvalue()
    assert not Person.objects.filter(pk=person.pk, family_name="Ф").exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")
        assert cursor.fetchone() == (0,)


def test_a_machine_that_was_never_prepared_has_what_pages_need(there, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path / "static"
    call_command("restore", str(there.made), replace=True, stdout=StringIO())
    assert (settings.STATIC_ROOT / "portal/css/plain.css").exists()


def test_a_machine_that_is_prepared_keeps_its_static_files(there, settings, tmp_path):
    """An image has its own, where nothing can be written."""
    settings.STATIC_ROOT = tmp_path
    (tmp_path / "staticfiles.json").touch()
    call_command("restore", str(there.made), replace=True, stdout=StringIO())
    assert [path.name for path in tmp_path.iterdir()] == ["staticfiles.json"]


def test_a_step_that_fails_afterwards_says_what_is_left(there, tmp_path):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO portal_logdoor (purpose) VALUES ('retain')")  # a door that stands open
    spoiled = backup(into=tmp_path).folder
    with pytest.raises(
        CommandError, match=r"verify_log failed: portal_logdoor.*before these have run: verify_log, nightly"
    ):
        call_command("restore", str(spoiled), replace=True, stdout=StringIO())


class Writer(threading.Thread):
    """Books, cancels, and changes photos, until `stop`: each act is a row with its letter, or a row with its file."""

    def __init__(self, drill):
        super().__init__(daemon=True)
        self.drill, self.done, self.failure = drill, 0, None
        self.stop, self.busy = threading.Event(), threading.Event()

    def run(self):
        try:
            while not self.stop.is_set():
                session, mentor = make_session(self.drill.cast, starts_at=at(10)), self.drill.cast.nurlan.user
                # Given back at once: however long the backup takes, he stays within his caps.
                cancel_booking(booking=book(session=session, by=mentor), by=mentor)
                photo = files.store(b"photo", "image/jpeg")
                Person.objects.filter(pk=self.drill.cast.yerbol.pk).update(
                    photo_name=photo.name, photo_key=photo.sealed_key, photo_mime=photo.mime
                )
                self.done += 1
                self.busy.set()
                self.stop.wait(0.05)
        except BaseException as error:  # told by the test
            self.failure = error
        finally:
            connection.close()


def test_a_backup_while_people_book_is_of_one_moment(there, tmp_path):
    letters = OutgoingMessage.objects.filter(letter="events/booked").count
    booked, before = Booking.objects.count(), letters()
    writer = Writer(there)
    writer.start()
    assert writer.busy.wait(30)
    acknowledged = writer.done
    made = backup(into=tmp_path)
    writer.stop.set()
    writer.join()
    assert writer.failure is None
    restore(folder=made.folder, replace=True)
    assert acknowledged <= Booking.objects.count() - booked <= writer.done
    assert letters() - before == Booking.objects.count() - booked
    connection.check_constraints()
    person = Person.objects.get(pk=there.cast.yerbol.pk)
    assert b"".join(files.read(person.photo_name, person.photo_key)) == b"photo"
    assert made.manifest.missing == manifest.read(there.made).missing  # names that nobody gave a file


@pytest.mark.django_db
def test_the_database_of_the_suite_is_not_touched(db):
    assert not Person.objects.filter(family_name="Ф", given_name="И").exists()
