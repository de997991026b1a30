"""What the mentor's own page says first: an offered place, a colleague's request, a change, the visit of tomorrow. And the
list of sessions, where a full one can be waited for."""

from __future__ import annotations

import pytest
from django.urls import reverse

from events import services
from events.models import Booking, SwapOffer, WaitlistEntry
from events.services.swaps import last_moment
from events.states import BookingState
from tests.events.builders import make_session
from tests.events.test_assuring import held
from tests.events.visits import hold

pytestmark = pytest.mark.django_db


def home(sign_in, person) -> str:
    return sign_in(person.user).get(reverse("my_home")).content.decode()


def test_nothing_waits_for_his_word(cast, sign_in):
    hold(cast.nurlan, make_session(cast))
    assert 'data-testid="flag"' not in home(sign_in, cast.nurlan)


def test_a_place_that_is_offered(cast, sign_in):
    session = make_session(cast)
    hold(cast.nurlan, session)
    entry = services.join(session=session, by=cast.yerbol.user)
    assert 'data-code="place_offered"' not in home(sign_in, cast.yerbol)
    services.cancel_booking(booking=session.bookings.get(), by=cast.nurlan.user)
    shown = home(sign_in, cast.yerbol)
    assert 'data-code="place_offered"' in shown
    assert reverse("session_detail", args=[session.uuid]) in shown
    services.decline_place(entry=entry, by=cast.yerbol.user)
    assert 'data-code="place_offered"' not in home(sign_in, cast.yerbol)


def test_a_colleague_who_asks_him(cast, sign_in):
    booking = hold(cast.nurlan, make_session(cast))
    SwapOffer.objects.create(booking=booking, to_person=cast.yerbol, expires_at=last_moment(booking.session))
    assert 'data-code="asked_to_take"' in home(sign_in, cast.yerbol)
    assert 'data-testid="flag"' not in home(sign_in, cast.nurlan)


def test_a_change_that_awaits_his_word(cast, sign_in):
    booking = hold(cast.nurlan, make_session(cast, version=2))
    Booking.objects.filter(pk=booking.pk).update(state=BookingState.RECONFIRM_NEEDED, confirmed_version=1)
    assert 'data-code="changed"' in home(sign_in, cast.nurlan)


def test_the_visit_of_tomorrow_by_one_press(cast, sign_in):
    booking = held(cast)
    button = reverse("booking_assure", args=[booking.uuid])
    assert button in home(sign_in, cast.nurlan)
    sign_in(cast.nurlan.user).post(button)
    assert button not in home(sign_in, cast.nurlan)


def test_a_full_session_in_the_list_can_be_waited_for(cast, sign_in):
    session = make_session(cast)
    hold(cast.nurlan, session)
    client, url = sign_in(cast.yerbol.user), f"{reverse('session_list')}?show=all"
    join = reverse("session_join", args=[session.uuid])
    assert join in client.get(url).content.decode()
    assert join not in sign_in(cast.nurlan.user).get(url).content.decode()  # he is booked
    client.post(join)
    assert WaitlistEntry.objects.in_line().get().person == cast.yerbol
    page = client.get(url).content.decode()
    assert join not in page
    assert 'data-state="waiting"' in page
