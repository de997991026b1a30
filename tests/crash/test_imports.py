"""`kill -9` of the process that brings a list in or takes it back: nothing is half there, and the next one does it."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from portal.backup import stores
from portal.models import Import, ImportFile, School
from portal.services import imports
from tests.crash.house import environment
from tests.people import make_cast
from tests.portal.own_database import all_rows, own_files

pytestmark = pytest.mark.crash
LIST = "Мектеп №;Аудан;Атауы;Название;Языки обучения;Смены\n" + "".join(
    f"{number};Тараз қаласы;Бірінші;Первая;kk, ru;2\n" for number in range(7000, 7900)
)
# Stands still at a place of the work, and says that it is there.
WORKER = """
import sys, time, django
django.setup()
from portal.services import imports
def here(*_args, **_more):
    print("here", flush=True)
    time.sleep(600)
module, _dot, name = sys.argv[2].rpartition(".")
setattr(getattr(imports, module) if module else imports, name, here)
imports.work(int(sys.argv[1]))
"""


@pytest.fixture
def root(transactional_db, tmp_path, settings):
    call_command("createcachetable", "portal_cache", verbosity=0)
    with own_files(tmp_path, settings):
        yield make_cast().root


def killed(imported: Import, place: str, folder) -> None:
    """A worker begins, and dies at this place of `imports`."""
    connection.close()
    command = [sys.executable, "-c", WORKER, str(imported.pk), place]
    env = environment(folder) | {"DJANGO_SETTINGS_MODULE": "portal.settings"}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout.readline() == "here\n"
        worker.send_signal(signal.SIGKILL)


def finished(imported: Import) -> Import:
    """By the regular job, when it is time."""
    imports.tidy(timezone.now() + imports.AGAIN_AFTER)
    imported.refresh_from_db()
    return imported


PLACES = ["_tick", "audit.record"]  # in the midst of the lines; all written and stored, not committed


@pytest.mark.parametrize("place", PLACES)
def test_applying(place, root, tmp_path):
    imported = imports.send(kind="schools", content=LIST.encode(), by=root)
    imports.work(imported.pk)
    imported.refresh_from_db()
    imported = imports.apply(imported=imported, by=root)
    before = all_rows()
    killed(imported, place, tmp_path)
    assert all_rows() == before
    assert finished(imported).state == "applied"
    assert School.objects.filter(number__in=range(7000, 7900)).count() == 900
    assert unnamed() == (place == "audit.record")  # the night takes it


@pytest.mark.parametrize("place", PLACES[1:])
def test_taking_back(place, root, tmp_path):
    schools = School.objects.count()
    imported = imports.send(kind="schools", content=LIST.encode(), by=root)
    imports.work(imported.pk)
    imported.refresh_from_db()
    imports.work(imports.apply(imported=imported, by=root).pk)
    imported = imports.undo(imported=imported, by=root)
    before = all_rows()
    killed(imported, place, tmp_path)
    assert all_rows() == before
    assert finished(imported).state == "undone"
    assert School.objects.count() == schools


def unnamed() -> int:
    return len(set(stores.names(stores.stores()["private"]))) - ImportFile.objects.count()
