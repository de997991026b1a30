"""Backups that must not be restored are refused before anything is touched."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import connection

from portal import crypto
from portal.backup import BackupError, manifest
from portal.backup.making import backup
from portal.backup.restoring import restore
from tests.portal.own_database import all_files, all_rows, own_files

PAPER = "files/default/documents/paper.pdf"


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker, tmp_path_factory) -> Path:
    """A backup of the suite's committed rows and one file."""
    folder = tmp_path_factory.mktemp("made")
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("portal.backup.stores.stores", lambda: {"default": storages["default"]})
        for name in ("base_location", "location"):
            patch.setattr(storages["default"], name, str(folder / "media"), raising=False)
        storages["default"].save("documents/paper.pdf", ContentFile(b"of an editor"))
        return backup(into=folder).folder


@pytest.fixture
def copy(made, tmp_path, settings):
    """A backup to spoil; the portal's own places are elsewhere."""
    with own_files(tmp_path / "portal", settings):
        yield Path(shutil.copytree(made, tmp_path / "copy"))


def reseal(folder: Path, **changes) -> None:
    """Somebody who holds lookup.key changes what the backup says of itself."""
    content = json.loads((folder / manifest.NAME).read_text())["manifest"]
    manifest.Manifest(**(content | changes)).write(folder)


def name_file(folder: Path, path: str) -> None:
    content = json.loads((folder / manifest.NAME).read_text())["manifest"]
    reseal(folder, files=content["files"] | {path: content["files"][PAPER]})


def a_changed_byte(folder):
    (folder / PAPER).write_bytes(b"of an editoR")


def a_cut_dump(folder):
    dump = folder / manifest.DUMPS[connection.vendor]
    dump.write_bytes(dump.read_bytes()[:-100])


def a_missing_file(folder):
    (folder / PAPER).unlink()


def a_changed_manifest(folder):
    text = (folder / manifest.NAME).read_text()
    (folder / manifest.NAME).write_text(text.replace(PAPER, "files/default/documents/other.pdf"))


def a_cut_manifest(folder):
    text = (folder / manifest.NAME).read_text()
    (folder / manifest.NAME).write_text(text[:-3])


def no_manifest(folder):
    (folder / manifest.NAME).unlink()


def a_way_out(folder):
    (folder.parent / "outside").write_bytes(b"of an editor")
    name_file(folder, "files/default/../../../outside")


def an_absolute_path(folder):
    (folder.parent / "outside").write_bytes(b"of an editor")
    name_file(folder, str(folder.parent / "outside"))


def a_linked_file(folder):
    (folder.parent / "outside").write_bytes(b"of an editor")
    (folder / PAPER).unlink()
    (folder / PAPER).symlink_to(folder.parent / "outside")


def a_linked_folder(folder):
    shutil.move((folder / PAPER).parent, folder.parent / "outside")
    (folder / PAPER).parent.symlink_to(folder.parent / "outside")


def a_folder_for_a_file(folder):
    (folder / PAPER).unlink()
    (folder / PAPER).mkdir()


def no_database(folder):
    reseal(folder, files={})


def a_newer_release(folder):
    reseal(folder, migrations=[["portal", "9999_of_tomorrow"]])


def another_engine(folder):
    reseal(folder, engine="oracle")


def another_form(folder):
    reseal(folder, format=99)


def forgotten_deletions(folder):
    reseal(folder, erasures=3)


SPOILED = {
    a_changed_byte: "is not as it was saved",
    a_cut_dump: "is not as it was saved",
    a_missing_file: "cannot be read",
    a_changed_manifest: "was changed, or KEYS_DIR holds another lookup.key",
    a_cut_manifest: "damaged",
    no_manifest: "is no backup",
    a_way_out: "leads out",
    an_absolute_path: "leads out",
    a_linked_file: "leads out",
    a_linked_folder: "leads out",
    a_folder_for_a_file: "no plain file",
    no_database: "names no database",
    a_newer_release: "newer release",
    another_engine: "move_database",
    another_form: "Another release",
    forgotten_deletions: "has fewer deletions",
}


@pytest.mark.django_db
@pytest.mark.parametrize("spoil", SPOILED, ids=lambda spoil: spoil.__name__)
def test_it_is_refused_and_nothing_is_touched(copy, spoil):
    rows = all_rows()
    spoil(copy)
    with pytest.raises(BackupError, match=SPOILED[spoil]):
        restore(folder=copy, replace=True)
    assert all_rows() == rows
    assert all_files() == {}


@pytest.mark.django_db
def test_another_key_is_refused(copy, monkeypatch):
    monkeypatch.setattr(crypto, "_lookup_key", lambda: b"0" * 32)
    with pytest.raises(BackupError, match=r"another lookup\.key"):
        restore(folder=copy, replace=True)


@pytest.mark.django_db
def test_without_the_keys_it_is_refused(copy, settings, tmp_path):
    settings.LOOKUP_KEY_FILE = tmp_path / "lookup.key"
    with pytest.raises(BackupError, match="put the keys in their place first"):
        restore(folder=copy, replace=True)


@pytest.mark.django_db
def test_a_database_with_rows_is_refused(copy):
    with pytest.raises(CommandError, match="not empty"):
        call_command("restore", str(copy))
    assert all_files() == {}
