"""What must hold after servers were killed: what the portal has told is so, and nothing is there twice."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta
from itertools import combinations

from django.utils import timezone

from events.models import Booking
from events.states import BookingState
from portal.models import LogEntry, OutgoingMessage
from tests.crash.clients import Mentor
from tests.crash.house import House, until

WHOLE = {"supervisor": 1, "web": 1, "web child": 2, "worker": 1, "clock": 1}
State = OutgoingMessage.State


def settle(house: House) -> None:
    """Until all letters have left. Whose sender died are held by its lease of two minutes, which is ended here."""
    until(house.answers, 60, "the portal answers again")
    until(lambda: house.roles() == WHOLE, 60, "all processes run, and no other")
    until(lambda: not OutgoingMessage.objects.filter(state=State.SCHEDULED).exists(), 90, "no letter waits")
    time.sleep(2)  # whoever is sending now is done
    held = OutgoingMessage.objects.filter(state=State.LOCKED)
    held.update(locked_until=timezone.now() - timedelta(seconds=1))
    until(lambda: not OutgoingMessage.objects.exclude(state=State.SENT).exists(), 60, "the sweep has sent the rest")
    time.sleep(1)


def check(mentors: list[Mentor], post: list[str], *, repeats: int) -> None:
    """All of it. `post` are the Message-IDs that the mail server saw, `repeats` how many senders died."""
    check_bookings(mentors)
    check_invariants()
    check_letters()
    check_post(post, repeats)


def told(mentors: list[Mentor], post: list[str]) -> str:
    unanswered = sum(mentor.seen.unanswered for mentor in mentors)
    again = len(post) - len(set(post))
    return (
        f"{Booking.objects.count()} bookings, {len(post)} letters, {again} of them again, {unanswered} times no answer"
    )


def check_bookings(mentors: list[Mentor]) -> None:
    """What the portal has told is so, and what is so was told or never answered."""
    states = {str(uuid): state for uuid, state in Booking.objects.values_list("uuid", "state")}
    holding = {str(uuid) for uuid in Booking.objects.holding().values_list("uuid", flat=True)}
    for mentor in mentors:
        seen = mentor.seen
        assert seen.lost == []
        assert seen.booked <= states.keys()
        assert {states[uuid] for uuid in seen.cancelled} <= {BookingState.CANCELLED_BY_MENTOR}
        assert seen.booked - seen.asked_to_cancel <= holding
    shown = set().union(*(mentor.seen.booked for mentor in mentors))
    assert len(shown) > 5  # a slow machine books little
    codes = [booking.code for booking in Booking.objects.all()]
    logged = LogEntry.objects.filter(action="book").values_list("object_code", flat=True)
    assert sorted(logged) == sorted(codes)


def check_invariants() -> None:
    """I1, I2, I3."""
    held = list(Booking.objects.holding().select_related("session"))
    assert len({(row.session_id, row.person_id) for row in held}) == len(held)
    for one, other in combinations(held, 2):
        if one.person_id == other.person_id:
            assert one.starts_at >= other.ends_at or other.starts_at >= one.ends_at
    places = Counter(row.session_id for row in held)
    assert all(places[row.session_id] <= row.session.seats_max for row in held)
    assert len({(row.session_id, row.seat_no) for row in held}) == len(held)


def check_letters() -> None:
    """One letter to the mentor of every booking, one of every cancelling, and as many to the school; all have left."""
    keys = Counter(OutgoingMessage.objects.values_list("letter", "about"))
    codes = {booking.code: booking.state for booking in Booking.objects.all()}
    cancelled = {code for code, state in codes.items() if state == BookingState.CANCELLED_BY_MENTOR}
    assert {about for letter, about in keys if letter == "events/booked"} == codes.keys()
    assert {about for letter, about in keys if letter == "events/booking_cancelled"} == cancelled
    ours = ("events/booked", "events/booking_cancelled")
    assert {number for (letter, _about), number in keys.items() if letter in ours} == {1}
    assert set(OutgoingMessage.objects.values_list("state", flat=True)) == {State.SENT}


def check_post(post: list[str], repeats: int) -> None:
    """What the mail server saw: every letter, nothing else, and no more repeats than senders that died."""
    rows = {f"<{uuid}@127.0.0.1>" for uuid in OutgoingMessage.objects.values_list("uuid", flat=True)}
    assert set(post) == rows
    assert len(post) - len(rows) <= repeats
