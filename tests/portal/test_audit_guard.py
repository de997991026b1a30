"""The database itself refuses to change the log; words leave through their door, and the entries stay whole."""
# ruff: noqa: S608 - statements of these tests are made of names of our own columns

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from portal import audit, log_chain, log_door, services
from portal.models import LogEntry, LogLink, User

pytestmark = pytest.mark.django_db
ONE_COLUMN = {
    "kind": "view", "at": "2020-01-01 00:00:00+00:00", "actor_id": 987654, "actor_name": "x", "actor_roles": "x", "action": "x",
    "model": "x", "object_id": "x", "object_code": "x", "state_from": "x", "state_to": "x", "reason": "x", "data": "{}",
    "seal": "x", "name_was": "x", "reason_was": "x", "id": -1,
}  # fmt: skip
TABLES = ["portal_logentry", "portal_loglink"]


@pytest.fixture
def entry(cast) -> LogEntry:
    entry = audit.record(cast.nurlan, "suspend", cast.aigul, reason="He was rude.", reason_code="other", seat=1)
    log_chain.link_new()
    return entry


def refuses(work) -> bool:
    before = whole()
    try:
        with transaction.atomic():
            work()
    except IntegrityError as error:
        assert "append-only" in str(error)
        assert whole() == before
        return True
    return False


def whole() -> list:
    return [*LogEntry.objects.order_by("pk").values_list(), *LogLink.objects.values_list()]


def run(sql: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_every_column_of_an_entry_is_in_the_list():
    assert set(ONE_COLUMN) == {field.attname for field in LogEntry._meta.concrete_fields}


@pytest.mark.parametrize("column", sorted(ONE_COLUMN))
@pytest.mark.parametrize("opened", [None, log_door.RETAIN, log_door.FORGET])
def test_no_column_is_changed_by_sql(entry, column, opened):
    """Through the door for words only the columns of words change."""

    def change():
        if opened:
            run("INSERT INTO portal_logdoor (purpose) VALUES (%s)", opened)
        run(f"UPDATE portal_logentry SET {column} = %s WHERE id = %s", ONE_COLUMN[column], entry.pk)

    words = {"actor_name", "reason", "name_was", "reason_was"}
    assert refuses(change) is not (opened == log_door.FORGET and column in words)


@pytest.mark.parametrize("table", TABLES)
def test_nothing_is_deleted_or_emptied_by_sql(entry, table):
    assert refuses(lambda: run(f"DELETE FROM {table}"))
    if connection.vendor == "postgresql":
        assert refuses(lambda: run(f"TRUNCATE {table} CASCADE"))


def test_no_link_is_changed(entry):
    assert refuses(lambda: LogLink.objects.update(previous="x"))
    assert refuses(lambda: LogLink.objects.all().delete())


def test_nor_by_the_program(entry):
    def in_bulk():
        entry.action = "stay"
        LogEntry.objects.bulk_update([entry], ["action"])

    assert refuses(lambda: LogEntry.objects.filter(pk=entry.pk).update(action="stay"))
    assert refuses(lambda: LogEntry.objects.filter(pk=entry.pk).delete())
    assert refuses(in_bulk)
    for act in (entry.save, entry.delete):
        with pytest.raises(TypeError, match="append-only"):
            act()


def test_nothing_is_put_over_an_entry(entry):
    """SQLite's REPLACE deletes without a word to the triggers of DELETE; a copy of an entry has its seal."""
    columns = ", ".join(ONE_COLUMN)
    others = ", ".join("'stay'" if name == "action" else name for name in ONE_COLUMN)
    copy = ", ".join("id + 1000" if name == "id" else name for name in ONE_COLUMN)
    if connection.vendor == "sqlite":
        assert refuses(
            lambda: run(f"INSERT OR REPLACE INTO portal_logentry ({columns}) SELECT {others} FROM portal_logentry")
        )
        assert refuses(lambda: run("INSERT OR REPLACE INTO portal_loglink SELECT * FROM portal_loglink"))
    else:
        over = "ON CONFLICT (id) DO UPDATE SET action = 'stay'"
        assert refuses(
            lambda: run(f"INSERT INTO portal_logentry ({columns}) SELECT {others} FROM portal_logentry {over}")
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        run(f"INSERT INTO portal_logentry ({columns}) SELECT {copy} FROM portal_logentry")


def test_words_leave_and_everything_fits(cast, entry):
    """The reason of a record and the name of an account go; seals and chain stay whole."""
    services.close_account(user=cast.serik, by=None)  # without a role: his name goes, in the log too
    audit.record(cast.nurlan, "stay", cast.nurlan.user)
    log_door.forget_reasons("volunteers.Person", [str(cast.nurlan.pk)])
    log_door.forget_name(cast.nurlan.user)
    entry.refresh_from_db()
    assert (entry.reason, entry.actor_name) == ("", cast.aigul.display_name)
    by_him = LogEntry.objects.get(action="stay")
    assert by_him.actor_name == cast.nurlan.user.code
    assert "rude" not in str(whole())
    assert cast.nurlan.user.display_name not in str(whole())
    log_chain.link_new()
    assert log_chain.verify().faults == 0
    assert refuses(lambda: LogEntry.objects.update(reason=""))  # the door is closed again


def test_a_door_closes_with_what_failed(entry):
    with pytest.raises(ValueError, match="stop"), log_door.door(log_door.RETAIN):
        raise ValueError("stop")
    assert refuses(lambda: LogEntry.objects.filter(pk=entry.pk).delete())


def test_the_log_outlives_the_account(cast):
    gone = User.objects.create_user(email="gone@demo.example", first_name="Айша", last_name="Оспанова")
    audit.record(cast.nurlan, "stay", gone)
    pk = gone.pk
    gone.delete()
    entry = LogEntry.objects.get(action="stay")
    assert (entry.actor_id, entry.actor_name) == (pk, "Айша Оспанова")
    assert log_chain.verify().faults == 0


def test_a_booking_or_any_write_costs_one_statement(cast, django_assert_num_queries):
    with django_assert_num_queries(1):
        audit.record(cast.nurlan, "stay", None)


@pytest.mark.django_db(transaction=True)
def test_the_command_flush_is_refused(cast):
    audit.record(cast.nurlan, "stay", cast.aigul)
    count = LogEntry.objects.count()
    flush = connection.ops.__dict__.pop("execute_sql_flush")  # that of the suite goes through the door
    try:
        with pytest.raises(Exception, match="couldn't be flushed"):
            call_command("flush", interactive=False, verbosity=0)
    finally:
        connection.ops.execute_sql_flush = flush
    assert LogEntry.objects.count() == count
