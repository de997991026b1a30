"""The board of needs (A7): what the coming sessions lack, and how urgent it is."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from events import services
from events.models import Booking, SchoolSession
from events.states import BookingState
from tests.events.builders import at, make_session

pytestmark = pytest.mark.django_db


def page(name: str) -> str:
    with translation.override("en"):
        return reverse(name)


def needs_in(response) -> list[tuple[str, str, list[str]]]:
    """Session, urgency and what it lacks, row by row."""
    rows = response.content.decode().split('data-testid="need"')[1:]
    return [
        (re.search(r'data-uuid="([^"]+)"', row)[1], re.search(r'data-urgency="([^"]*)"', row)[1],
         re.findall(r'data-testid="lacks" data-code="(\w+)"', row))
        for row in rows
    ]  # fmt: skip


def test_what_is_missing_and_how_urgent(cast, sign_in):
    near = make_session(cast, starts_at=at(3, 23, 0), minutes=30)
    soon = make_session(cast, starts_at=at(7), school_adult_name="")
    later = make_session(cast, starts_at=at(8), seats_min=2, seats_max=2)
    services.book(session=later, by=cast.nurlan.user)
    full = make_session(cast, starts_at=at(9))
    services.book(session=full, by=cast.nurlan.user)
    make_session(cast, starts_at=at(31))
    make_session(cast, starts_at=at(4), state="draft")
    make_session(cast, starts_at=at(-1))
    assert needs_in(sign_in(cast.aigul).get(page("staff_needs"))) == [
        (str(near.uuid), "bad", ["mentors"]),
        (str(soon.uuid), "wait", ["mentors", "adult"]),
        (str(later.uuid), "", ["mentors"]),
    ]


def test_a_beginner_who_waits_for_an_experienced_mentor(cast, sign_in):
    session = make_session(cast, seats_max=2)
    booking = services.book(session=session, by=cast.nurlan.user)
    Booking.objects.filter(pk=booking.pk).update(role="second", state=BookingState.RECONFIRM_NEEDED)
    assert [row[2] for row in needs_in(sign_in(cast.aigul).get(page("staff_needs")))] == [["partner"]]
    services.book(session=session, by=cast.yerbol.user)
    assert needs_in(sign_in(cast.aigul).get(page("staff_needs"))) == []


def test_a_visit_that_the_school_has_not_confirmed(cast, sign_in):
    session = make_session(cast, school_adult_name="")
    booking = services.book(session=session, by=cast.nurlan.user)
    services.name_adult(session=session, by=cast.gulnara, name="Есімова Баян")
    client = sign_in(cast.aigul)
    assert [row[2] for row in needs_in(client.get(page("staff_needs")))] == [["unconfirmed"]]
    services.confirm_visit(booking=booking, by=cast.gulnara)
    assert needs_in(client.get(page("staff_needs"))) == []


def test_everybody_sees_his_own_reach(cast, sign_in):
    here, far = make_session(cast), make_session(cast, school=cast.far_school)
    other = make_session(cast, school=cast.other_school)
    seen = {
        name: {row[0] for row in needs_in(sign_in(getattr(cast, name)).get(page("staff_needs")))}
        for name in ("aigul", "bolat", "gulnara", "dana")
    }
    all_of = {str(session.uuid) for session in (here, far, other)}
    assert seen == {
        "aigul": all_of - {str(far.uuid)},
        "bolat": {str(far.uuid)},
        "gulnara": {str(here.uuid)},
        "dana": all_of,
    }


def test_by_district_with_the_urgent_ones(cast, sign_in):
    make_session(cast, starts_at=at(2))
    make_session(cast, starts_at=at(9))
    make_session(cast, starts_at=at(9), school=cast.far_school)
    dana = sign_in(cast.dana)
    html = dana.get(page("staff_needs")).content.decode()
    assert re.findall(r'data-slug="(\w+)">[^<]*: (\d)', html) == [("taraz", "2"), ("zhambyl", "1")]
    assert html.count("urgent: 1") == 1
    assert len(needs_in(dana.get(page("staff_needs") + f"?district={cast.zhambyl.pk}"))) == 1


def test_mentors_read_in_which_district_they_are_needed(cast, sign_in):
    make_session(cast, starts_at=at(9), school=cast.far_school)
    adult = make_session(cast, school_adult_name="")
    services.book(session=adult, by=cast.nurlan.user)  # lacks its adult only: nothing a mentor can give
    html = sign_in(cast.yerbol.user).get(page("session_list")).content.decode()
    assert re.findall(r'data-testid="need" data-district="(\w+)">[^<]*: (\d)', html) == [("zhambyl", "1")]


def test_one_and_many_cost_the_same(cast, sign_in):
    def cost(name):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page(name)).status_code == 200
        return len(queries)

    make_session(cast)
    client = sign_in(cast.dana)
    cost("staff_needs")
    for_one = cost("staff_needs")
    for days in range(2, 22):
        make_session(cast, starts_at=at(days))
    assert SchoolSession.objects.count() == 21
    assert cost("staff_needs") == for_one <= 12
