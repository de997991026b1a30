"""A release is brought out over the data of the one before: `migrate` is killed again and again and repeated until it ends, and the
backup made before it undoes it."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection, transaction

from portal import log_chain
from portal.backup.making import backup
from portal.backup.restoring import restore
from tests.crash.house import environment
from tests.people import make_cast
from tests.portal.own_database import all_files, own_database, own_files
from tests.volunteers.everything import Everything

pytestmark = [pytest.mark.crash, pytest.mark.django_db(transaction=True)]
BEFORE = {"content": "0003", "events": "0008", "mentors": "0003", "volunteers": "0004", "portal": "0011"}
SEED, KILLS, STATEMENTS = 16, 6, 8
# Killed so many statements after so many migrations of its own; with none never.
UPGRADE = """
import os, signal, sys
import django; django.setup()
from django.core.management import call_command
from django.db import connection

whole, left = map(int, sys.argv[1:])

def count(execute, sql, *more):
    global whole, left
    done = execute(sql, *more)
    if whole:
        whole -= sql.startswith('INSERT INTO "django_migrations"')
    elif not sql.lstrip().upper().startswith(("SELECT", "PRAGMA")):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return done

with connection.execute_wrapper(count):
    call_command("migrate", verbosity=0)
"""
NAMED = {
    "sqlite": "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'index') AND name NOT LIKE 'sqlite!_%' ESCAPE '!'",
    "postgresql": """
        SELECT 'trigger', tgname FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT 'index', relname FROM pg_index JOIN pg_class ON indexrelid = pg_class.oid
        WHERE indisvalid AND relnamespace = 'public'::regnamespace
        UNION ALL SELECT 'constraint', conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    """,
}
Schema = set[tuple[str, str]]


@pytest.fixture
def place(transactional_db, tmp_path, settings):
    """A database of this release and its files, with somebody who has a row in every table."""
    with own_database(tmp_path), own_files(tmp_path, settings):
        with transaction.atomic():
            Everything(make_cast(), "AQZ", 901)
        log_chain.link_new()
        yield tmp_path


def upgrade(folder: Path, whole: int = 0, statements: int = 0) -> int:
    connection.close()
    env = environment(folder) | {"DJANGO_SETTINGS_MODULE": "portal.settings"}
    command = [sys.executable, "-c", UPGRADE, str(whole), str(statements)]
    return subprocess.run(command, env=env, cwd=django_settings.BASE_DIR, check=False).returncode


def schema() -> Schema:
    """(table, column) of all, and triggers, sound indexes and constraints by kind and name."""
    with connection.cursor() as cursor:
        cursor.execute(NAMED[connection.vendor])
        return set(cursor.fetchall()) | {
            (table, column.name)
            for table in connection.introspection.table_names(cursor)
            for column in connection.introspection.get_table_description(cursor, table)
        }


def rows(known: Schema) -> dict[str, list[str]]:
    """Every row of every table, in the columns that `known` has; without the list of migrations, which grows."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            columns = ", ".join(f'"{column}"' for owner, column in sorted(known) if owner == table)
            if columns and table != "django_migrations":
                cursor.execute(f'SELECT {columns} FROM "{table}"')  # noqa: S608 - of the catalogue
                found[table] = sorted(map(repr, cursor.fetchall()))
    return found


def test_an_upgrade_that_is_killed_keeps_every_row_and_its_backup_undoes_it(place):
    new = schema()
    for app, number in BEFORE.items():
        call_command("migrate", app, number, verbosity=0)
    old, backups = schema(), place / "backups"
    assert new - old
    kept, files = rows(old), all_files()
    backups.mkdir()
    made = backup(into=backups).folder

    chance = random.Random(SEED)
    killed = [upgrade(place, min(turn, 1), chance.randint(2, STATEMENTS)) for turn in range(KILLS)]
    assert killed.count(-signal.SIGKILL) >= KILLS - 2
    assert upgrade(place) == 0
    assert schema() == new
    assert rows(old) == kept
    assert sum(map(len, kept.values())) > 1000

    restore(folder=made, replace=True)  # what the release before does with its own backup
    assert schema() == old
    assert (rows(old), all_files()) == (kept, files)

    call_command("restore", str(made), replace=True, stdout=StringIO())
    assert schema() == new
    after = rows(old)
    assert {table for table in kept if after[table] != kept[table]} <= {"django_session", "usersessions_usersession"}
