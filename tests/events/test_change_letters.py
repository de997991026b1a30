"""Who has to do with several sessions of one change reads one letter; who waits for a place hears of it too."""

from __future__ import annotations

import pytest
from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from icalendar import Calendar

from events import services
from events.models import Booking, WaitlistEntry
from events.states import BookingState, WaitState
from portal.models import OutgoingMessage, User
from tests.events.test_changing import move, planned
from tests.events.test_series import following, make, ordinary_weeks, plan, rows_of  # noqa: F401 - fixtures
from tests.events.visits import hold

pytestmark = pytest.mark.django_db


def letters(name: str, user=None):
    found = OutgoingMessage.objects.filter(letter=f"events/{name}")
    return found.filter(recipient=user) if user else found


@pytest.fixture
def series(cast, plan):  # noqa: F811 - a fixture
    """Four published sessions; Yerbol holds a place in all, Nurlan in the first, before his certificate ends."""
    rows = rows_of(make(cast, plan))
    for row in rows:
        services.publish(session=row, by=cast.aigul)
    visits = [hold(cast.yerbol, row) for row in rows]
    hold(cast.nurlan, rows[0], seat_no=2)
    return rows, visits


def test_a_moved_series_is_one_letter_to_each_mentor_and_one_to_the_school(cast, series):
    rows, visits = series
    assert following(cast, rows[0]).asked == 5
    letter = letters("sessions_changed").get()
    assert letter.recipient == cast.yerbol.user
    assert letter.text.count("12:00") == 4
    with translation.override(letter.language):
        before = [localtime(session.starts_at) for session in rows]  # as they were read before the change
        assert [line for line in letter.text.splitlines() if line.startswith(_("Before"))] == [
            f"{_('Before')}: {date_format(moment, 'DATE_FORMAT')}, {date_format(moment, 'TIME_FORMAT')}"
            for moment in before
        ]
    assert [file["name"] for file in letter.attachments] == [f"visit-{place}.ics" for place in (1, 2, 3, 4)]
    uids = set()
    for file in letter.attachments:
        calendar = Calendar.from_ical(file["content"])
        uids |= {str(event["UID"]) for event in calendar.walk("VEVENT")}
        assert calendar["METHOD"] == "REQUEST"
    assert {uid.split("@")[0] for uid in uids} == {f"booking-{visit.uuid}" for visit in visits}
    assert letters("session_changed").get().recipient == cast.nurlan.user  # one visit: the letter as ever
    assert letters("to_school_sessions_changed").get().text.count("10:00") == 4
    assert not letters("to_school_session_changed").exists()
    states = Booking.objects.filter(pk__in=[visit.pk for visit in visits]).values_list("state", flat=True)
    assert set(states) == {BookingState.RECONFIRM_NEEDED}


def test_the_same_change_again_writes_nothing_and_another_one_writes_again(cast, series):
    rows, _visits = series
    following(cast, rows[0])
    following(cast, rows_of(rows[0].batch)[0])
    assert letters("sessions_changed").count() == 1
    following(cast, rows_of(rows[0].batch)[0], hour=11)
    assert letters("sessions_changed").count() == 2
    assert letters("to_school_sessions_changed").count() == 2


def test_a_new_note_of_a_series_is_one_letter_too(cast, series):
    rows, _visits = series
    services.change_following(session=rows[0], by=cast.aigul, values={"notes_for_mentor": "Second entrance"})
    letter = letters("several_details_changed").get()
    assert letter.recipient == cast.yerbol.user
    assert letter.text.count("Second entrance") == 4
    assert letters("details_changed").get().recipient == cast.nurlan.user


def wait(session, person) -> WaitlistEntry:
    return WaitlistEntry.objects.create(session=session, person=person)


def test_who_waits_for_a_moved_session_hears_of_it_once(cast):
    session = planned(cast)
    hold(cast.nurlan, session)
    wait(session, cast.yerbol)
    move(session, cast.aigul)
    move(session, cast.aigul)  # the same again
    letter = letters("session_changed_waiting").get()
    assert letter.recipient == cast.yerbol.user
    assert "12:00" in letter.text
    assert str(session.uuid) in letter.text
    assert not letters("session_changed", cast.yerbol.user).exists()


def test_who_waits_is_not_written_to_about_the_number_of_pupils(cast):
    session = planned(cast)
    hold(cast.nurlan, session)
    wait(session, cast.yerbol)
    services.change_session(session=session, by=cast.aigul, values={"group_size": 20})
    assert not letters("session_changed_waiting").exists()


def test_who_waits_in_several_sessions_of_a_moved_series_gets_one_letter(cast, plan):  # noqa: F811 - a fixture
    plan.seats_max = 1
    rows = rows_of(make(cast, plan))
    for row in rows:
        services.publish(session=row, by=cast.aigul)
        hold(cast.nurlan, row)
        wait(row, cast.yerbol)
    following(cast, rows[0])
    letter = letters("session_changed_waiting").get()
    assert letter.recipient == cast.yerbol.user
    assert letter.text.count("12:00") == 4


def test_who_is_offered_a_place_is_not_told_to_do_nothing(cast):
    """The change itself, or a cancellation before it, may have made it his turn."""
    session = planned(cast)
    holder = services.book(session=session, by=cast.nurlan.user)
    entry = services.join(session=session, by=cast.yerbol.user)
    User.objects.update(language="en")
    services.cancel_booking(booking=holder, by=cast.nurlan.user)
    move(session, cast.aigul)
    entry.refresh_from_db()
    assert entry.state == WaitState.OFFERED
    text = letters("session_changed_waiting").get().text
    assert "whether you take the place" in text
    assert "need to do nothing" not in text
