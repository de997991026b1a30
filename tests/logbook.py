"""For tests that need a log as it might have become: nothing in the portal can write it so."""

from __future__ import annotations

from contextlib import contextmanager

from django.db import connection, transaction

from portal.log_door import RETAIN, door
from portal.models import LogEntry


def rewrite(entries, **columns) -> None:
    """Puts other entries, well sealed, in the place of these."""
    for entry in list(entries):
        with door(RETAIN):
            LogEntry.objects.filter(pk=entry.pk).delete()
        values = {field.attname: getattr(entry, field.attname) for field in LogEntry._meta.concrete_fields}
        LogEntry.objects.create(**values | columns)


@contextmanager
def unguarded():
    """What the owner of the database could do: the triggers are off."""
    tables = ("portal_logentry", "portal_loglink")
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            yield cursor
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'portal_log%'")
        triggers = cursor.fetchall()
        for name, _sql in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        yield cursor
        for _name, sql in triggers:
            cursor.execute(sql)


def sql(*statements: str) -> None:
    with unguarded() as cursor:
        for statement in statements:
            cursor.execute(statement)
