"""The timeline of a session tells of its waiting list and handovers, to who plans there alone."""

from __future__ import annotations

import pytest

from events import services
from events.models import Booking
from tests.events.builders import make_session
from tests.events.visits import hold

pytestmark = pytest.mark.django_db


def page(sign_in, user, session) -> str:
    return sign_in(user).get(f"/en/staff/sessions/{session.uuid}/").content.decode()


@pytest.fixture
def session(cast):
    """Nurlan booked the one place, Yerbol waited for it, was offered it and did not want it."""
    session = make_session(cast)
    hold(cast.nurlan, session)
    entry = services.join(session=session, by=cast.yerbol.user)
    services.cancel_booking(booking=session.bookings.get(), by=cast.nurlan.user)
    services.decline_place(entry=entry, by=cast.yerbol.user)
    return session


STEPS = ("Waits for a place", "A place was offered from the waiting list", "Did not take the offered place")


def test_the_coordinator_reads_of_the_waiting_list_in_words(cast, sign_in, session):
    shown = page(sign_in, cast.aigul, session)
    for words in STEPS:
        assert words in shown
    assert "offer_place" not in shown
    assert f'data-testid="log-details">{cast.yerbol.full_name}<' in shown  # the portal did it, for him


def test_an_offer_that_was_taken_back_is_not_told_as_one_that_ran_out(cast, sign_in):
    session = make_session(cast, calendar_reason="Agreed")
    hold(cast.nurlan, session)
    services.join(session=session, by=cast.yerbol.user)
    for seats in (2, 1):
        services.change_session(session=session, by=cast.aigul, values={"seats_max": seats})
    shown = page(sign_in, cast.aigul, session)
    assert "The offer of a place was taken back; waits on" in shown
    assert "The offer of a place is over" not in shown


def test_who_does_not_plan_reads_nothing_of_who_waited(cast, sign_in, session):
    for user in (cast.dana, cast.gulnara):
        shown = page(sign_in, user, session)
        assert cast.yerbol.full_name not in shown
        for words in STEPS:
            assert words not in shown


def test_a_handover_is_told_too(cast, sign_in):
    session = make_session(cast)
    booking = hold(cast.nurlan, session)
    offer = services.offer_swap(booking=booking, by=cast.nurlan.user, to_person=None)
    services.take_swap(offer=offer, by=cast.yerbol.user)
    assert Booking.objects.holding().get(session=session).person == cast.yerbol
    shown = page(sign_in, cast.aigul, session)
    assert "A mentor looks for somebody to come in his place" in shown
    assert "A colleague took the visit over" in shown
