"""`kill -9` of web and worker at random moments: nothing is lost, nothing is doubled.

The real processes of `portal/supervisor.conf` over the database of the suite: SQLite, or what `DATABASE_URL` says.
Mentors book and cancel over HTTP without a pause; what died is started again by the supervisor."""

from __future__ import annotations

import random
import sys
import threading
import time
from collections import Counter
from datetime import timedelta
from itertools import combinations

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from events.models import Booking
from events.states import BookingState
from portal.management import demo
from portal.models import LogEntry, OutgoingMessage
from tests.crash.clients import Mentor
from tests.crash.house import House, Mailbox, until
from tests.events.builders import at, make_session
from tests.people import make_cast

pytestmark = [pytest.mark.crash, pytest.mark.django_db(transaction=True)]
SEED = 4
LOAD_SECONDS = 40
PAUSE_SECONDS = (0.2, 2)  # between two kills
FIRST_SECONDS = 5  # killed sooner it would count as a failed start, after three of which the supervisor gives up
VICTIMS = ["web child", "web child", "web", "worker", "worker", "clock"]
WHOLE = {"supervisor": 1, "web": 1, "web child": 2, "worker": 1, "clock": 1}
State = OutgoingMessage.State


@pytest.fixture
def town(transactional_db):
    """Eight mentors; sessions at ten in two schools on the same days, so that they also get into each other's way."""
    call_command("createcachetable", "portal_cache", verbosity=0)
    cast = make_cast()
    more = [
        demo.make_mentor(f"crash{number}", number=800 + number, staff=cast, district=cast.taraz, family="А", given="О")
        for number in range(6)
    ]
    sessions = [
        make_session(cast, starts_at=at(9 + turn), school=school, seats_max=1 + turn % 2)
        for turn in range(8)
        for school in (cast.school, cast.other_school)
    ]
    OutgoingMessage.objects.all().delete()
    return [cast.nurlan, cast.yerbol, *more], sessions


def test_nothing_is_lost_and_nothing_is_doubled(town, sign_in, tmp_path):
    people, sessions = town
    cookies = [sign_in(person.user).cookies["session"].value for person in people]
    connection.close()
    stop = threading.Event()
    with Mailbox() as mailbox, House(tmp_path, mailbox.controller.port) as house:
        addresses = [str(session.uuid) for session in sessions]
        mentors = [Mentor(house.base, cookie, addresses, stop, SEED + turn) for turn, cookie in enumerate(cookies)]
        for mentor in mentors:
            mentor.start()
        kills = kill_at_random(house, random.Random(SEED))
        stop.set()
        for mentor in mentors:
            mentor.join(60)
            assert not mentor.is_alive()
        settle(house)
    assert [mentor.failure for mentor in mentors if mentor.failure] == []
    check_bookings(mentors)
    check_invariants()
    check_letters()
    check_post(mailbox.ids, kills)
    unanswered = sum(mentor.seen.unanswered for mentor in mentors)
    repeats = len(mailbox.ids) - len(set(mailbox.ids))
    sys.stdout.write(
        f"\nkilled {dict(kills)}: {Booking.objects.count()} bookings, {len(mailbox.ids)} letters, {repeats} of them again, "
        f"{unanswered} times no answer\n"
    )


def test_a_house_that_does_not_begin_leaves_nobody_behind(transactional_db, tmp_path):
    class Silent(House):
        def answers(self):
            raise ConnectionError

    house = Silent(tmp_path, 25)
    with pytest.raises(ConnectionError), house:
        pass
    assert list(house.processes()) == []


def kill_at_random(house: House, chance: random.Random) -> Counter:
    """How many of each role were killed: each at least once. A slow machine gets the time to start what died."""
    kills, end = Counter(), time.monotonic() + LOAD_SECONDS
    born: dict[int, float] = {}
    while time.monotonic() < end or len(kills) < len(set(VICTIMS)):
        assert time.monotonic() < end + 180, f"never there to be killed: {set(VICTIMS) - kills.keys()}"
        until(house.answers, 60, "the portal answers again")
        time.sleep(chance.uniform(*PAUSE_SECONDS))
        now, role, running = time.monotonic(), chance.choice(VICTIMS), list(house.processes())
        for process in running:
            born.setdefault(process.pid, now)
        lives = 0 if role == "web child" else FIRST_SECONDS
        victims = [process for process in running if process.role == role and now - born[process.pid] >= lives]
        if victims:
            house.kill(chance.choice(victims))
            kills[role] += 1
    return kills


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


def check_post(ids: list[str], kills: Counter) -> None:
    """What the mail server saw: every letter, nothing else, and no more repeats than senders that died."""
    rows = {f"<{uuid}@127.0.0.1>" for uuid in OutgoingMessage.objects.values_list("uuid", flat=True)}
    assert set(ids) == rows
    assert len(ids) - len(rows) <= kills["worker"]
