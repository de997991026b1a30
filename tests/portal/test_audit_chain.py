"""The chain over the log: whatever somebody with the database in his hands does to it is noticed."""
# ruff: noqa: S608 - statements of these tests are made of names of our own columns

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from portal import audit, log_chain, regular
from portal.log_door import FORGET, door
from portal.models import LogEntry, LogLink, StaffTask
from portal.models.log import mark
from tests.logbook import rewrite, sql
from tests.racing import together

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(cast) -> list[LogEntry]:
    """Five entries in the chain, whatever the cast did before them first."""
    log_chain.link_new()
    entries = [
        audit.record(cast.nurlan, "stay", cast.aigul, reason="Ол тағы да «ия» деді.", visits=number, codes=["a", "b"])
        for number in range(5)
    ]
    log_chain.link_new()
    return entries


def place_of(entry: LogEntry) -> str:
    return f"#{LogLink.objects.get(entry_id=entry.pk).position}"


def test_an_untouched_log_fits(log):
    report = log_chain.verify()
    assert (report.faults, report.waiting, report.linked) == (0, 0, LogEntry.objects.count())
    last = LogLink.objects.latest("position")
    assert report.head == f"{last.position}:{last.hash}"


EDITS = {
    "kind": "'view'", "at": "'2020-01-01 00:00:00+00:00'", "actor_id": "1234567", "actor_name": "'Somebody else'",
    "actor_roles": "'auditor'", "action": "'exit'", "model": "'volunteers.Application'", "object_id": "'987654'",
    "object_code": "'P-00000000'", "state_from": "'a'", "state_to": "'b'", "reason": "''", "data": "'{}'",
    "seal": "substr(seal, 2) || 'x'", "name_was": "'0'", "reason_was": "'0'", "id": "id + 1000",
}  # fmt: skip


@pytest.mark.parametrize("column", sorted(EDITS))
@pytest.mark.parametrize("linked", [True, False])
def test_every_edit_is_found_at_once(cast, log, column, linked):
    victim = log[2]
    if not linked:
        victim = audit.record(cast.nurlan, "stay", cast.aigul, reason="yes", visits=9)
    where = place_of(victim) if linked else f"entry {victim.pk}"
    sql(f"UPDATE portal_logentry SET {column} = {EDITS[column]} WHERE id = {victim.pk}")
    if (linked, column) == (False, "id"):
        return  # its number is part of the chain, not of the seal
    report = log_chain.verify()
    assert (report.faults > 0, report.where) == (True, where)


@pytest.mark.parametrize("stolen", [True, False])
def test_blanked_words_need_a_mark_that_only_the_portal_makes(log, stolen):
    """Forging what `forget_reasons` does without the key, be it with the mark of another entry that had the same words."""
    made = mark(log[2].nonce, log[2].reason)
    with door(FORGET):
        LogEntry.objects.filter(pk=log[2].pk).update(reason="", reason_was=made)
    assert log_chain.verify().faults == 0
    with door(FORGET):
        LogEntry.objects.filter(pk=log[1].pk).update(reason="", reason_was=made if stolen else "0" * 64)
    assert log_chain.verify().where == place_of(log[1])


@pytest.mark.parametrize("which", [0, 2, 4])
@pytest.mark.parametrize("what", ["entry", "link", "both"])
def test_what_is_taken_away_is_found(log, which, what):
    kept, where = log_chain.verify().head, place_of(log[which])
    position = where[1:]
    statements = {
        "entry": [f"DELETE FROM portal_logentry WHERE id = {log[which].pk}"],
        "link": [f"DELETE FROM portal_loglink WHERE position = {position}"],
    }
    sql(*statements.get(what, [*statements["entry"], *statements["link"]]))
    at_the_end = which == 4 and what != "entry"  # only who kept the head elsewhere can tell
    report = log_chain.verify(kept if at_the_end else "")
    assert (report.faults > 0, report.where) == (True, where)


def test_a_cut_end_is_found_by_the_head_that_was_kept(log):
    kept = log_chain.verify().head
    assert log_chain.verify(kept).faults == 0
    sql(
        f"DELETE FROM portal_logentry WHERE id >= {log[3].pk}",
        f"DELETE FROM portal_loglink WHERE entry_id >= {log[3].pk}",
    )
    assert log_chain.verify().faults == 0
    audit.record(LogEntry(pk=0), "stay", None)
    audit.record(LogEntry(pk=0), "stay", None)
    log_chain.link_new()
    assert log_chain.verify(kept).where == f"#{kept.split(':')[0]}"


def test_a_cut_beginning_is_found(log):
    sql(
        f"DELETE FROM portal_logentry WHERE id <= {log[1].pk}",
        f"DELETE FROM portal_loglink WHERE entry_id <= {log[1].pk}",
    )
    report = log_chain.verify()
    assert (report.faults, "beginning" in report.what) == (1, True)


def test_two_entries_that_change_places_are_found(log):
    one, other = (LogLink.objects.get(entry_id=entry.pk) for entry in log[1:3])
    sql(
        f"UPDATE portal_loglink SET entry_id = -1 WHERE position = {one.position}",
        f"UPDATE portal_loglink SET entry_id = {one.entry_id} WHERE position = {other.position}",
        f"UPDATE portal_loglink SET entry_id = {other.entry_id} WHERE position = {one.position}",
    )
    assert log_chain.verify().where == f"#{one.position}"


def test_an_invented_entry_is_found_also_when_it_was_linked(log):
    columns = (
        "kind, at, actor_name, actor_roles, action, model, object_id, object_code, state_from, state_to, reason, data"
    )
    invented = (
        f"INSERT INTO portal_logentry ({columns}, seal, name_was, reason_was) "
        f"SELECT {columns}, 'x', '', '' FROM portal_logentry WHERE id = {log[0].pk}"
    )
    with connection.cursor() as cursor:
        cursor.execute(invented)
    made = LogEntry.objects.get(seal="x")
    assert log_chain.verify().where == f"entry {made.pk}"
    log_chain.link_new()
    assert log_chain.verify().where == place_of(made)


def test_an_open_door_is_found(log):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO portal_logdoor (purpose) VALUES ('retain')")
    assert log_chain.verify().where == "portal_logdoor"


def test_all_faults_are_counted(log):
    sql(*(f"UPDATE portal_logentry SET action = 'x' WHERE id = {entry.pk}" for entry in log[1:4]))
    assert log_chain.verify().faults == 3


def test_what_waits_is_told_and_linked_by_the_regular_job(cast, log):
    late = audit.record(cast.nurlan, "stay", None)
    report = log_chain.verify()
    assert (report.faults, report.waiting, report.waiting_since) == (0, 1, late.at)
    regular.run()
    assert LogLink.objects.latest("position").entry_id == late.pk
    assert log_chain.link_new() == 0


def test_who_commits_late_is_linked_late(cast, log, monkeypatch):
    """A number below the last one comes into the chain at its end: by the regular job while it is recent, by the
    nightly one always."""
    early = audit.record(cast.nurlan, "stay", None)
    values = {field.attname: getattr(early, field.attname) for field in LogEntry._meta.concrete_fields}
    rewrite([early], id=early.pk + 1000)  # as if this number had been drawn first and committed last
    log_chain.link_new()
    monkeypatch.setattr(log_chain, "RECENT", 1)
    LogEntry.objects.create(**values)
    assert log_chain.link_new() == 0
    assert log_chain.link_new(all_of_them=True) == 1
    assert log_chain.verify().faults == 0


def test_more_than_one_batch(cast, log, monkeypatch):
    monkeypatch.setattr(log_chain, "BATCH", 3)
    for _number in range(7):
        audit.record(cast.nurlan, "stay", None)
    assert log_chain.link_new() == 7
    assert log_chain.verify().faults == 0


@pytest.mark.django_db(transaction=True)
def test_two_who_link_at_once_make_one_chain(cast):
    for _number in range(30):
        audit.record(cast.nurlan, "stay", None)
    together(*[log_chain.link_new] * 2)
    log_chain.link_new()
    report = log_chain.verify()
    assert (report.faults, report.waiting) == (0, 0)
    assert report.linked == LogEntry.objects.count()


def test_the_nightly_job_tells_the_leads_once(cast, log):
    log_chain.check(timezone.localdate())
    assert not StaffTask.objects.filter(kind="log_broken").exists()
    sql(f"UPDATE portal_logentry SET action = 'x' WHERE id = {log[0].pk}")
    for _night in range(2):
        assert log_chain.check(timezone.localdate()) == [place_of(log[0])]
    task = StaffTask.objects.get(kind="log_broken")
    assert (task.role, task.about) == ("safeguarding_lead", place_of(log[0]))
    assert task in StaffTask.objects.visible_to(cast.dana)


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("verify_log", *arguments, stdout=out)
    return out.getvalue()


def test_the_command(cast, log):
    audit.record(cast.nurlan, "stay", None)
    said = command()
    assert "Not linked yet: 1 (the oldest since" in said
    assert "Everything fits." in said
    head = said.split("Head: ")[1].split()[0]
    assert "Everything fits." in command("--expect", head)
    with pytest.raises(CommandError, match="what this command printed"):
        command("--expect", "nonsense")
    sql(f"DELETE FROM portal_logentry WHERE id = {log[1].pk}")
    with pytest.raises(CommandError, match=f"{place_of(log[0])[:-1]}.*missing"):
        command()


def test_a_walk_costs_the_same_number_of_statements(cast, log, django_assert_num_queries):
    with django_assert_num_queries(4):
        log_chain.verify()
    for _number in range(20):
        audit.record(cast.nurlan, "stay", None)
    log_chain.link_new()
    with django_assert_num_queries(4):
        log_chain.verify()
