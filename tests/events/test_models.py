"""What the database refuses by itself, on either engine, and the table of moves."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from events import states
from events.models import Booking, SchoolSession
from events.states import HOLDING, BookingState, SessionState
from portal import moves
from tests.events.builders import at, make_session
from tests.events.test_school import hold

pytestmark = pytest.mark.django_db


def refused(make) -> bool:
    try:
        with transaction.atomic():
            make()
    except IntegrityError:
        return True
    return False


def test_overlapping_bookings_of_one_person(cast):
    hold(cast.nurlan, make_session(cast, starts_at=at(7, 10)))
    overlapping = make_session(cast, starts_at=at(7, 10, 30), school=cast.other_school)
    assert refused(lambda: hold(cast.nurlan, overlapping))
    assert not refused(lambda: hold(cast.yerbol, overlapping))
    adjoining = make_session(cast, starts_at=at(7, 10, 45))
    assert not refused(lambda: hold(cast.nurlan, adjoining))


def test_an_ended_booking_overlaps_nothing_until_it_is_revived(cast):
    hold(cast.nurlan, make_session(cast, starts_at=at(7, 10)))
    ended = hold(cast.nurlan, make_session(cast, starts_at=at(7, 10, 30)), BookingState.CANCELLED_BY_MENTOR)
    assert refused(lambda: Booking.objects.filter(pk=ended.pk).update(state=BookingState.CONFIRMED))
    assert not refused(lambda: Booking.objects.filter(pk=ended.pk).update(state=BookingState.RELEASED))


def test_the_guard_against_overlaps_is_still_in_the_schema(db):
    """A migration that alters the table on SQLite drops its triggers (events/database.py)."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'events_booking'")
            assert {name for (name,) in cursor} == {"booking_no_overlap_insert", "booking_no_overlap_update"}
        else:
            cursor.execute("SELECT contype FROM pg_constraint WHERE conname = 'booking_no_overlap'")
            assert cursor.fetchone() == ("x",)


def test_one_place_each_and_one_mentor_a_seat(cast):
    session = make_session(cast, seats_max=2)
    hold(cast.nurlan, session)
    assert refused(lambda: hold(cast.nurlan, session))
    assert refused(lambda: hold(cast.yerbol, session))  # seat 1 again


@pytest.mark.parametrize(
    "fields",
    [
        {"minutes": -5},
        {"minutes": 0},
        {"group_size": 0},
        {"group_size": 61},
        {"seats_min": 2},
        {"seats_min": 0},
        {"seats_max": 11},
        {"adults_min": 1},
    ],
)
def test_sessions_that_must_not_be(cast, fields):
    assert refused(lambda: make_session(cast, **fields))


def test_a_session_over_midnight(cast):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite would need Django's functions in the schema; the service refuses it there")
    assert refused(lambda: make_session(cast, starts_at=at(7, 23, 30)))


def test_codes_and_not_names_are_shown(cast):
    booking = hold(cast.nurlan, make_session(cast))
    assert str(booking) == booking.code
    assert str(booking.session).startswith("SS-")


@pytest.mark.parametrize("state", SessionState.values)
def test_every_move_of_a_session_from_every_state(cast, state):
    session = make_session(cast, state=state)
    allowed = {move.name for move in moves.open_to(states.SESSION_MOVES, session, cast.aigul)}
    expected = {
        "draft": {"publish", "name_adult", "change", "cancel_session", "undo"},
        "published": {"name_adult", "change", "cancel_session", "undo", "start"},
        "in_progress": {"name_adult"},
        "finished": {"name_adult"},
        "closed": set(),
        "cancelled": set(),
    }
    assert allowed == expected[state]
    assert moves.open_to(states.SESSION_MOVES, session, cast.bolat) == []  # another district
    assert moves.open_to(states.SESSION_MOVES, session, cast.nurlan.user) == []


@pytest.mark.parametrize("state", BookingState.values)
def test_every_move_of_a_booking_from_every_state(cast, state):
    booking = hold(cast.nurlan, make_session(cast), state)
    by_school = {move.name for move in moves.open_to(states.BOOKING_MOVES, booking, cast.gulnara)}
    word = {"complete", "excuse", "miss", "cancel_by_school", "cancel_by_coordinator"}
    expected = word if state in HOLDING else set()
    if state in {BookingState.PENDING, BookingState.RECONFIRM_NEEDED}:
        expected = expected | {"confirm_visit"}
    assert by_school == expected
    own = [move.name for move in moves.open_to(states.BOOKING_MOVES, booking, cast.nurlan.user)]
    again = ["confirm_again", "come_and_wait"] if state == BookingState.RECONFIRM_NEEDED else []
    said = ["assure"] if state == BookingState.CONFIRMED else []
    assert own == (["cancel_booking", *again, *said] if state in HOLDING else [])
    assert moves.open_to(states.BOOKING_MOVES, booking, cast.bolat) == []


def test_every_state_is_in_one_group():
    assert set(BookingState) == HOLDING | states.DONE | states.OFF
    assert not HOLDING & states.OFF
    assert SchoolSession._meta.get_field("state").max_length >= max(map(len, SessionState.values))
    assert Booking._meta.get_field("state").max_length >= max(map(len, BookingState.values))
