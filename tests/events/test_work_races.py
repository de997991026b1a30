"""Work outside sessions, when several press at the same moment: real connections, both engines."""

from __future__ import annotations

import pytest

from events import services
from events.models import WorkEntry
from portal.models import LogEntry, StaffTask
from portal.refusals import Refused
from tests.events.test_races import committed  # noqa: F401 - the fixture
from tests.events.test_work import APRIL, MARCH, NOW, note
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


def answer(call, **arguments):
    """What a call says: the state that it left, or the codes of its refusal."""
    try:
        return call(**arguments).state
    except Refused as refusal:
        return refusal.codes


def test_a_form_sent_twice_is_one_entry_and_one_task(committed):  # noqa: F811 - the fixture
    made = together(*[lambda: note(committed.nurlan)] * 4)
    assert len({entry.pk for entry in made}) == WorkEntry.objects.count() == 1
    assert StaffTask.objects.filter(dedupe_key__startswith="work_to_confirm:").open().count() == 1


def test_twelve_hours_of_a_day_are_not_passed_together(committed):  # noqa: F811 - the fixture
    acts = [
        lambda minutes=minutes: answer(note, person=committed.nurlan, minutes=minutes) for minutes in (400, 401, 402)
    ]
    answers = together(*acts)
    assert answers.count("submitted") == 1
    assert answers.count(["day_full"]) == 2


def test_one_word_holds(committed):  # noqa: F811 - the fixture
    entry = note(committed.nurlan)
    answers = together(
        lambda: answer(services.confirm_work, entry=entry, by=committed.aigul, now=NOW),
        lambda: answer(services.decline_work, entry=entry, by=committed.aigul, reason="It was a visit"),
        lambda: answer(services.withdraw_work, entry=entry, by=committed.nurlan.user),
    )
    entry.refresh_from_db()
    assert entry.state in answers
    assert answers.count(["wrong_state"]) == 2


def test_what_is_confirmed_while_the_month_is_closed_counts_before_or_after(committed):  # noqa: F811 - the fixture
    entry = note(committed.nurlan)
    together(
        lambda: services.confirm_work(entry=entry, by=committed.aigul, now=NOW),
        lambda: services.close_month(month=MARCH, district=committed.taraz, by=committed.aigul, now=NOW),
    )
    entry.refresh_from_db()
    order = list(LogEntry.objects.filter(action__in=["confirm_work", "close_month"]).order_by("pk"))
    assert entry.month == (MARCH if order[0].action == "confirm_work" else APRIL)
