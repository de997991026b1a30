"""A copy of the suite's database that a test may lose: what it commits, destroys and restores is nobody else's."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.db import connection

from portal.backup import stores


@contextmanager
def own_database(folder: Path) -> Iterator[None]:
    """Takes the place of the database of the suite, on its engine."""
    suite = connection.settings_dict["NAME"]
    connection.close()
    own = _copy_sqlite(suite, folder) if connection.vendor == "sqlite" else _copy_postgresql(suite)
    connection.settings_dict["NAME"] = own
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = suite
        if connection.vendor == "postgresql":
            _on_the_server(f'DROP DATABASE "{own}" WITH (FORCE)')


def _copy_sqlite(suite: str, folder: Path) -> str:
    own = str(folder / "db.sqlite3")
    with closing(sqlite3.connect(suite)) as source, closing(sqlite3.connect(own)) as copy:
        source.backup(copy)
    return own


def _copy_postgresql(suite: str) -> str:
    own = f"{suite}_own"
    _on_the_server(f'DROP DATABASE IF EXISTS "{own}"', f'CREATE DATABASE "{own}" TEMPLATE "{suite}"')
    return own


def _on_the_server(*statements: str) -> None:
    with connection._nodb_cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@contextmanager
def own_files(folder: Path, settings) -> Iterator[None]:
    """Every storage in the folder. `settings` as pytest-django has them, or Django's own `override_settings` underneath."""
    settings.PRIVATE_ROOT, settings.MEDIA_ROOT = folder / "private", folder / "media"
    settings.ERASURES_FILE = folder / "erasures.txt"
    with pytest.MonkeyPatch.context() as patch:
        for name in ("base_location", "location"):
            patch.setattr(storages["pictures"], name, str(folder / "pictures"))
        yield


def all_rows() -> dict[str, list[str]]:
    """Every row of every table, as the database has it."""
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - of the catalogue
            found[table] = sorted(repr(row) for row in cursor.fetchall())
    return found


def all_files() -> dict[str, bytes]:
    found = {}
    for alias, store in stores.stores().items():
        for name in stores.names(store):
            with store.open(name) as content:
                found[f"{alias}/{name}"] = content.read()
    return found


@contextmanager
def disk_that_is_full(at_most: int) -> Iterator[None]:
    """No file grows beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (at_most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
