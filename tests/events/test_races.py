"""Several people at the same moment: real threads and connections, committed data, both engines."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from events import services
from events.models import Booking, SchoolSession
from portal.access import Role
from portal.management import demo
from portal.models import OutgoingMessage, StaffTask
from portal.refusals import Refused
from tests.events.builders import at, make_session
from tests.people import make_cast
from volunteers.models import ReasonCode
from volunteers.services import standing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def committed(transactional_db):
    """The cast in a database that really commits."""
    return make_cast()


def together(*acts) -> list:
    """Runs all acts from one barrier, each in a thread with a connection of its own; the results in the same order."""
    barrier = threading.Barrier(len(acts))

    def run(act):
        try:
            barrier.wait(timeout=20)
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def booking_by(client, session):
    return lambda: client.post(f"/en/sessions/{session.uuid}/book/").status_code


@pytest.fixture
def mentors(committed):
    """Eight cleared mentors."""
    more = [
        demo.make_mentor(f"racer{number}", number=800 + number, staff=committed, district=committed.taraz,
                         family="Әбенов", given="Олжас")
        for number in range(6)
    ]  # fmt: skip
    return [committed.nurlan, committed.yerbol, *more]


def test_eight_mentors_and_one_place(committed, mentors, sign_in):
    for turn in range(3):
        session = make_session(committed, starts_at=at(7 + turn))
        answers = Counter(together(*(booking_by(sign_in(person.user), session) for person in mentors)))
        assert answers == {302: 1, 409: 7}
        assert session.bookings.count() == 1
    assert OutgoingMessage.objects.filter(letter="events/booked").count() == 3


def test_eight_mentors_and_three_places(committed, mentors, sign_in):
    session = make_session(committed, seats_max=3)
    answers = Counter(together(*(booking_by(sign_in(person.user), session) for person in mentors)))
    assert answers == {302: 3, 409: 5}
    assert sorted(session.bookings.values_list("seat_no", flat=True)) == [1, 2, 3]


def test_one_mentor_and_two_sessions_at_the_same_time(committed, sign_in):
    for turn in range(3):
        first = make_session(committed, starts_at=at(7 + turn, 10))
        second = make_session(committed, starts_at=at(7 + turn, 10, 30), school=committed.other_school)
        clients = sign_in(committed.nurlan.user), sign_in(committed.nurlan.user)
        answers = together(booking_by(clients[0], first), booking_by(clients[1], second))
        assert sorted(answers) == [302, 409]
        assert Booking.objects.holding().filter(session__in=[first, second]).count() == 1


def test_a_double_click_is_one_booking_and_one_letter(committed, sign_in):
    session, client = make_session(committed), sign_in(committed.nurlan.user)
    cookies = client.cookies

    def click():
        tab = sign_in(committed.nurlan.user)
        tab.cookies = cookies
        return tab.post(f"/en/sessions/{session.uuid}/book/").status_code

    assert together(*[click] * 6) == [302] * 6
    assert Booking.objects.count() == 1
    for letter in ("booked", "to_school_booked", "reminder"):
        assert OutgoingMessage.objects.filter(letter=f"events/{letter}").count() == 1


def test_suspension_wins_over_booking(committed):
    reason = ReasonCode.objects.filter(is_active=True).first()
    sessions = [make_session(committed, starts_at=at(7 + turn)) for turn in range(4)]

    def book(session):
        try:
            services.book(session=session, by=committed.nurlan.user)
        except Refused:
            return "refused"
        return "booked"

    def suspend():
        standing.suspend(person=committed.nurlan, by=committed.aigul, reason_code=reason, note="test")
        return "suspended"

    answers = together(*(lambda session=session: book(session) for session in sessions), suspend)
    assert answers[-1] == "suspended"
    assert not Booking.objects.holding().filter(starts_at__gt=timezone.now()).exists()
    released = Booking.objects.filter(state="revoked").count()
    assert released == answers.count("booked")
    assert StaffTask.objects.filter(kind=StaffTask.Kind.BOOKING_RELEASED).count() == released


def test_the_session_is_cancelled_while_they_book(committed, mentors):
    session = make_session(committed, seats_max=8)

    def book(person):
        try:
            services.book(session=session, by=person.user)
        except Refused:
            return "refused"
        return "booked"

    def cancel():
        services.cancel_session(session=session, by=committed.aigul, reason="Quarantine")
        return "cancelled"

    answers = together(*(lambda person=person: book(person) for person in mentors), cancel)
    assert SchoolSession.objects.get(pk=session.pk).state == "cancelled"
    assert not session.bookings.holding().exists()
    told = OutgoingMessage.objects.filter(letter="events/session_cancelled").count()
    assert told == session.bookings.count() == answers.count("booked")


def test_two_schools_confirm_one_attendance(committed):
    session = make_session(committed, starts_at=at(-1))
    booking = Booking.objects.create(
        session=session,
        person=committed.nurlan,
        seat_no=1,
        state="confirmed",
        starts_at=session.starts_at,
        ends_at=session.ends_at,
    )
    other = demo.make_user("kamila", Role.SCHOOL_CONTACT, school=committed.school)

    def confirm(user):
        services.confirm_attendance(booking=booking, by=user, result="attended")

    together(lambda: confirm(committed.gulnara), lambda: confirm(other))
    assert booking.hours.count() == 1
