"""Several people at the same moment: real threads and connections, committed data, both engines."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from events import services
from events.models import Booking, SchoolSession
from mentors.models import Limits
from mentors.services import add_exclusion
from portal.access import Role
from portal.management import demo
from portal.models import OutgoingMessage, School, StaffTask
from tests.events.builders import at, make_session
from tests.people import make_cast
from tests.racing import attempt, together
from volunteers.models import ReasonCode
from volunteers.services import standing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def committed(transactional_db):
    """The cast in a database that really commits."""
    return make_cast()


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


def test_one_mentor_and_six_schools_whose_sessions_are_too_close(committed, sign_in):
    """No two of them overlap: only the way between them is too short, which the database does not know."""
    schools = School.objects.filter(district=committed.taraz)[:6]
    sessions = [
        make_session(committed, starts_at=at(7, 10 + turn // 2, 30 * (turn % 2)), minutes=25, school=school)
        for turn, school in enumerate(schools)
    ]
    clients = [sign_in(committed.nurlan.user) for _session in sessions]
    answers = Counter(together(*map(booking_by, clients, sessions)))
    assert set(answers) == {302, 409}
    held = sorted(Booking.objects.holding().values_list("starts_at", "ends_at"))
    assert len(held) == answers[302]
    assert all(later - ended >= timedelta(minutes=60) for (_s, ended), (later, _e) in pairwise(held))


def test_a_cap_holds_against_many_clicks(committed):
    Limits.objects.create(person=committed.nurlan, per_day=2)
    sessions = [make_session(committed, starts_at=at(7, 9 + turn)) for turn in range(6)]
    answers = together(*(attempt(services.book, session=row, by=committed.nurlan.user) for row in sessions))
    assert sorted(answers) == [*["cap"] * 4, "done", "done"]


def test_the_coordinator_and_a_mentor_want_the_last_place(committed):
    for turn in range(4):
        session = make_session(committed, starts_at=at(7 + turn))
        answers = together(
            attempt(services.book, session=session, by=committed.yerbol.user),
            attempt(services.book_for, session=session, person=committed.nurlan, by=committed.aigul),
        )
        assert sorted(answers) == ["done", "full"]


def test_two_mentors_change_places(committed):
    """Each move locks both sessions, in the order of their ids whichever way it goes: nobody waits for the other."""
    one, other = make_session(committed, seats_max=2), make_session(committed, starts_at=at(9), seats_max=2)
    first = services.book(session=one, by=committed.nurlan.user)
    second = services.book(session=other, by=committed.yerbol.user)
    why = {"by": committed.aigul, "reason": "They asked for it."}
    answers = together(
        attempt(services.move_to, booking=first, session=other, **why),
        attempt(services.move_to, booking=second, session=one, **why),
    )
    assert answers == ["done", "done"]
    assert one.bookings.holding().get().person == committed.yerbol
    assert other.bookings.holding().get().person == committed.nurlan


def test_an_exclusion_wins_over_booking(committed):
    sessions = [make_session(committed, starts_at=at(7 + turn)) for turn in range(4)]
    exclude = attempt(
        add_exclusion,
        person=committed.nurlan,
        by=committed.dana,
        kind="school",
        school=committed.school,
        why="The school asked for it.",
    )
    together(*(attempt(services.book, session=row, by=committed.nurlan.user) for row in sessions), exclude)
    assert not Booking.objects.holding().exists()


def test_a_double_click_is_one_booking_and_one_letter(committed, sign_in):
    session, client = make_session(committed), sign_in(committed.nurlan.user)
    cookies = client.cookies

    def click():
        tab = sign_in(committed.nurlan.user)
        tab.cookies = cookies
        return tab.post(f"/en/sessions/{session.uuid}/book/").status_code

    assert together(*[click] * 6) == [302] * 6
    assert Booking.objects.count() == 1
    for letter in ("booked", "to_school_booked"):
        assert OutgoingMessage.objects.filter(letter=f"events/{letter}").count() == 1


def test_suspension_wins_over_booking(committed):
    reason = ReasonCode.objects.filter(is_active=True).first()
    sessions = [make_session(committed, starts_at=at(7 + turn)) for turn in range(4)]

    def suspend():
        standing.suspend(person=committed.nurlan, by=committed.aigul, reason_code=reason, note="test")
        return "suspended"

    answers = together(*(attempt(services.book, session=row, by=committed.nurlan.user) for row in sessions), suspend)
    assert answers[-1] == "suspended"
    assert not Booking.objects.holding().filter(starts_at__gt=timezone.now()).exists()
    released = Booking.objects.filter(state="revoked").count()
    assert released == answers.count("done")
    assert StaffTask.objects.filter(kind=StaffTask.Kind.BOOKING_RELEASED).count() == released


def test_the_session_is_cancelled_while_they_book(committed, mentors):
    session = make_session(committed, seats_max=8)

    def cancel():
        services.cancel_session(session=session, by=committed.aigul, reason="Quarantine")
        return "cancelled"

    answers = together(*(attempt(services.book, session=session, by=person.user) for person in mentors), cancel)
    assert SchoolSession.objects.get(pk=session.pk).state == "cancelled"
    assert not session.bookings.holding().exists()
    told = OutgoingMessage.objects.filter(letter="events/session_cancelled").count()
    assert told == session.bookings.count() == answers.count("done")


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
