"""Attendance of a whole session, and what happens while nobody says anything (I21, I22, scenario 37)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from events import services
from events.models import Attendance, HoursEntry
from events.services.visits import Word, ask_for_attendance
from events.states import BookingState
from portal.models import OutgoingMessage, StaffTask
from portal.refusals import NotAllowed, Refused
from tests.events.builders import at, make_session
from tests.events.visits import hold

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(cast):
    """Nurlan's and Yerbol's visits to one session of yesterday."""
    session = make_session(cast, starts_at=at(-1), seats_max=2)
    return hold(cast.nurlan, session), hold(cast.yerbol, session, seat_no=2)


def sheet(*visits, pupils="22", **words) -> dict:
    found = {"pupils_present": pupils}
    for visit in visits:
        found |= {f"{visit.code}-result": "attended", f"{visit.code}-minutes": ""}
    return found | words


def test_scenario_37_no_hours_and_a_task_until_the_school_says_who_came(cast, sign_in, two):
    """Given nobody marked attendance, then hours 0 and the school has a task; after confirmation, hours = agreed minutes."""
    nurlan, yerbol = two
    today = timezone.localdate()
    assert ask_for_attendance(today) == [nurlan.session.code]
    assert ask_for_attendance(today) == [nurlan.session.code]
    assert OutgoingMessage.objects.get(letter="events/to_school_attendance_wanted").recipient == cast.gulnara
    client = sign_in(cast.gulnara)
    assert 'data-testid="move-confirm_attendance"' in client.get("/en/school/").content.decode()
    assert HoursEntry.objects.minutes() == 0
    assert not Attendance.objects.exists()  # unknown is neither (I22)
    for visit, minutes in ((nurlan, 40), (yerbol, None)):
        services.confirm_attendance(booking=visit, by=cast.gulnara, result="attended", minutes=minutes)
    assert sorted(HoursEntry.objects.values_list("minutes", flat=True)) == [40, 45]
    assert ask_for_attendance(today + timedelta(days=1)) == []


def test_after_a_week_the_coordinator_has_one_task_and_it_is_settled(cast, two):
    code = two[0].session.code
    for days in (0, 6, 7, 8):
        ask_for_attendance(timezone.localdate() + timedelta(days=days))
        assert StaffTask.objects.filter(kind="attendance_missing").count() == (days > 6)
    task = StaffTask.objects.get(kind="attendance_missing")
    assert (task.role, task.district, task.about) == ("coordinator", cast.taraz, code)
    assert OutgoingMessage.objects.filter(letter="events/to_school_attendance_wanted").count() == 1
    for visit in two:
        assert StaffTask.objects.open().filter(pk=task.pk).exists()
        services.confirm_attendance(booking=visit, by=cast.aigul, result="no_show")
    assert not StaffTask.objects.open().filter(pk=task.pk).exists()


def test_a_session_of_today_asks_nobody_yet(cast):
    hold(cast.nurlan, make_session(cast, starts_at=at(0, hour=0), minutes=1))
    assert ask_for_attendance(timezone.localdate()) == []


def test_all_visits_of_a_session_at_once(cast, sign_in, two):
    client, url = sign_in(cast.gulnara), f"/en/school/sessions/{two[0].session.uuid}/attendance/"
    assert 'data-testid="attendance-of-all"' in client.get("/en/school/").content.decode()
    page = client.get(url).content.decode()
    assert all(visit.person.full_name in page for visit in two)
    answers = sheet(*two, **{f"{two[1].code}-result": "no_show"})
    assert client.post(url, answers).status_code == 302
    assert client.post(url, answers).status_code == 302  # a replay finds nobody left
    assert list(Attendance.objects.order_by("pk").values_list("state", "pupils_present")) == [
        ("attended", 22),
        ("no_show", 22),
    ]
    assert HoursEntry.objects.get().person == cast.nurlan


def test_one_wrong_line_keeps_all_from_being_written_and_all_that_was_typed(cast, sign_in, two):
    client, url = sign_in(cast.gulnara), f"/en/school/sessions/{two[0].session.uuid}/attendance/"
    response = client.post(url, sheet(*two, **{f"{two[1].code}-minutes": "900", f"{two[0].code}-minutes": "41"}))
    page = response.content.decode()
    assert response.status_code == 422
    assert 'value="900"' in page
    assert 'value="41"' in page
    assert 'value="22"' in page
    assert not Attendance.objects.exists()


def test_what_was_typed_survives_the_lack_of_an_adult(cast, sign_in):
    """What only the service used to refuse, on a page that had forgotten the form."""
    visit = hold(cast.nurlan, make_session(cast, starts_at=at(-1), school_adult_name=""), BookingState.PENDING)
    answers = {"result": "attended", "minutes": "33", "pupils_present": "17"}
    response = sign_in(cast.gulnara).post(f"/en/school/visits/{visit.uuid}/attendance/", answers)
    page = response.content.decode()
    assert 'value="33"' in page
    assert 'value="17"' in page
    assert not Attendance.objects.exists()


def test_the_service_takes_all_words_or_none(cast, two):
    words = [Word(two[0], "attended"), Word(two[1], "attended", 900)]
    with pytest.raises(Refused) as refusal:
        services.confirm_session(session=two[0].session, by=cast.gulnara, words=words)
    assert refusal.value.codes == ["minutes"]
    assert not Attendance.objects.exists()
    with pytest.raises(NotAllowed):
        services.confirm_session(session=two[0].session, by=cast.dana, words=[Word(two[0], "attended")])


def test_nobody_speaks_of_his_own_visit_nor_for_another_school(cast, sign_in, two):
    url = f"/en/school/sessions/{two[0].session.uuid}/attendance/"
    assert sign_in(cast.bolat).get(url).status_code == 404
    assert sign_in(cast.nurlan.user).post(url, sheet(*two)).status_code == 403
    assert not Attendance.objects.exists()


def test_a_session_to_come_has_no_attendance(cast, sign_in):
    visit = hold(cast.nurlan, make_session(cast))
    url = f"/en/school/sessions/{visit.session.uuid}/attendance/"
    assert 'data-testid="move-confirm_attendance"' not in sign_in(cast.gulnara).get(url).content.decode()
    assert sign_in(cast.gulnara).post(url, sheet(visit)).status_code == 409
    assert not Attendance.objects.exists()
