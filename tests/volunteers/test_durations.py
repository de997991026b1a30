"""How long a stage usually takes, from the log."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from portal.models import LogEntry
from volunteers.models import StageDuration
from volunteers.services.durations import AT_LEAST_CASES, measure_stages

pytestmark = pytest.mark.django_db


def noon(days_ago: int) -> datetime:
    day = timezone.localdate() - timedelta(days=days_ago)
    return timezone.make_aware(datetime(day.year, day.month, day.day, 12))


def case(number: int, *steps: tuple[int, str]) -> None:
    """`steps` are (days ago, state entered)."""
    before = ""
    for days, state in steps:
        LogEntry.objects.create(
            actor_name="x", action="move", model="volunteers.Application", object_id=str(number), object_code="A",
            state_from=before, state_to=state, at=noon(days),
        )  # fmt: skip
        before = state


def medians() -> dict[str, tuple[int, int]]:
    return {row.state: (row.median_days, row.cases) for row in StageDuration.objects.all()}


def test_the_median_of_the_last_year_by_stage():
    for number, days in enumerate([1, 2, 3, 8, 90]):
        case(number, (100, "screening"), (100 - days, "assessment"))
    assert measure_stages(timezone.localdate()) == ["screening"]
    assert medians() == {"screening": (3, 5)}
    assert StageDuration.objects.get().computed_on == timezone.localdate()


def test_too_few_cases_say_nothing_and_an_old_row_goes():
    StageDuration.objects.create(state="decision", median_days=2, cases=9, computed_on=timezone.localdate())
    for number in range(AT_LEAST_CASES - 1):
        case(number, (20, "screening"), (10, "assessment"))
    assert measure_stages(timezone.localdate()) == []
    assert medians() == {}


def test_a_stage_that_is_entered_twice_counts_once_with_all_its_days():
    for number in range(AT_LEAST_CASES):
        case(number, (40, "screening"), (38, "more_info"), (30, "screening"), (29, "assessment"))
    measure_stages(timezone.localdate())
    assert medians() == {"screening": (3, 5), "more_info": (8, 5)}


def test_what_was_left_more_than_a_year_ago_counts_no_more():
    for number in range(AT_LEAST_CASES):
        case(number, (420, "screening"), (400, "assessment"), (360, "decision"))
    measure_stages(timezone.localdate())
    assert medians() == {"assessment": (40, 5)}


def test_less_than_a_day_is_a_day_and_closed_states_have_no_length():
    for number in range(AT_LEAST_CASES):
        case(number, (5, "screening"), (5, "withdrawn"), (1, "screening"))
    measure_stages(timezone.localdate())
    assert medians() == {"screening": (1, 5)}


def test_entries_that_change_no_state_do_not_cut_a_stage():
    for number in range(AT_LEAST_CASES):
        case(number, (20, "screening"))
        LogEntry.objects.create(
            actor_name="x", action="owner", model="volunteers.Application", object_id=str(number), object_code="A",
            state_from="screening", state_to="screening", at=noon(15),
        )  # fmt: skip
        case(number, (10, "assessment"))
    measure_stages(timezone.localdate())
    assert medians() == {"screening": (10, 5)}
