"""Series: the days looked at first, made at once, changed together, taken back (scenarios 29, 30, 31)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events import services
from events.models import Booking, SchoolSession, SessionBatch, WaitlistEntry
from events.services.batches import AT_ONCE, days_of
from events.states import BookingState
from portal.models import Language, LogEntry, NonTeachingPeriod, OutgoingMessage, Topic
from portal.refusals import NotAllowed, Refused
from tests.events.builders import make_session
from tests.events.test_school import hold

pytestmark = pytest.mark.django_db

NEW = "/en/staff/series/new/"


@pytest.fixture(autouse=True)
def ordinary_weeks(cast):
    """No break and no holiday but those of the test."""
    NonTeachingPeriod.objects.all().delete()


def tuesday(weeks: int = 0) -> date:
    """The Tuesday of the week after next, and those that follow."""
    day = timezone.localdate() + timedelta(days=8)
    return day + timedelta(days=(1 - day.weekday()) % 7, weeks=weeks)


def moment(day: date, hour: int = 10) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


def close(first: date, last: date | None = None, **more) -> NonTeachingPeriod:
    names = {"name_kk": "Күзгі каникул", "name_ru": "Осенние каникулы", "name_en": "Autumn break"}
    return NonTeachingPeriod.objects.create(kind="break", first_day=first, last_day=last or first, **names, **more)


@pytest.fixture
def plan(cast) -> SchoolSession:
    return SchoolSession(
        school=cast.school,
        topic=Topic.objects.filter(grade_from__lte=7, grade_to__gte=7).first(),
        grade=7,
        group_size=24,
        language=Language.objects.get(code="kk"),
        starts_at=moment(tuesday()),
        ends_at=moment(tuesday()) + timedelta(minutes=45),
        seats_max=2,
    )


def make(cast, plan, count: int = 4, **more) -> SessionBatch:
    days = [tuesday(week) for week in range(count)]
    return services.make_series(**({"plan": plan, "days": days, "weeks": 1, "by": cast.aigul, "key": uuid4()} | more))


def rows_of(batch) -> list[SchoolSession]:
    return list(batch.sessions.order_by("starts_at"))


def typed(plan, **more) -> dict:
    return {
        "key": str(uuid4()),
        "school": plan.school_id,
        "topic": plan.topic_id,
        "grade": plan.grade,
        "group_size": plan.group_size,
        "language": plan.language_id,
        "day": tuesday().isoformat(),
        "starts": "10:00",
        "ends": "10:45",
        "seats_min": 1,
        "seats_max": 2,
        "adults_min": 2,
        "weeks": 1,
        "count": 4,
    } | more


def test_break_days_are_struck_and_nothing_is_created_on_them(cast, plan, sign_in):
    """Scenario 29: weekly Tuesdays across the autumn break."""
    close(tuesday(1) - timedelta(days=1), tuesday(1) + timedelta(days=5))
    aigul, form = sign_in(cast.aigul), typed(plan)
    page = aigul.post(NEW, form)
    assert page.status_code == 200
    marks = [(mark, row.ok) for mark, row, _ticked in page.context["form"].listed()]
    assert marks == [(tuesday(week).isoformat(), week != 1) for week in range(4)]
    assert "Autumn break" in page.content.decode()
    assert page.content.decode().count('data-ok="no"') == 1
    assert not SchoolSession.objects.exists()
    chosen = [mark for mark, ok in marks if ok]
    response = aigul.post(NEW, form | {"rows": chosen, "make": "1"})
    batch = SessionBatch.objects.get()
    assert response.url == f"/en/staff/batches/{batch.uuid}/"
    assert [row.day for row in rows_of(batch)] == [tuesday(0), tuesday(2), tuesday(3)]
    assert {row.state for row in rows_of(batch)} == {"draft"}


def test_the_series_makes_up_for_lost_days(cast, plan):
    close(tuesday(1))
    rows = days_of(plan, weeks=1, count=4, move_on=True)
    assert [row.day for row in rows if row.ok] == [tuesday(week) for week in (0, 2, 3, 4)]
    assert [row.day for row in days_of(plan, weeks=2, until=tuesday(5))] == [tuesday(week) for week in (0, 2, 4)]


def test_a_break_of_another_grade_or_school_strikes_nothing(cast, plan):
    close(tuesday(1), grade=1)
    close(tuesday(2), school=cast.other_school)
    close(tuesday(3), district=cast.zhambyl)
    assert all(row.ok for row in days_of(plan, weeks=1, count=4))
    close(tuesday(2), district=cast.taraz)
    assert [row.ok for row in days_of(plan, weeks=1, count=4)] == [True, True, False, True]


def test_whatever_is_asked_the_list_has_an_end(cast, plan):
    assert len(days_of(plan, weeks=1, until=date(2999, 1, 1))) == AT_ONCE
    for day in (tuesday() + timedelta(weeks=week) for week in range(70)):
        close(day)
    assert len(days_of(plan, weeks=1, count=4, move_on=True)) == AT_ONCE


def test_looking_costs_the_same_for_any_number_of_days(cast, plan):
    def cost(count: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            days_of(plan, weeks=1, count=count)
        return len(queries)

    assert cost(2) == cost(40)


def test_made_twice_it_is_there_once(cast, plan, sign_in):
    aigul = sign_in(cast.aigul)
    form = typed(plan, make="1", rows=[tuesday(week).isoformat() for week in range(4)])
    addresses = {aigul.post(NEW, form).url for _click in range(3)}
    assert len(addresses) == 1
    assert SchoolSession.objects.count() == 4
    key = uuid4()
    assert make(cast, plan, key=key) == make(cast, plan, key=key)
    assert SchoolSession.objects.count() == 8
    with pytest.raises(NotAllowed):
        make(cast, plan, key=key, by=cast.bolat)


def test_published_at_once(cast, plan, sign_in):
    batch = make(cast, plan, at_once=True)
    assert {row.state for row in rows_of(batch)} == {"published"}
    assert LogEntry.objects.filter(action="make_batch").count() == 1
    assert str(rows_of(batch)[0].uuid) in sign_in(cast.yerbol.user).get("/en/sessions/?show=all").content.decode()


def test_all_or_nothing(cast, plan):
    close(tuesday(2))
    with pytest.raises(Refused) as caught:
        make(cast, plan)
    assert caught.value.codes == ["no_lessons"]
    plan.calendar_reason = "Only for the first day"
    with pytest.raises(Refused):
        make(cast, plan)
    assert not SchoolSession.objects.exists()
    assert not SessionBatch.objects.exists()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"day": "2020-02-04"}, "day"),
        ({"day": "9999-12-28"}, "day"),
        ({"ends": "09:00"}, "ends"),
        ({"starts": "23:30", "ends": "00:15"}, "ends"),
        ({"group_size": 900}, "group_size"),
        ({"group_size": 0}, "group_size"),
        ({"count": 0}, "count"),
        ({"count": 5000}, "count"),
        ({"count": "", "until": ""}, "count"),
        ({"until": "2999-01-01"}, "count"),
        ({"count": "", "until": "2020-01-01"}, "until"),
        ({"weeks": 9}, "weeks"),
        ({"key": "x"}, "key"),
        ({"school": 0}, "school"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(cast, plan, sign_in, more, field):
    for make_it in ({}, {"make": "1", "rows": [tuesday().isoformat()]}):
        response = sign_in(cast.aigul).post(NEW, typed(plan) | more | make_it)
        assert response.status_code == 422
        assert field in response.context["form"].errors
    assert not SchoolSession.objects.exists()


def test_days_that_were_not_on_the_list_are_not_made(cast, plan, sign_in):
    aigul, form = sign_in(cast.aigul), typed(plan, make="1")
    close(tuesday(1))
    for rows in ([tuesday(1).isoformat()], [tuesday(30).isoformat()], ["x"], []):
        assert aigul.post(NEW, form | {"rows": rows}).status_code == 422
    assert not SchoolSession.objects.exists()


def test_only_coordinators_and_only_their_schools(cast, plan, sign_in):
    for user in (cast.gulnara, cast.dana, cast.nurlan.user, cast.raushan, cast.root):
        assert sign_in(user).post(NEW, typed(plan)).status_code == 403
    assert "school" in sign_in(cast.bolat).post(NEW, typed(plan)).context["form"].errors
    with pytest.raises(NotAllowed):
        make(cast, plan, by=cast.bolat)
    with pytest.raises(NotAllowed):
        make(cast, plan, by=cast.gulnara)


def test_a_series_from_a_session(cast, sign_in, plan):
    session = make_session(cast, starts_at=moment(tuesday()))
    page = sign_in(cast.aigul).get(f"/en/staff/sessions/{session.uuid}/series/")
    assert page.context["form"]["day"].value() == tuesday(1)


# --- this and following ---------------------------------------------------------------------------------------


def following(cast, session, days: int = 0, hour: int = 12, **more):
    begins = moment(session.day + timedelta(days=days), hour)
    values = {"starts_at": begins, "ends_at": begins + timedelta(minutes=45)} | more
    return services.change_following(session=session, by=cast.aigul, values=values)


def hours(batch) -> list[tuple[date, int]]:
    return [(row.day, timezone.localtime(row.starts_at).hour) for row in rows_of(batch)]


def test_this_and_following_keeps_what_was_moved_by_itself(cast, plan):
    """Scenario 30."""
    batch = make(cast, plan, at_once=True)
    first, second, third, _fourth = rows_of(batch)
    begins = moment(third.day + timedelta(days=1), 15)
    values = {"starts_at": begins, "ends_at": begins + timedelta(minutes=45)}
    services.change_session(session=third, by=cast.aigul, values=values)
    assert following(cast, second).sessions == 2
    assert hours(batch) == [(tuesday(0), 10), (tuesday(1), 12), (tuesday(2) + timedelta(days=1), 15), (tuesday(3), 12)]
    assert SchoolSession.objects.get(pk=first.pk).version == 1
    assert following(cast, SchoolSession.objects.get(pk=second.pk)).sessions == 0  # again: nothing is left to change


def test_the_whole_series_goes_a_week_on(cast, plan):
    """One mentor holds all of them: each moves into the old time of the next, and no constraint is hurt."""
    batch = make(cast, plan, at_once=True)
    rows = rows_of(batch)
    for row in rows:
        hold(cast.yerbol, row)
    changed = following(cast, rows[0], days=7, hour=10)
    assert (changed.sessions, changed.asked, changed.released) == (4, 4, 0)
    assert hours(batch) == [(tuesday(week), 10) for week in range(1, 5)]
    assert [row.series_day for row in rows_of(batch)] == [tuesday(week) for week in range(1, 5)]
    back = following(cast, rows_of(batch)[0], days=-7, hour=10)
    assert (back.asked, back.released) == (4, 0)
    assert Booking.objects.filter(state=BookingState.RECONFIRM_NEEDED).count() == 4


def test_a_break_stops_the_whole_change(cast, plan):
    batch = make(cast, plan)
    close(tuesday(2) + timedelta(days=1))
    with pytest.raises(Refused) as caught:
        following(cast, rows_of(batch)[0], days=1)
    assert caught.value.codes == ["no_lessons"]
    assert hours(batch) == [(tuesday(week), 10) for week in range(4)]


def test_a_reason_for_one_day_without_lessons_is_none_for_another(cast, plan):
    batch = make(cast, plan)
    batch.sessions.filter(series_day=tuesday(2)).update(calendar_reason="A parents' evening")
    close(tuesday(2) + timedelta(days=1))
    with pytest.raises(Refused) as caught:
        following(cast, rows_of(batch)[0], days=1)
    assert caught.value.codes == ["no_lessons"]


def test_places_and_note_of_those_that_follow(cast, plan):
    batch = make(cast, plan, at_once=True)
    rows = rows_of(batch)
    hold(cast.yerbol, rows[3])
    values = {"seats_max": 3, "notes_for_mentor": "Door 2"}
    assert services.change_following(session=rows[1], by=cast.aigul, values=values).sessions == 3
    assert [row.seats_max for row in rows_of(batch)] == [2, 3, 3, 3]
    assert OutgoingMessage.objects.filter(letter="events/details_changed").count() == 1
    with pytest.raises(Refused) as caught:
        services.change_following(session=rows[1], by=cast.aigul, values={"grade": 8})
    assert caught.value.codes == ["one_at_a_time"]


def test_fewer_places_than_mentors_anywhere_is_refused(cast, plan):
    batch = make(cast, plan, at_once=True)
    rows = rows_of(batch)
    hold(cast.yerbol, rows[3])
    hold_second(rows[3], cast.nurlan)
    with pytest.raises(Refused) as caught:
        services.change_following(session=rows[0], by=cast.aigul, values={"seats_max": 1})
    assert caught.value.codes == ["below_bookings"]


def hold_second(session, person) -> Booking:
    return Booking.objects.create(
        session=session, person=person, seat_no=2, state="confirmed", starts_at=session.starts_at,
        ends_at=session.ends_at,
    )  # fmt: skip


def test_a_session_of_no_series_has_nothing_that_follows(cast, sign_in):
    session = make_session(cast, starts_at=moment(tuesday()))
    with pytest.raises(Refused) as caught:
        following(cast, session)
    assert caught.value.codes == ["not_a_series"]
    assert "scope" not in sign_in(cast.aigul).get(f"/en/staff/sessions/{session.uuid}/change/").context["form"].fields


def test_this_and_following_on_the_page(cast, plan, sign_in):
    batch = make(cast, plan)
    second = rows_of(batch)[1]
    form = typed(plan, seen=1, scope="following", day=second.day.isoformat(), starts="14:00", ends="14:45")
    page = f"/en/staff/sessions/{second.uuid}/change/"
    assert sign_in(cast.aigul).post(page, form).status_code == 302
    assert [hour for _day, hour in hours(batch)] == [10, 14, 14, 14]
    assert sign_in(cast.bolat).post(page, form).status_code == 404
    assert sign_in(cast.gulnara).post(page, form).status_code == 403


# --- taken back -----------------------------------------------------------------------------------------------


def test_one_click_takes_back_what_nobody_has_booked(cast, plan, sign_in):
    """Scenario 31."""
    batch = make(cast, plan, at_once=True)
    aigul, page = sign_in(cast.aigul), f"/en/staff/batches/{batch.uuid}/"
    assert 'data-testid="move-undo"' in aigul.get(page).content.decode()
    for _click in range(2):
        assert aigul.post(f"{page}undo/").url == page
    assert {row.state for row in rows_of(batch)} == {"cancelled"}
    assert SessionBatch.objects.get().undone_at
    assert LogEntry.objects.filter(action="undo_batch").count() == 1
    assert 'data-testid="move-undo"' not in aigul.get(page).content.decode()


def test_the_school_reads_what_is_taken_back_in_one_letter(cast, plan):
    batch = make(cast, plan, at_once=True)
    for _again in range(2):
        services.undo_batch(batch=batch, by=cast.aigul)
    letter = OutgoingMessage.objects.get(letter="events/to_school_sessions_off")
    assert letter.recipient == cast.gulnara
    assert letter.text.count("10:00") == 4
    assert not OutgoingMessage.objects.exclude(pk=letter.pk).exists()


def test_the_school_does_not_read_of_drafts_that_are_taken_back(cast, plan):
    services.undo_batch(batch=make(cast, plan), by=cast.aigul)
    assert not OutgoingMessage.objects.exists()


def test_what_is_booked_stands_in_the_way(cast, plan, sign_in):
    batch = make(cast, plan, at_once=True)
    first, second, *_rest = rows_of(batch)
    hold(cast.yerbol, first)
    WaitlistEntry.objects.create(session=second, person=cast.nurlan)
    page = sign_in(cast.aigul).get(f"/en/staff/batches/{batch.uuid}/").text
    assert 'data-testid="move-undo"' not in page
    assert page.count('data-code="booked"') == 2
    response = sign_in(cast.aigul).post(f"/en/staff/batches/{batch.uuid}/undo/")
    assert response.status_code == 409
    assert response.content.decode().count('data-code="booked"') == 2
    assert {row.state for row in rows_of(batch)} == {"published"}
    Booking.objects.update(state="cancelled_by_mentor")
    WaitlistEntry.objects.update(state="left")
    services.undo_batch(batch=batch, by=cast.aigul)
    assert {row.state for row in rows_of(batch)} == {"cancelled"}
    assert Booking.objects.get().state == "cancelled_by_mentor"  # what was booked once stays in history (I24)


def test_the_page_of_a_batch_costs_the_same_for_few_and_for_many(cast, plan, sign_in):
    client, costs = sign_in(cast.aigul), []
    for count in (1, 2, 6):  # the first page of all fills caches
        batch = make(cast, plan, count, at_once=True)
        WaitlistEntry.objects.bulk_create(WaitlistEntry(session=row, person=cast.yerbol) for row in rows_of(batch))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/en/staff/batches/{batch.uuid}/").text.count('data-code="booked"') == count
        costs.append(len(queries))
    assert costs[1] == costs[2]


def test_what_has_begun_stands_in_the_way(cast, plan):
    batch = make(cast, plan, at_once=True)
    with pytest.raises(Refused) as caught:
        services.undo_batch(batch=batch, by=cast.aigul, now=moment(tuesday(1), 11))
    assert caught.value.codes == ["past", "past"]


def test_others_do_not_take_it_back(cast, plan, sign_in):
    batch = make(cast, plan)
    page = f"/en/staff/batches/{batch.uuid}/"
    for user, status in ((cast.bolat, 404), (cast.gulnara, 403), (cast.dana, 403), (cast.nurlan.user, 403)):
        assert sign_in(user).get(page).status_code == status
        assert sign_in(user).post(f"{page}undo/").status_code == status
    assert {row.state for row in rows_of(batch)} == {"draft"}
