"""Bad input to a request: a clear answer at its field, and nothing written."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from events.models import RequestWindow, SessionRequest
from events.services import requests
from events.services.requests.rules import hours_of, problems
from portal.models import NonTeachingPeriod, SchoolShift, Topic
from portal.refusals import Refused
from tests.events.asking import days_ahead, make_request, new_request, typed, window

pytestmark = pytest.mark.django_db
FORM = "/en/school/requests/new/"


def codes(asked, windows, now=None) -> list[tuple[str, int, str]]:
    return [(problem.field, problem.row, problem.reason.code) for problem in problems(asked, windows, now)]


def next_sunday():
    today = timezone.localdate()
    return today + timedelta(days=6 - today.weekday() + 7)


def test_a_good_request_has_no_problems(cast):
    assert codes(new_request(cast), [window()]) == []


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"group_size": 0}, ("group_size", 0, "group_size")),
        ({"group_size": 900}, ("group_size", 0, "group_size")),
        ({"visits": 0}, ("visits", 0, "visits")),
        ({"visits": 5}, ("visits", 0, "visits")),
        ({"shift": 0}, ("shift", 0, "shift")),
        ({"shift": 9}, ("shift", 0, "shift")),
        ({"notes": "x" * 1001}, ("notes", 0, "text_long")),
    ],
)
def test_a_class_that_cannot_be(cast, more, problem):
    assert problem in codes(new_request(cast, **more), [window()])


def test_a_topic_for_other_grades(cast):
    topic = Topic.objects.filter(grade_from__lte=7, grade_to__gte=7).first()
    topic.grade_from, topic.grade_to = 8, 11
    assert ("grade", 0, "topic_grade") in codes(new_request(cast, topic=topic), [window()])


def test_times_that_cannot_be(cast):
    day = days_ahead()[0]
    cases = [
        (window(timezone.localdate() - timedelta(days=1)), ("day", "past")),
        (window(day + timedelta(days=4000)), ("day", "too_far")),
        (window(day, time(11), time(9)), ("ends", "order")),
        (window(day, time(9), time(9)), ("ends", "order")),
        (window(day, time(9), time(9, 29)), ("ends", "short")),
        (window(day, time(7), time(9)), ("starts", "outside_shift")),
        (window(day, time(12), time(13, 1)), ("starts", "outside_shift")),
        (window(day, time(16), time(17)), ("starts", "outside_shift")),  # the second shift's hours
        (window(next_sunday()), ("day", "no_lessons")),
    ]
    for row, (field, code) in cases:
        assert (field, 1, code) in codes(new_request(cast), [row]), (field, code)


def test_thirty_minutes_are_enough(cast):
    assert codes(new_request(cast), [window(starts=time(9), ends=time(9, 30))]) == []


def test_a_window_that_has_begun_is_past(cast):
    day = days_ahead()[0]
    nine = timezone.make_aware(datetime.combine(day, time(9)))
    assert codes(new_request(cast), [window(day)], nine - timedelta(minutes=1)) == []
    assert codes(new_request(cast), [window(day)], nine) == [("day", 1, "past")]


def test_days_without_lessons_of_the_school_and_the_grade(cast):
    day = days_ahead()[0]
    NonTeachingPeriod.objects.create(
        name_kk="К", name_ru="К", name_en="Flu", kind="remote", first_day=day, last_day=day, school=cast.school, grade=8
    )
    topic = Topic.objects.filter(grade_from__lte=7, grade_to__gte=8).first()
    assert codes(new_request(cast, topic=topic), [window(day)]) == []
    assert codes(new_request(cast, topic=topic, grade=8), [window(day)]) == [("day", 1, "no_lessons")]


def test_the_schools_own_hours_of_a_shift_come_first(cast):
    assert hours_of(cast.school, 1) == (time(8), time(13))
    SchoolShift.objects.create(school=cast.school, number=1, starts=time(10), ends=time(14))
    assert hours_of(cast.school, 1) == (time(10), time(14))
    assert codes(new_request(cast), [window(starts=time(13), ends=time(14))]) == []
    assert codes(new_request(cast), [window(starts=time(9), ends=time(11))]) == [("starts", 1, "outside_shift")]


def test_one_time_twice_and_too_many_times(cast):
    day, *more = days_ahead(6)
    twice = [window(day, time(9), time(10)), window(day, time(9, 30), time(11))]
    assert codes(new_request(cast), twice) == [("starts", 2, "twice")]
    assert codes(new_request(cast), [window(day, time(9), time(10)), window(day, time(10), time(11))]) == []
    assert ("windows", 0, "windows") in codes(new_request(cast), [window(other) for other in [day, *more]])
    assert codes(new_request(cast), []) == [("windows", 0, "windows_missing")]


def test_a_draft_may_lack_its_times_and_cannot_be_sent(cast):
    kept = requests.keep_request(request=new_request(cast), windows=[], by=cast.gulnara)
    with pytest.raises(Refused) as refusal:
        requests.submit_request(request=kept, by=cast.gulnara)
    assert refusal.value.codes == ["windows_missing"]


def test_a_draft_whose_days_have_passed_cannot_be_sent(cast):
    draft = make_request(cast, "draft")
    RequestWindow.objects.update(day=timezone.localdate() - timedelta(days=1))
    with pytest.raises(Refused) as refusal:
        requests.submit_request(request=draft, by=cast.gulnara)
    assert "past" in refusal.value.codes
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_all_reasons_at_once(cast):
    asked = new_request(cast, group_size=0, shift=9)
    with pytest.raises(Refused) as refusal:
        requests.keep_request(request=asked, windows=[window(next_sunday())], by=cast.gulnara)
    assert set(refusal.value.codes) == {"group_size", "shift", "no_lessons"}


DAY = "DAY"  # stands for a day with lessons


@pytest.mark.parametrize(
    ("more", "rows", "field"),
    [
        ({"group_size": "0"}, [(DAY, "09:00", "11:00")], "group_size"),
        ({"group_size": "900"}, [(DAY, "09:00", "11:00")], "group_size"),
        ({"group_size": "many"}, [(DAY, "09:00", "11:00")], "group_size"),
        ({"grade": "-1"}, [(DAY, "09:00", "11:00")], "grade"),
        ({"grade": "99999999999999999999"}, [(DAY, "09:00", "11:00")], "grade"),
        ({"visits": "5"}, [(DAY, "09:00", "11:00")], "visits"),
        ({"shift": "7"}, [(DAY, "09:00", "11:00")], "shift"),
        ({"topic": "999999"}, [(DAY, "09:00", "11:00")], "topic"),
        ({"topic": "x" * 200}, [(DAY, "09:00", "11:00")], "topic"),
        ({"language": ""}, [(DAY, "09:00", "11:00")], "language"),
        ({"adult_name": "x" * 201}, [(DAY, "09:00", "11:00")], "adult_name"),
        ({"notes": "x" * 1001}, [(DAY, "09:00", "11:00")], "notes"),
        ({"notes": "a\x00b"}, [(DAY, "09:00", "11:00")], "notes"),
        ({"token": "nonsense"}, [(DAY, "09:00", "11:00")], "token"),
        ({}, [(DAY, "11:00", "09:00")], "1-ends"),
        ({}, [(DAY, "22:00", "02:00")], "1-ends"),
        ({}, [(DAY, "09:00", "")], "1-ends"),
        ({}, [("", "09:00", "10:00")], "1-day"),
        ({}, [("2020-01-01", "09:00", "10:00")], "1-day"),
        ({}, [("9999-12-31", "09:00", "10:00")], "1-day"),
        ({}, [("31.02.2030", "09:00", "10:00")], "1-day"),
        ({}, [(DAY, "25:00", "26:00")], "1-starts"),
        ({}, [(DAY, "19:00", "20:00")], "1-starts"),
        ({}, [("", "", ""), (DAY, "09:00", "09:10")], "2-ends"),
        ({}, [], "1-day"),
    ],
)
def test_bad_input_comes_back_at_its_field_and_writes_nothing(cast, sign_in, more, rows, field):
    day = days_ahead()[0].isoformat()
    rows = [tuple(day if part == DAY else part for part in row) for row in rows]
    response = sign_in(cast.gulnara).post(FORM, typed(rows=rows, **{"then": "send", "notes": "Kept words"} | more))
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert "error-summary" in response.content.decode()
    if "notes" not in more:
        assert "Kept words" in response.content.decode()
    assert not SessionRequest.objects.exists()


def test_all_faults_of_a_form_are_shown_at_once(cast, sign_in):
    """A row that is not whole does not hide that the class is too large, nor the other row's past day."""
    rows = [("2020-01-01", "09:00", "10:00"), ("", "09:00", "")]
    response = sign_in(cast.gulnara).post(FORM, typed(rows=rows, group_size="900", then="send"))
    assert set(response.context["form"].errors) == {"group_size", "1-day", "2-day", "2-ends"}


def test_a_school_of_another_cannot_be_typed(cast, sign_in):
    rows = [(days_ahead()[0].isoformat(), "09:00", "11:00")]
    response = sign_in(cast.gulnara).post(FORM, typed(rows=rows, school=cast.other_school.pk, then="keep"))
    assert response.status_code == 302
    assert SessionRequest.objects.get().school == cast.school


def test_the_sixth_request_is_refused_on_the_form(cast, sign_in, settings):
    for _number in range(settings.PROGRAMME["requests_at_most"]):
        make_request(cast)
    client, rows = sign_in(cast.gulnara), [(days_ahead()[0].isoformat(), "09:00", "11:00")]
    assert 'data-code="too_many"' in client.get(FORM).content.decode()
    response = client.post(FORM, typed(rows=rows, then="send"))
    assert response.status_code == 422
    assert not SessionRequest.objects.filter(state="draft").exists()
    assert client.post(FORM, typed(rows=rows, then="keep")).status_code == 302
