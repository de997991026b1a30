"""From the embedded database to PostgreSQL: every row of every table, in one transaction of the target, compared before it is
committed (docs/operations.md).

Values are read as each engine's own converters give them, without the fields' own (a JSON column stays text), and written by
COPY. What an engine makes for itself stays behind: the record of migrations, which must be the same, the cache, and the
index of the search, which is made anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import reduce
from typing import NamedTuple

import dj_database_url
from django.apps import apps
from django.conf import settings
from django.db import connection, connections, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models.expressions import Col
from django.db.utils import DatabaseError, OperationalError

from portal.backup import BackupError, engines

ALIAS = "target"
UNFINISHED = "portal_move_unfinished"  # a table of the target; it goes with the commit of the rows
MADE_ANEW = {"wagtailsearch"}  # apps
READ_AT_ONCE = 2000
ALL_BITS = 2**256


class Moved(NamedTuple):
    table: str
    rows: int
    fingerprint: str  # of all rows and columns, whatever their order


def move(*, to: str) -> Iterator[Moved]:
    """Moves everything to the empty PostgreSQL database of the address `to`; yields each table once its rows are there and the
    same. The source is only read, and locked against every writer meanwhile. Raises `BackupError`, and then the target holds
    nobody's row and may be tried again."""
    _demand_source()
    with _target(to) as target, _nobody_writes():
        _demand_empty(target)
        _manage(to, "migrate", "--verbosity=0")
        _manage(to, "createcachetable")
        with transaction.atomic(using=ALIAS):
            _same_migrations(target)
            yield from _copy_all(target)
            with _explained(target, "links between rows"), target.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute(f"DROP TABLE {UNFINISHED}")
    try:
        _manage(to, "update_index", "--verbosity=0")
        _manage(to, "verify_log")
    except BackupError as error:
        raise BackupError(f"All rows are in the target, but {error}. Set DATABASE_URL and run it by hand.") from error


def _demand_source() -> None:
    if connection.vendor != "sqlite":
        raise BackupError("The portal does not run on the embedded database: there is nothing to move.")
    executor = MigrationExecutor(connection)
    if not executor.loader.applied_migrations:
        raise BackupError("The database is empty: is VAR_DIR that of the portal?")
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise BackupError("The database is not that of this release: run `manage.py migrate` first.")


@contextmanager
def _target(to: str) -> Iterator:
    try:
        parsed = dj_database_url.parse(to)
    except (ValueError, dj_database_url.ParseError) as error:
        raise BackupError("--to takes postgres://user:password@host:port/name.") from error
    if "postgresql" not in parsed["ENGINE"] or not parsed["NAME"]:
        raise BackupError("--to takes postgres://user:password@host:port/name.")
    connections.settings[ALIAS] = connections.configure_settings({"default": {}, ALIAS: parsed})[ALIAS]
    target = connections[ALIAS]
    try:
        try:
            target.ensure_connection()
        except OperationalError as error:
            raise BackupError(f"The target does not answer: {str(error).strip()}") from error
        yield target
    finally:
        target.close()
        del connections[ALIAS], connections.settings[ALIAS]


def _demand_empty(target) -> None:
    """Empty, or left by a move that did not come to its end."""
    with target.cursor() as cursor:
        cursor.execute(engines.TABLES["postgresql"])
        there = {table for (table,) in cursor.fetchall()}
        people = settings.AUTH_USER_MODEL.replace(".", "_").lower()
        if UNFINISHED in there and people in there:
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {people})")  # noqa: S608 - our own name
            there = there if cursor.fetchone()[0] else set()
        elif UNFINISHED in there:
            there = set()
        if there:
            raise BackupError("The target is not empty: make a database for it (createdb). Nothing was changed.")
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {UNFINISHED} ()")


def _manage(to: str, *command: str) -> None:
    """Runs a command over the target in a process of its own: some migrations write to the default database."""
    words = [sys.executable, str(settings.BASE_DIR / "manage.py"), *command]
    ended = subprocess.run(words, env=os.environ | {"DATABASE_URL": to}, capture_output=True, text=True)  # noqa: S603
    if ended.returncode:
        said = ended.stderr.strip().splitlines()
        raise BackupError(f"{command[0]} failed in the target: {said[-1] if said else 'killed'}")


@contextmanager
def _nobody_writes() -> Iterator[None]:
    """Refused while another process has the source open; then nobody can write until the rows are over there."""
    engines.demand_alone()
    with transaction.atomic():  # takes the lock of writers at its beginning (settings)
        yield


def _same_migrations(target) -> None:
    applied = [set(MigrationExecutor(each).loader.applied_migrations) for each in (connection, target)]
    if applied[0] != applied[1]:
        raise BackupError("The source has been migrated by another release than this one.")


def tables() -> dict[str, type[models.Model]]:
    """What is moved, by name of table: of every model, the tables between two models too."""
    return {
        model._meta.db_table: model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.app_label not in MADE_ANEW
    }


def _copy_all(target) -> Iterator[Moved]:
    """All at once: foreign keys are looked at when everything is there."""
    moved = tables()
    with target.cursor() as cursor:
        for table in moved:  # what the migrations wrote there
            cursor.execute(f'DELETE FROM "{table}"')  # noqa: S608 - our own names
    for table, model in sorted(moved.items()):
        with _explained(target, table):
            there = _copy(model, target)
            found = _sum(_rows(target, model), model)
        if there != found:
            raise BackupError(f"{table} came out otherwise: {there[0]} rows, {found[0]} in the target.")
        yield Moved(table, *there)
    _go_on_counting(target)


def _rows(source, model: type[models.Model]) -> Iterator[tuple]:
    """Streams the rows as the engine's own converters give them."""
    quote, table = source.ops.quote_name, model._meta.db_table
    columns = [Col(table, field) for field in model._meta.local_concrete_fields]
    converters = [(column, source.ops.get_db_converters(column)) for column in columns]
    names = ", ".join(quote(column.target.column) for column in columns)
    with source.chunked_cursor() as cursor:
        cursor.execute(f"SELECT {names} FROM {quote(table)}")  # noqa: S608 - our own names
        while piece := cursor.fetchmany(READ_AT_ONCE):
            for row in piece:
                yield tuple(
                    reduce(lambda value, convert: convert(value, column, source), each, value)
                    for value, (column, each) in zip(row, converters, strict=True)
                )


def _copy(model: type[models.Model], target) -> tuple[int, str]:
    quote = target.ops.quote_name
    columns = ", ".join(quote(field.column) for field in model._meta.local_concrete_fields)
    with target.cursor() as cursor, cursor.copy(f"COPY {quote(model._meta.db_table)} ({columns}) FROM STDIN") as copy:

        def written() -> Iterator[tuple]:
            for row in _rows(connection, model):
                copy.write_row(row)
                yield row

        return _sum(written(), model)


def _sum(rows: Iterator[tuple], model: type[models.Model]) -> tuple[int, str]:
    """How many rows, and the sum of their hashes: the same for the same rows in any order."""
    json_at = [field.get_internal_type() == "JSONField" for field in model._meta.local_concrete_fields]
    count = total = 0
    for row in rows:
        plain = [_plain(value, is_json) for value, is_json in zip(row, json_at, strict=True)]
        total += int.from_bytes(hashlib.sha256(repr(plain).encode("utf-8", "surrogatepass")).digest())
        count += 1
    return count, f"{total % ALL_BITS:064x}"


def _plain(value, is_json: bool):
    """JSON is the same in any order of its names and any way to write a number."""
    if value is None:
        return None
    if is_json:
        whole = json.loads(value, parse_float=Decimal, parse_int=Decimal)
        return json.dumps(whole, sort_keys=True, default=lambda number: f"number {number.normalize()}")
    return value


def _go_on_counting(target) -> None:
    """New rows get numbers that no row of the source ever had, deleted ones included: the log names rows by number."""
    with connection.cursor() as source, target.cursor() as cursor:
        source.execute("SELECT name, seq FROM sqlite_sequence WHERE seq > 0")
        last = dict(source.fetchall())
        for table, model in tables().items():
            counted = model._meta.auto_field
            if counted and counted.model is model and table in last:
                place = [target.ops.quote_name(table), counted.column]
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [*place, last[table]])


@contextmanager
def _explained(target, what: str) -> Iterator[None]:
    """What PostgreSQL refuses that SQLite let in, without the value: it may be about somebody."""
    try:
        with target.wrap_database_errors:
            yield
    except DatabaseError as error:
        said = getattr(error.__cause__, "diag", None)
        words = ((said and said.message_primary) or str(error)).split(":")[0].strip()
        where = ((said and said.context) or what).split(":")[0]
        raise BackupError(f"PostgreSQL refuses it: {words} ({where}). The target holds nobody's row.") from error
