"""The move to PostgreSQL, row by row. `make test-drill` runs it; POSTGRES_URL names a server on which it makes a database."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import dj_database_url
import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.db import DatabaseError, connection, connections, transaction
from wagtail.models import Locale, Page

from content.models import TextPage
from portal import log_chain, moving
from portal.backup import BackupError
from portal.models import LogEntry, User
from tests.crash.house import environment
from tests.people import make_cast
from tests.portal.own_database import all_rows, own_database
from tests.volunteers.everything import Everything

SERVER = os.environ.get("POSTGRES_URL", "")
NAME = "tirek_test_move"
TARGET = f"{SERVER.rpartition('/')[0]}/{NAME}"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("to", "because"),
    [
        ("mysql://root@127.0.0.1/x", "--to takes postgres"),
        ("sqlite:////tmp/other.sqlite3", "--to takes postgres"),
        ("postgres://somebody@127.0.0.1:1/", "--to takes postgres"),
    ],
)
def test_another_target_is_refused(to, because):
    if connection.vendor == "postgresql":
        because = "nothing to move"
    with pytest.raises(BackupError, match=because):
        list(moving.move(to=to))


def test_a_target_that_is_away_is_told(django_db_setup, django_db_blocker):
    because = "nothing to move" if connection.vendor == "postgresql" else "does not answer"
    with django_db_blocker.unblock(), pytest.raises(BackupError, match=because):
        list(moving.move(to="postgres://somebody@127.0.0.1:1/portal"))


@pytest.fixture
def source(django_db_setup, django_db_blocker, tmp_path):
    """The embedded database with somebody who has a row in every table, a page, and a row deleted that was the last of its table."""
    with django_db_blocker.unblock(), own_database(tmp_path):
        with transaction.atomic():
            Everything(make_cast(), "AQZ", 901)
            root, block = Page.get_first_root_node(), ("text", "<p>Әже «қ»</p>")
            root.add_child(instance=TextPage(title="Бет", summary="s", locale=Locale.get_default(), body=[block]))
        log_chain.link_new()
        User.objects.create(email="gone@demo.example").delete()
        yield environment(tmp_path)


@pytest.fixture
def server():
    """An empty database, and a way to look into it: `connections["moved"]`."""
    parsed = dj_database_url.parse(SERVER)
    server = parsed["NAME"]
    connections.settings["moved"] = connections.configure_settings({"default": {}, "moved": parsed})["moved"]
    with connections["moved"].cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {NAME}")
    connections["moved"].close()
    connections["moved"].settings_dict["NAME"] = NAME
    yield connections["moved"]
    connections["moved"].close()
    connections["moved"].settings_dict["NAME"] = server
    with connections["moved"].cursor() as cursor:
        cursor.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
    connections["moved"].close()
    del connections["moved"], connections.settings["moved"]


def move(env: dict) -> subprocess.Popen:
    """As an operator runs it, from another process."""
    connection.close()
    command = [sys.executable, django_settings.BASE_DIR / "manage.py", "move_database", "--to", TARGET]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def values(alias: str) -> dict[str, list[str]]:
    """Every value of every row, as the portal reads it from that database."""
    return {
        model._meta.label: sorted(
            repr([plain(field, value) for field, value in zip(model._meta.local_concrete_fields, row, strict=True)])
            for row in model._base_manager.using(alias).values_list(
                *(field.attname for field in model._meta.local_concrete_fields)
            )
        )
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.app_label != "wagtailsearch"
    }


def plain(field, value):
    value = field.get_prep_value(value)
    if isinstance(value, (dict, list)):
        return json.dumps(value, sort_keys=True)
    return bytes(value) if isinstance(value, (memoryview, bytes)) else value


@pytest.mark.skipif(
    not SERVER or connection.vendor != "sqlite", reason="needs POSTGRES_URL, and SQLite as its own engine"
)
def test_everything_moves(source, server):
    before = all_rows()

    killed = move(source)
    killed.stdout.readline()  # the first table is there, nothing is committed
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert User.objects.using("moved").count() == 0
    server.close()

    with connection.cursor() as cursor:  # SQLite takes what PostgreSQL refuses
        cursor.execute("UPDATE portal_district SET slug = %s || slug", ["x" * 500])
    out, errors = move(source).communicate()
    assert "PostgreSQL refuses it: value too long" in errors and "portal_district" in errors and "xxx" not in errors
    assert User.objects.using("moved").count() == 0
    server.close()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE portal_district SET slug = replace(slug, %s, '')", ["x" * 500])

    with connection.cursor() as cursor:  # the portal runs
        cursor.execute("SELECT 1")
        other = subprocess.run(
            [sys.executable, django_settings.BASE_DIR / "manage.py", "move_database", "--to", TARGET],
            env=source, capture_output=True, text=True,
        )  # fmt: skip
    assert "stop web, worker and clock" in other.stderr

    done = move(source)
    out, errors = done.communicate()
    assert done.returncode == 0, errors
    assert "rows are there and the same" in out
    assert all_rows() == before
    here, there = values("default"), values("moved")
    assert {label for label in here if here[label] != there[label]} == set()
    assert sum(map(len, here.values())) > 1000

    entry = LogEntry.objects.using("moved").last()
    with pytest.raises(DatabaseError, match="append-only"):
        LogEntry.objects.using("moved").filter(pk=entry.pk).update(reason="another")
    last = max(User.objects.values_list("pk", flat=True))
    assert User.objects.using("moved").create(email="next@demo.example").pk > last + 1  # not the number of who is gone
    server.close()

    _out, errors = move(source).communicate()
    assert "not empty" in errors and "as it was" in errors
