"""Which letters about visits go by text message too: news of what begins within two days, and the last reminder."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from events import services
from events.models import Booking, SchoolSession
from events.notifications.base import urgent_until
from events.services.reminders import plan_reminders
from portal import mail
from portal.models import OutgoingMessage, User
from tests.events.builders import at, make_session

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def phones(cast):
    """Everybody who gets these letters has an e-mail and a verified phone; Yerbol wants no text messages."""
    for number, user in enumerate([cast.nurlan.user, cast.yerbol.user, cast.gulnara, cast.aigul]):
        User.objects.filter(pk=user.pk).update(phone=f"+7700000099{number}", phone_verified=True)
    User.objects.filter(pk=cast.yerbol.user.pk).update(urgent_texts=False)


def texts(**of) -> list[str]:
    rows = OutgoingMessage.objects.filter(channel="sms", **of).order_by("letter", "pk")
    return [letter.removeprefix("events/") for letter in rows.values_list("letter", flat=True)]


def soon(cast, **more) -> SchoolSession:
    """A session tomorrow at noon, on whatever day that is."""
    return make_session(cast, starts_at=at(1, 12), calendar_reason="Agreed", **more)


def taken(cast, session) -> Booking:
    return services.book(session=session, by=User.objects.get(pk=cast.nurlan.user.pk))


def test_a_cancelled_session_is_told_by_both_ways_once(cast):
    session = soon(cast, seats_max=2)
    taken(cast, session), services.book(session=session, by=cast.yerbol.user)
    for _again in range(2):
        services.cancel_session(session=session, by=cast.aigul, reason="The school is closed")
    assert texts() == ["session_cancelled", "to_school_session_cancelled"]
    letters = OutgoingMessage.objects.filter(letter="events/session_cancelled")
    assert sorted(letters.values_list("channel", flat=True)) == ["email", "email", "sms"]
    assert letters.get(channel="sms").useful_until == session.starts_at - HOUR


def test_the_last_reminder_names_a_way_that_there_is(cast):
    """The portal knows no telephone of a school."""
    User.objects.filter(pk=cast.nurlan.user_id).update(language="en")
    session = soon(cast)
    taken(cast, session)
    plan_reminders(session.starts_at - 3 * HOUR)
    text = OutgoingMessage.objects.get(letter="events/reminder_soon", channel="email").text
    assert "cancel on the page at once" in text
    assert "call" not in text


def test_what_begins_later_goes_by_e_mail_alone(cast):
    session = make_session(cast, starts_at=at(3, 12))
    taken(cast, session)
    services.cancel_session(session=session, by=cast.aigul, reason="The school is closed")
    assert texts() == []


def test_who_cancels_himself_needs_no_text_and_the_school_does(cast):
    booking = taken(cast, soon(cast))
    services.cancel_booking(booking=booking, by=cast.nurlan.user, reason="I am ill")
    assert texts() == ["to_school_visit_off"]
    assert texts(recipient=cast.gulnara) == ["to_school_visit_off"]


def test_a_visit_that_somebody_else_cancels(cast):
    booking = taken(cast, soon(cast))
    services.cancel_booking(booking=booking, by=cast.aigul, reason="Another mentor comes")
    assert texts(recipient=cast.nurlan.user) == ["booking_cancelled"]


def test_a_text_names_nobody(cast):
    """What anybody may read on a locked screen: no name of a person, no reason."""
    session = soon(cast)
    booking = taken(cast, session)
    services.cancel_booking(booking=booking, by=cast.aigul, reason="Quarrel with Есімова")
    for row in OutgoingMessage.objects.filter(channel="sms"):
        assert len(row.text) <= 201 and row.attachments == []
        assert not any(name in row.text for name in ("Есімова", cast.nurlan.family_name, cast.nurlan.given_name))


def move(session: SchoolSession, by: User, to: datetime) -> None:
    values = {"starts_at": to, "ends_at": to + 0.75 * HOUR, "calendar_reason": "Agreed"}
    services.change_session(session=session, by=by, values=values)


def test_a_session_that_is_moved_away_from_tomorrow_is_urgent_until_tomorrow(cast):
    session = soon(cast, school_adult_name="")
    booking = taken(cast, session)
    was = session.starts_at
    move(session, cast.aigul, at(9, 11))
    assert texts() == ["session_changed", "to_school_session_changed"]
    assert set(OutgoingMessage.objects.filter(channel="sms").values_list("useful_until", flat=True)) == {was - HOUR}
    assert booking.code == OutgoingMessage.objects.get(channel="sms", letter="events/session_changed").about


def test_one_that_is_moved_from_next_week_to_the_week_after_is_not(cast):
    session = make_session(cast, starts_at=at(8), calendar_reason="Agreed")
    taken(cast, session)
    move(session, cast.aigul, at(9, 11))
    assert texts() == []


def test_a_free_place_close_to_the_session_is_offered_by_both_ways(cast, mentors_in_line):
    session, holder = mentors_in_line
    services.cancel_booking(booking=holder, by=holder.person.user, reason="I am ill", now=session.starts_at - 20 * HOUR)
    assert texts(recipient=cast.nurlan.user) == ["place_offered"]


@pytest.mark.parametrize("end", ["taken", "given back", "gone", "left"])
def test_a_text_about_a_place_that_is_no_longer_offered_does_not_leave(cast, mentors_in_line, end):
    """It may have waited for the morning."""
    session, holder = mentors_in_line
    now = session.starts_at - 20 * HOUR
    services.cancel_booking(booking=holder, by=holder.person.user, reason="I am ill", now=now)
    entry = session.waiting.get()
    if end == "taken":
        services.accept_place(entry=entry, by=cast.nurlan.user, now=now)
    elif end == "given back":
        services.decline_place(entry=entry, by=cast.nurlan.user, now=now)
    elif end == "left":
        services.leave_line(entry=entry, by=cast.nurlan.user, now=now)
    else:
        services.cancel_session(session=session, by=cast.aigul, reason="Quarantine", now=now)
    text = OutgoingMessage.objects.get(letter="events/place_offered", channel="sms")
    assert text.state == OutgoingMessage.State.CANCELLED


def test_a_free_place_with_days_to_answer_by_e_mail(cast, mentors_in_line):
    session, holder = mentors_in_line
    services.cancel_booking(booking=holder, by=holder.person.user, now=session.starts_at - 100 * HOUR)
    assert texts(recipient=cast.nurlan.user) == []


@pytest.fixture
def mentors_in_line(cast) -> tuple[SchoolSession, Booking]:
    """Yerbol has the place, Nurlan waits for it."""
    session = make_session(cast)
    holder = services.book(session=session, by=cast.yerbol.user)
    services.join(session=session, by=User.objects.get(pk=cast.nurlan.user.pk))
    return session, holder


class TestReminders:
    @pytest.fixture
    def booking(self, cast):
        booking = taken(cast, make_session(cast, starts_at=at(20)))
        Booking.objects.filter(pk=booking.pk).update(created_at=at(-10))
        return booking

    def test_only_the_last_one_comes_by_text_too_and_is_written_once(self, booking):
        now = booking.starts_at - 6 * 24 * HOUR
        for _again in range(3):
            plan_reminders(now)
        assert texts() == ["reminder_soon"]
        row = OutgoingMessage.objects.get(channel="sms")
        assert row.state == "scheduled"  # a later run does not take it for one of nobody's
        assert (row.due_at, row.useful_until) == (booking.starts_at - 2 * HOUR, booking.starts_at - 0.5 * HOUR)

    def test_both_are_sent_and_never_again(self, booking):
        plan_reminders(booking.starts_at - 6 * 24 * HOUR)
        now = booking.starts_at - HOUR
        mail.sweep(now=now)
        plan_reminders(now), mail.sweep(now=now)
        soon = OutgoingMessage.objects.filter(letter="events/reminder_soon")
        assert list(soon.values_list("state", flat=True)) == ["sent", "sent"]

    def test_a_cancelled_visit_cancels_both(self, cast, booking):
        plan_reminders(booking.starts_at - 6 * 24 * HOUR)
        services.cancel_booking(booking=booking, by=cast.nurlan.user)
        soon = OutgoingMessage.objects.filter(letter="events/reminder_soon")
        assert list(soon.values_list("state", flat=True)) == ["cancelled", "cancelled"]

    def test_a_moved_session_has_one_text_that_waits(self, booking):
        plan_reminders(booking.starts_at - 6 * 24 * HOUR)
        later = booking.starts_at + 48 * HOUR
        SchoolSession.objects.filter(pk=booking.session_id).update(starts_at=later, ends_at=later + HOUR, version=2)
        Booking.objects.filter(pk=booking.pk).update(starts_at=later, ends_at=later + HOUR, state_since=at(-1))
        plan_reminders(booking.starts_at - 4 * 24 * HOUR)
        old, new = OutgoingMessage.objects.filter(channel="sms").order_by("due_at")
        assert (old.state, new.state) == ("cancelled", "scheduled")


def test_until_when_news_are_worth_a_text():
    now = timezone.now()
    assert urgent_until(now + 47 * HOUR) == now + 46 * HOUR
    assert urgent_until(now + 0.5 * HOUR) == now + 0.5 * HOUR  # he may be on his way: it leaves at once
    assert urgent_until(now + 49 * HOUR) is None
    assert urgent_until(now - HOUR) is None
    assert urgent_until(now + 300 * HOUR, now + 10 * HOUR) == now + 9 * HOUR
