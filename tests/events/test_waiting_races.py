"""The waiting list and handovers at the same moment: real threads and connections, committed data, both engines."""

from __future__ import annotations

from datetime import timedelta

import pytest

from events import services
from events.models import Booking, SwapOffer
from portal.management import demo
from portal.models import OutgoingMessage
from tests.events.builders import at, make_session
from tests.people import make_cast
from tests.racing import attempt, together

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)
ROUNDS = 3


@pytest.fixture
def committed(transactional_db):
    """The cast in a database that really commits."""
    return make_cast()


@pytest.fixture
def mentors(committed):
    return [
        demo.make_mentor(
            f"queuer{number}", number=840 + number, staff=committed, district=committed.taraz, family="Ә", given="О"
        )
        for number in range(4)
    ]


def cancelled(committed, session, mentors, moment):
    """A session with all `mentors` in line, whose holder cancels at `moment`."""
    booking = services.book(session=session, by=committed.nurlan.user)
    entries = [services.join(session=session, by=person.user) for person in mentors]
    services.cancel_booking(booking=booking, by=committed.nurlan.user, reason="I fell ill", now=moment)
    return entries


def within_places(session) -> bool:
    """I2."""
    kept = session.waiting.filter(state="offered", shared=False).count()
    return session.bookings.holding().count() + kept <= session.seats_max


def test_all_take_a_shared_offer_at_once(committed, mentors):
    for turn in range(ROUNDS):
        session = make_session(committed, starts_at=at(7 + turn))
        moment = session.starts_at - 20 * HOUR
        entries = cancelled(committed, session, mentors, moment)
        acts = [
            attempt(services.accept_place, entry=entry, by=person.user, now=moment)
            for entry, person in zip(entries, mentors, strict=True)
        ]
        assert sorted(together(*acts)) == ["done", "offer_over", "offer_over", "offer_over"]
        assert session.bookings.holding().count() == 1
        assert sorted(session.waiting.values_list("state", flat=True)) == ["accepted", "waiting", "waiting", "waiting"]


def test_he_takes_it_while_it_runs_out(committed, mentors):
    for turn in range(ROUNDS):
        session = make_session(committed, starts_at=at(7 + turn))
        first, second, *_rest = cancelled(committed, session, mentors, session.starts_at - 100 * HOUR)
        first.refresh_from_db()
        ends = first.offer_expires_at
        took, _lapsed = together(
            attempt(services.accept_place, entry=first, by=mentors[0].user, now=ends - timedelta(seconds=1)),
            lambda ends=ends: services.lapse_offers(ends),
        )
        second.refresh_from_db()
        assert (took, second.state) in {("done", "waiting"), ("offer_over", "offered")}
        assert within_places(session)
        offers = OutgoingMessage.objects.filter(letter="events/place_offered", recipient=mentors[1].user)
        assert offers.count() <= turn + 1


def test_the_job_runs_twice_at_once(committed, mentors):
    session = make_session(committed)
    first, *_rest = cancelled(committed, session, mentors, session.starts_at - 100 * HOUR)
    first.refresh_from_db()
    ends = first.offer_expires_at
    together(*[lambda: services.lapse_offers(ends)] * 4)
    assert list(session.waiting.order_by("pk").values_list("state", flat=True)) == [
        "waiting",
        "offered",
        "waiting",
        "waiting",
    ]
    assert OutgoingMessage.objects.filter(letter="events/offer_over").count() == 1


def test_they_join_and_the_holder_cancels(committed, mentors):
    for turn in range(ROUNDS):
        session = make_session(committed, starts_at=at(7 + turn))
        booking = services.book(session=session, by=committed.nurlan.user)
        acts = [attempt(services.join, session=session, by=person.user) for person in [*mentors[:3], mentors[2]]]
        together(*acts, attempt(services.cancel_booking, booking=booking, by=committed.nurlan.user))
        assert within_places(session)
        assert session.waiting.filter(person=mentors[2]).in_line().count() <= 1
        in_line = session.waiting.in_line()
        assert not in_line.exists() or in_line.filter(state="offered").count() == 1


def test_all_take_a_handover_at_once(committed, mentors):
    for turn in range(ROUNDS):
        session = make_session(committed, starts_at=at(7 + turn))
        booking = services.book(session=session, by=committed.nurlan.user)
        offer = services.offer_swap(booking=booking, by=committed.nurlan.user)
        acts = [attempt(services.take_swap, offer=offer, by=person.user) for person in mentors]
        assert sorted(together(*acts)) == ["done", "swap_over", "swap_over", "swap_over"]
        assert session.bookings.holding().count() == 1
    assert OutgoingMessage.objects.filter(letter="events/handed_over").count() == ROUNDS


def test_he_cancels_while_it_is_taken_over(committed, mentors):
    for turn in range(ROUNDS):
        session = make_session(committed, starts_at=at(7 + turn))
        booking = services.book(session=session, by=committed.nurlan.user)
        offer = services.offer_swap(booking=booking, by=committed.nurlan.user)
        took, gone = together(
            attempt(services.take_swap, offer=offer, by=mentors[0].user),
            attempt(services.cancel_booking, booking=booking, by=committed.nurlan.user),
        )
        assert (took, gone) in {("done", "wrong_state"), ("swap_over", "done")}
        assert session.bookings.holding().count() == (took == "done")


def test_two_exchange_their_visits_at_once(committed, mentors):
    """Locks are taken by rising id of the people, whoever begins."""
    for turn in range(ROUNDS):
        visits = []
        for person, hour in ((mentors[0], 9), (mentors[1], 14)):
            session = make_session(committed, starts_at=at(7 + turn, hour), school=committed.school)
            visits.append(services.book(session=session, by=person.user))
        offers = [services.offer_swap(booking=visit, by=visit.person.user) for visit in visits]
        acts = [
            attempt(services.take_swap, offer=offers[0], by=mentors[1].user),
            attempt(services.take_swap, offer=offers[1], by=mentors[0].user),
        ]
        assert together(*acts) == ["done", "done"]
        assert SwapOffer.objects.filter(state="open").count() == 0
    assert Booking.objects.holding().count() == 2 * ROUNDS


def test_he_takes_his_first_choice_while_the_second_is_cancelled(committed, mentors):
    """Whoever is faster: he holds the first, and the second has ended once."""
    for turn in range(ROUNDS):
        first = make_session(committed, starts_at=at(7 + turn), school=committed.other_school)
        second = make_session(committed, starts_at=at(7 + turn))
        given = services.book(session=second, by=mentors[0].user)
        held = services.book(session=first, by=committed.nurlan.user)
        entry = services.join(session=first, by=mentors[0].user, gives_back=given)
        services.cancel_booking(booking=held, by=committed.nurlan.user)
        took, gone = together(
            attempt(services.accept_place, entry=entry, by=mentors[0].user),
            attempt(services.cancel_booking, booking=given, by=committed.gulnara, reason="The class is away"),
        )
        assert (took, gone) in {("done", "done"), ("done", "wrong_state")}
        assert list(Booking.objects.holding().values_list("session", flat=True)) == [first.pk]
        services.cancel_booking(booking=Booking.objects.holding().get(), by=mentors[0].user)


def test_two_exchange_their_first_and_second_choices_at_once(committed, mentors):
    """Each waits for the other's session with a visit to give: two sessions locked by rising id, and nobody has two."""
    for turn in range(ROUNDS):
        sessions = [
            make_session(committed, starts_at=at(7 + turn), school=school, calendar_reason="Agreed")
            for school in (committed.school, committed.other_school)
        ]
        pair = list(zip(mentors, sessions, reversed(sessions), strict=False))
        visits = [services.book(session=here, by=person.user) for person, here, _there in pair]
        entries = [
            services.join(session=there, by=person.user, gives_back=visit)
            for (person, _here, there), visit in zip(pair, visits, strict=True)
        ]
        for session in sessions:
            services.change_session(session=session, by=committed.aigul, values={"seats_max": 2})
        acts = [
            attempt(services.accept_place, entry=entry, by=person.user)
            for entry, person in zip(entries, mentors, strict=False)
        ]
        assert together(*acts) == ["done", "done"]
        assert all(within_places(session) for session in sessions)
        held = dict(Booking.objects.holding().filter(session__in=sessions).values_list("person", "session"))
        assert held == {person.pk: there.pk for person, _here, there in pair}
