"""What a backup holds, where it may lie, and what is left of one that failed."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import stat
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import connection

from portal import files, jobs
from portal.backup import BackupError, engines, manifest
from portal.backup.making import WHOLE, backup
from tests.people import make_cast
from tests.portal.own_database import disk_that_is_full, own_database, own_files

HUGE = 8 * 1024 * 1024


@pytest.fixture(autouse=True)
def place(django_db_setup, django_db_blocker, tmp_path, settings):
    """Files of its own, one in each storage; only committed rows of the suite are read here."""
    with django_db_blocker.unblock(), own_files(tmp_path, settings):
        storages["default"].save("documents/қағаз.pdf", ContentFile(b"of an editor"))
        storages["pictures"].save("images/a.webp", ContentFile(b"drawn"))
        files.store(b"a paper", "application/pdf")
        settings.ERASURES_FILE.write_text("one .\ntwo .\n")
        (tmp_path / "backups").mkdir()
        yield tmp_path / "backups"


def modes(folder: Path) -> set[tuple[bool, str]]:
    return {(path.is_dir(), oct(stat.S_IMODE(path.stat().st_mode))) for path in [folder, *folder.rglob("*")]}


@pytest.mark.django_db  # the others read what is committed, or have a database of their own
def test_it_holds_rows_and_files_and_no_key(place):
    made = backup(into=place)
    found = json.loads((made.folder / manifest.NAME).read_text())["manifest"]
    assert {path.rsplit("/", 1)[-1] for path in found["files"] if path.startswith("files/")} >= {"қағаз.pdf", "a.webp"}
    assert sum(path.startswith("files/private/") for path in found["files"]) == 1
    assert found["rows"]["portal_user"] > 10
    assert found["erasures"] == 2
    assert not list(made.folder.rglob("erasures*"))
    assert modes(made.folder) == {(True, "0o700"), (False, "0o600")}
    keys = [path.read_bytes() for path in Path(django_settings.KEYS_DIR).rglob("*") if path.is_file()]
    keys += [base64.b64decode(key) for key in keys if key.endswith(b"=")]
    written = [path.read_bytes() for path in made.folder.rglob("*") if path.is_file()]
    assert not [key for key in keys if any(key in content for content in written)]
    assert manifest.read(made.folder) == made.manifest


def test_a_file_that_a_row_names_and_nobody_has_is_named(place, tmp_path, django_db_blocker):
    stored = files.store(b"soon gone", "image/jpeg")
    with own_database(tmp_path):
        make_cast()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE volunteers_person SET photo_name = %s", [stored.name])
        files.erase(stored.name)
        out = StringIO()
        call_command("backup", str(place), stdout=out)
        assert jobs.runs(["backup"])["backup"].succeeded_at  # nobody is told that it is late
    assert f"private/{files.place(stored.name)}, which is not there" in out.getvalue()


def test_the_newest_are_kept_and_nothing_else_is_touched(place, monkeypatch):
    for name in ("tirek-20250101T000000Z", "tirek-20260101T000000Z", "tirek-20250601T000000Z"):
        (place / name).mkdir()
        (place / name / manifest.NAME).write_text("{}")
    others = {"tirek-20240101T000000Z", "photos"}  # without a manifest it is no backup
    for name in others:
        (place / name).mkdir()
    made = backup(into=place, keep=2)
    assert {path.name for path in place.iterdir()} == others | {"tirek-20260101T000000Z", made.folder.name}


def test_the_keys_go_to_another_place(place, tmp_path):
    safe = tmp_path / "safe"
    safe.mkdir()
    backup(into=place, keys=safe)
    (copy,) = safe.iterdir()
    for source in Path(django_settings.KEYS_DIR).rglob("*"):
        if source.is_file():
            assert (copy / source.relative_to(django_settings.KEYS_DIR)).read_bytes() == source.read_bytes()
    assert modes(copy) == {(True, "0o700"), (False, "0o600")}
    (place / "inside").mkdir()
    for wrong in (place, place / "inside", place.parent):
        with pytest.raises(BackupError, match="another place"):
            backup(into=place, keys=wrong)


def test_a_wrong_place_is_refused(place, tmp_path, settings):
    (place / "file").write_text("")
    for wrong in (tmp_path / "not mounted", place / "file"):
        with pytest.raises(BackupError, match="no folder"):
            backup(into=wrong)
    for own in (settings.PRIVATE_ROOT, settings.MEDIA_ROOT, tmp_path / "pictures", settings.KEYS_DIR):
        with pytest.raises(BackupError, match="uses itself"):
            backup(into=Path(own))
    with pytest.raises(CommandError, match="no folder"):
        call_command("backup", str(tmp_path / "not mounted"))
    with pytest.raises(CommandError, match="1 or more"):
        call_command("backup", str(place), keep=0)
    with pytest.raises(BackupError, match="No backup was made"):
        backup(into=Path("/proc/self"))  # nobody may write there, not even root


@pytest.mark.parametrize("at_most", [20_000, HUGE], ids=["in the database", "in a file"])
def test_a_full_disk_leaves_nothing(place, at_most):
    storages["default"].save("film.mp4", ContentFile(b"0" * (HUGE + 1)))
    with disk_that_is_full(at_most), pytest.raises(BackupError) as refused:
        backup(into=place)
    assert str(refused.value)
    assert list(place.iterdir()) == []


def test_what_a_killed_one_left_goes_with_the_next(place):
    (place / "tirek-20260101T000000Z.partial" / "files").mkdir(parents=True)
    made = backup(into=place)
    assert list(place.iterdir()) == [made.folder]
    assert WHOLE.fullmatch(made.folder.name)


def test_one_at_a_time(place):
    descriptor = os.open(place, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(BackupError, match="Another backup"):
        backup(into=place)
    os.close(descriptor)


def test_an_empty_database_is_no_backup(place, tmp_path):
    with own_database(tmp_path):
        if connection.vendor == "sqlite":
            Path(connection.settings_dict["NAME"]).write_bytes(b"")
        else:
            with connection.cursor() as cursor:
                for statement in engines.EMPTIED:
                    cursor.execute(statement)
        with pytest.raises(BackupError, match="empty"):
            backup(into=place)
    assert list(place.iterdir()) == []


def test_without_the_programs_of_postgresql_it_says_so(place, monkeypatch):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite needs no program")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BackupError, match="pg_dump is not there"):
        backup(into=place)
    assert list(place.iterdir()) == []
