"""Why a booking is confirmed at once or waits for the school, and what the room would have with a mentor more (S20)."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events import services
from events.models import SchoolSession
from events.services.candidates import candidates
from mentors.services import add_exclusion
from portal.management import demo
from portal.models import LogEntry
from tests.events.builders import at, make_session
from tests.logbook import rewrite
from volunteers.models import ReasonCode, Suspension

pytestmark = pytest.mark.django_db


def trace(session, person) -> dict:
    """What the log keeps of a booking made now."""
    booking = services.book(session=session, by=person.user)
    return LogEntry.objects.get(action="book", object_id=str(booking.pk)).data


def rooms(session, by) -> dict:
    found = candidates(SchoolSession.objects.for_cards().get(pk=session.pk), by, timezone.now())
    return {row.person: (row.room.adults, row.room.needed, row.room.experienced) for row in found}


def page_of(sign_in, user, session) -> str:
    return sign_in(user).get(f"/en/staff/sessions/{session.uuid}/").content.decode()


@pytest.mark.parametrize(
    ("fields", "held_by", "adults", "words"),
    [
        ({}, [], 2, "Confirmed by the rule: the school has named its adult. Adults in the room: 2."),
        ({"school_adult_name": ""}, ["adult_missing"], 1, "Waits for the school: no adult is named."),
        ({"adults_min": 3, "seats_max": 2}, ["too_few_adults"], 2, "Waits for the school: too few adults."),
        ({"school_adult_name": "Мұсаев Нұрлан"}, ["adult_is_mentor"], 1, "the adult is the mentor himself"),
    ],
)
def test_the_log_says_why(cast, sign_in, fields, held_by, adults, words):
    session = make_session(cast, **fields)
    data = trace(session, cast.nurlan)
    assert (data["held_by"], data["adults"]) == (held_by, adults)
    assert session.bookings.get().state == ("pending" if held_by else "confirmed")
    assert words in page_of(sign_in, cast.aigul, session)


def test_relatives_are_one_adult_in_the_log(cast):
    session = make_session(cast, adults_min=3, seats_max=2)
    add_exclusion(person=cast.nurlan, by=cast.dana, kind="relatives", other=cast.yerbol, why="They are brothers.")
    trace(session, cast.nurlan)
    data = trace(session, cast.yerbol)
    assert (data["held_by"], data["adults"]) == (["too_few_adults"], 2)


def test_an_entry_from_before_says_nothing(cast, sign_in):
    session = make_session(cast)
    services.book(session=session, by=cast.nurlan.user)
    rewrite(LogEntry.objects.filter(action="book"), data={"seat": 1, "source": "self"})
    assert "Confirmed by the rule" not in page_of(sign_in, cast.aigul, session)


def test_what_the_room_would_have(cast, sign_in):
    session = make_session(cast, adults_min=3, seats_max=3)
    other = demo.make_mentor("first", number=95, staff=cast, district=cast.taraz, family="Ж", given="Ж")
    services.book_for(session=session, person=cast.yerbol, by=cast.aigul)
    assert rooms(session, cast.aigul)[cast.nurlan][:2] == (3, 3)
    assert rooms(session, cast.aigul)[other][:2] == (3, 3)
    Suspension.objects.create(person=other, reason_code=ReasonCode.objects.all()[0], note="n", opened_by=cast.aigul)
    assert other not in rooms(session, cast.aigul) or rooms(session, cast.aigul)[other][0] == 2
    add_exclusion(person=cast.nurlan, by=cast.dana, kind="relatives", other=cast.yerbol, why="They are brothers.")
    assert rooms(session, cast.aigul)[cast.nurlan][:2] == (2, 3)  # relatives count once
    page = sign_in(cast.aigul).get(f"/en/staff/sessions/{session.uuid}/mentors/").content.decode()
    assert re.search(r'data-testid="room" data-adults="2" data-needed="3"', page)


def test_the_preview_tells_whether_an_experienced_mentor_comes(cast):
    session = make_session(cast, seats_max=3)
    cast.yerbol.approvals.update(probation_visits=3)
    assert {person: room[2] for person, room in rooms(session, cast.aigul).items()} == {
        cast.nurlan: True,
        cast.yerbol: False,
    }
    services.book(session=session, by=cast.nurlan.user)
    assert rooms(session, cast.aigul)[cast.yerbol] == (3, 2, True)


def test_the_preview_without_a_named_adult(cast):
    assert rooms(make_session(cast, school_adult_name=""), cast.aigul)[cast.nurlan][0] == 1


def test_the_preview_costs_the_same_for_one_and_for_many(cast):
    session = make_session(cast, starts_at=at(8), seats_max=5)
    for number in (96, 97, 98):
        with CaptureQueriesContext(connection) as queries:
            rooms(session, cast.aigul)
        assert len(queries) <= 14
        demo.make_mentor(f"m{number}", number=number, staff=cast, district=cast.taraz, family="Ж", given="Ж")
        services.book_for(
            session=session,
            person=demo.make_mentor(
                f"n{number}", number=number - 10, staff=cast, district=cast.taraz, family="Ж", given="Ж"
            ),
            by=cast.aigul,
        )
