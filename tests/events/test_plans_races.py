"""Plans changed while others book or plan the same: real threads and connections, both engines."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest

from events import services
from events.models import Booking, SchoolSession, SessionBatch
from events.services.session_templates import template_from
from portal.models import NonTeachingPeriod, OutgoingMessage
from portal.refusals import Refused
from tests.events.builders import at, make_session
from tests.events.test_races import committed, mentors  # noqa: F401 - fixtures
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


def tried(act):
    """`act`, or the codes of its refusal."""

    def run():
        try:
            return act()
        except Refused as refusal:
            return tuple(refusal.codes)

    return run


def change(session, by, **values):
    return tried(lambda: services.change_session(session=session, by=by, values=values))


def book(session, person):
    return tried(lambda: services.book(session=session, by=person.user))


def hours(days: int, hour: int) -> dict:
    return {"starts_at": at(days, hour), "ends_at": at(days, hour, 45)}


def clashes() -> int:
    """Pairs of places that one mentor holds too close to each other."""
    held = list(Booking.objects.holding().order_by("person", "starts_at"))
    pairs = pairwise(held)
    return sum(one.person_id == two.person_id and two.starts_at < one.ends_at for one, two in pairs)


def test_a_session_moves_while_its_mentor_books_the_new_hour(committed):  # noqa: F811
    for turn in range(4):
        first = make_session(committed, starts_at=at(7 + turn, 10), calendar_reason="x")
        second = make_session(committed, starts_at=at(7 + turn, 14), calendar_reason="x")
        services.book(session=first, by=committed.nurlan.user)
        together(change(first, committed.aigul, **hours(7 + turn, 14)), book(second, committed.nurlan))
        assert Booking.objects.holding().filter(session__in=[first, second]).count() == 1
    assert clashes() == 0


def test_two_sessions_of_one_mentor_change_places(committed):  # noqa: F811
    first = make_session(committed, starts_at=at(7, 10), calendar_reason="x")
    second = make_session(committed, starts_at=at(7, 14), calendar_reason="x")
    for session in (first, second):
        services.book(session=session, by=committed.nurlan.user)
    together(
        change(first, committed.aigul, **hours(7, 14)),
        change(second, committed.aigul, **hours(7, 10)),
    )
    assert clashes() == 0
    assert Booking.objects.holding().exists()


def test_places_are_taken_away_while_they_book(committed, mentors):  # noqa: F811
    session = make_session(committed, seats_max=6, calendar_reason="x")
    together(*(book(session, person) for person in mentors), change(session, committed.aigul, seats_max=2))
    session.refresh_from_db()
    assert session.bookings.holding().count() <= session.seats_max


def test_somebody_books_while_it_moves(committed, mentors):  # noqa: F811
    """Whoever has a place afterwards has it at the new time, and was asked again or booked the new one."""
    session = make_session(committed, seats_max=8, calendar_reason="x")
    together(*(book(session, person) for person in mentors), change(session, committed.aigul, **hours(8, 15)))
    session.refresh_from_db()
    for booking in session.bookings.holding().select_related("session"):
        assert booking.starts_at == session.starts_at
        assert booking.awaits_mentor or booking.confirmed_version == session.version


def test_one_form_sent_six_times(committed):  # noqa: F811
    plan, key = make_session(committed, calendar_reason="x", state="draft"), uuid4()
    NonTeachingPeriod.objects.all().delete()
    days = [day for day in (at(7 + turn).date() for turn in range(4)) if day.weekday() != 6]
    plan.pk = None

    def make():
        return services.make_series(plan=plan, days=days, weeks=1, by=committed.aigul, key=key).pk

    assert len(set(together(*[make] * 6))) == 1
    assert SchoolSession.objects.filter(batch__uuid=key).count() == len(days)


def test_two_coordinators_apply_one_template(committed):  # noqa: F811
    NonTeachingPeriod.objects.all().delete()
    template = template_from(make_session(committed))
    template.title = "x"
    services.keep_template(template=template, by=committed.aigul)
    day = next(7 + turn for turn in range(2) if at(7 + turn).weekday() != 6)
    places = [(committed.school, 7), (committed.other_school, 7)]

    def apply():
        plan = {"template": template, "places": places, "starts_at": at(day, 15)}
        return services.apply_template(**plan, by=committed.aigul, key=uuid4()).made

    assert sorted(together(*[apply] * 4)) == [0, 0, 0, 2]
    assert SchoolSession.objects.filter(template=template).count() == 2
    assert SessionBatch.objects.count() == 1


def test_a_batch_is_taken_back_while_they_book(committed, mentors):  # noqa: F811
    batch = SessionBatch.objects.create(kind="series", created_by=committed.aigul)
    rows = [make_session(committed, starts_at=at(7 + turn), batch=batch) for turn in range(3)]
    undo = tried(lambda: services.undo_batch(batch=batch, by=committed.aigul))
    answers = together(*(book(rows[turn % 3], person) for turn, person in enumerate(mentors[:3])), undo)
    states = Counter(row.state for row in batch.sessions.all())
    if batch.sessions.filter(state="cancelled").exists():
        assert states == {"cancelled": 3}
        assert not Booking.objects.holding().exists()
    else:
        assert set(answers[-1]) == {"booked"}


def test_the_mentor_answers_while_it_moves_again(committed):  # noqa: F811
    session = make_session(committed, calendar_reason="x")
    booking = services.book(session=session, by=committed.nurlan.user)
    services.change_session(session=session, by=committed.aigul, values=hours(7, 12))
    again = tried(lambda: services.confirm_again(booking=booking, by=committed.nurlan.user))
    together(again, change(session, committed.aigul, **hours(7, 15)))
    booking, session = Booking.objects.get(pk=booking.pk), SchoolSession.objects.get(pk=session.pk)
    assert booking.starts_at == session.starts_at == at(7, 15)
    assert booking.awaits_mentor or booking.confirmed_version == session.version == 3
    assert session.ends_at - session.starts_at == timedelta(minutes=45)


def test_two_coordinators_move_one_session_at_once(committed):  # noqa: F811
    """Each has the page of the same version before him: one moves it, the other is told, and every mentor reads once."""
    for turn in range(4):
        session = make_session(committed, starts_at=at(7 + turn, 10), calendar_reason="x")
        booking = services.book(session=session, by=committed.nurlan.user)

        def move(hour, session=session, day=7 + turn):
            values = {**hours(day, hour), "calendar_reason": "x"}
            return tried(
                lambda: services.change_session(session=session, by=committed.aigul, values=values, seen=1) and "moved"
            )

        answers = together(move(13), move(16))
        assert sorted(map(str, answers)) == ["('changed_meanwhile',)", "moved"]
        booking.refresh_from_db()
        session.refresh_from_db()
        assert (session.version, booking.starts_at) == (2, session.starts_at)
        assert OutgoingMessage.objects.filter(letter="events/session_changed", about=booking.code).count() == 1


@pytest.mark.parametrize("ended_by", ["session", "mentor"])
def test_it_is_cancelled_while_it_moves(committed, ended_by):  # noqa: F811
    """Whichever comes first, nobody holds a place in what is off, and the last file for his calendar takes it out."""
    for turn in range(4):
        session = make_session(committed, starts_at=at(7 + turn, 10), calendar_reason="x")
        booking = services.book(session=session, by=committed.nurlan.user)

        def end(session=session, booking=booking):
            if ended_by == "mentor":
                return services.cancel_booking(booking=booking, by=committed.nurlan.user).state
            return services.cancel_session(session=session, by=committed.aigul, reason="Quarantine").state

        answers = together(change(session, committed.aigul, **hours(7 + turn, 15)), tried(end))
        assert answers[1].startswith("cancelled")
        booking.refresh_from_db()
        assert not booking.holds
        files = OutgoingMessage.objects.filter(about=booking.code).exclude(attachments=[]).order_by("pk")
        numbers = [int(row.attachments[0]["content"].split("SEQUENCE:")[1].split()[0]) for row in files]
        assert numbers == sorted(set(numbers))
        assert "METHOD:CANCEL" in files.last().attachments[0]["content"]
