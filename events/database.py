"""What the database itself refuses on one engine only. On the other engine these do nothing, so that one set of
migrations serves both."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.migrations.operations.base import Operation


class _OnPostgreSQL:
    """A constraint that other engines neither create nor ask."""

    def constraint_sql(self, model, schema_editor):
        return super().constraint_sql(model, schema_editor) if _is_postgresql(schema_editor.connection) else None

    def create_sql(self, model, schema_editor):
        return super().create_sql(model, schema_editor) if _is_postgresql(schema_editor.connection) else None

    def remove_sql(self, model, schema_editor):
        return super().remove_sql(model, schema_editor) if _is_postgresql(schema_editor.connection) else None


def _is_postgresql(connection) -> bool:
    return connection.vendor == "postgresql"


class PostgreSQLExclusion(_OnPostgreSQL, ExclusionConstraint):
    def validate(self, *args, **kwargs):
        """The service asks before it writes; `full_clean` adds nothing and SQLite has no ranges."""


class PostgreSQLCheck(_OnPostgreSQL, models.CheckConstraint):
    """For conditions with dates: on SQLite they would put Django's own functions into the schema, and other programs
    (a restore that runs `integrity_check`) could not read it."""


class SQLiteTrigger(Operation):
    """Creates a trigger on SQLite.

    SQLite changes a table by making a new one, and the old one's triggers go with it: a later migration that alters
    the table must end with this operation again (tests/events/test_models.py notices when it does not).
    """

    reversible = True

    def __init__(self, name: str, sql: str):
        self.name, self.sql = name, sql

    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "sqlite":
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {self.name}", params=None)
            schema_editor.execute(f"CREATE TRIGGER {self.name} {self.sql}", params=None)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "sqlite":
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {self.name}", params=None)

    def describe(self):
        return f"SQLite trigger {self.name}"
