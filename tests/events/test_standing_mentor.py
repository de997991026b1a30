"""One mentor books a whole series with one press (S68)."""

from __future__ import annotations

import re

import pytest

from events import services
from events.models import Booking, SessionBatch
from mentors.models import Limits
from portal.models import OutgoingMessage
from tests.events.builders import at, make_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def visits(cast):
    """Three visits to one class, in the days for which everybody is cleared."""
    batch = SessionBatch.objects.create(kind="series", created_by=cast.aigul)
    return [make_session(cast, starts_at=at(days), batch=batch) for days in (6, 12, 18)]


def page_of(session) -> str:
    return f"/en/sessions/{session.uuid}/"


def held_by(person) -> list:
    return list(Booking.objects.holding().filter(person=person).order_by("starts_at").values_list("session", flat=True))


def shown(client, page: str) -> str:
    return client.get(page).content.decode()


def test_this_visit_and_the_later_ones_by_one_press(cast, sign_in, visits):
    client, first = sign_in(cast.nurlan.user), visits[0]
    assert re.search(r"Also the later visits of this series, with the same class: 2", shown(client, page_of(first)))
    typed = {"series": "on", "note": "Is there a projector?"}
    for _double_click in range(2):
        response = client.post(page_of(first) + "book/", typed, follow=True)
        assert response.redirect_chain[-1][0] in ("/en/my/bookings/", page_of(first))
    assert held_by(cast.nurlan) == [session.pk for session in visits]
    assert set(Booking.objects.values_list("note", flat=True)) == {"Is there a projector?"}
    assert OutgoingMessage.objects.filter(letter="events/booked").count() == 3


def test_without_the_tick_it_is_this_one_alone(cast, sign_in, visits):
    sign_in(cast.nurlan.user).post(page_of(visits[0]) + "book/", {})
    assert held_by(cast.nurlan) == [visits[0].pk]


def test_what_is_against_one_of_them_is_told_with_its_day(cast, sign_in, visits):
    other = make_session(cast, starts_at=at(12, 10, 30), school=cast.other_school)
    services.book(session=other, by=cast.nurlan.user)
    response = sign_in(cast.nurlan.user).post(page_of(visits[0]) + "book/", {"series": "on"}, follow=True)
    text = response.content.decode()
    assert "Visits booked: 2" in text
    assert re.search(r"Not booked: \S+\. ", text)
    assert held_by(cast.nurlan) == [visits[0].pk, other.pk, visits[2].pk]


def test_full_ones_and_those_he_has_are_not_counted(cast, sign_in, visits):
    services.book(session=visits[1], by=cast.yerbol.user)
    services.book(session=visits[2], by=cast.nurlan.user)
    assert "Also the later visits" not in shown(sign_in(cast.nurlan.user), page_of(visits[0]))


def test_one_that_is_of_no_series_offers_nothing(cast, sign_in, visits):
    alone = make_session(cast, starts_at=at(5, 16))
    client = sign_in(cast.nurlan.user)
    assert "Also the later visits" not in shown(client, page_of(alone))
    client.post(page_of(alone) + "book/", {"series": "on"})
    assert held_by(cast.nurlan) == [alone.pk]


def test_refused_for_the_first_nothing_is_booked_and_the_tick_is_kept(cast, sign_in, visits):
    Limits.objects.create(person=cast.nurlan, per_day=1)
    services.book(session=make_session(cast, starts_at=at(6, 16)), by=cast.nurlan.user)
    response = sign_in(cast.nurlan.user).post(page_of(visits[0]) + "book/", {"series": "on"})
    assert response.status_code == 409
    assert re.search(r'name="series"[^>]*checked', response.content.decode())
    assert len(held_by(cast.nurlan)) == 1
