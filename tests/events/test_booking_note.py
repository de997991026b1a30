"""A note or question at booking (S28)."""

from __future__ import annotations

import pytest

from events import services
from events.models import Booking
from events.services.forgetting import forget_visits
from portal.models import OutgoingMessage
from tests.events.builders import at, make_session
from tests.events.test_booking import letters, reasons

pytestmark = pytest.mark.django_db
NOTE = "Is there a projector?"


def book(client, session, note: str = NOTE):
    return client.post(f"/en/sessions/{session.uuid}/book/", {"note": note})


def test_the_school_the_coordinator_and_the_mentor_himself_read_it(cast, sign_in):
    session, mentor = make_session(cast), sign_in(cast.nurlan.user)
    assert b'name="note"' in mentor.get(f"/en/sessions/{session.uuid}/").content
    assert book(mentor, session, f"  {NOTE} ").status_code == 302
    assert Booking.objects.get().note == NOTE
    assert NOTE in letters("to_school_booked").get().text
    pages = {
        cast.nurlan.user: f"/en/sessions/{session.uuid}/",
        cast.gulnara: "/en/school/",
        cast.aigul: f"/en/staff/sessions/{session.uuid}/",
    }
    for user, page in pages.items():
        assert NOTE in sign_in(user).get(page).content.decode(), page
    assert NOTE not in sign_in(cast.yerbol.user).get(f"/en/sessions/{session.uuid}/").content.decode()


def test_without_a_note_nothing_is_said_of_it(cast, sign_in):
    session = make_session(cast)
    services.book(session=session, by=cast.nurlan.user)
    assert "The mentor writes" not in OutgoingMessage.objects.get(letter="events/to_school_booked").text
    assert 'data-testid="note"' not in sign_in(cast.gulnara).get("/en/school/").content.decode()


def test_a_refused_booking_keeps_what_was_typed(cast, sign_in):
    session = make_session(cast)
    services.book(session=session, by=cast.yerbol.user)
    response = book(sign_in(cast.nurlan.user), session)
    page = response.content.decode()
    assert (response.status_code, reasons(response)) == (409, {"full"})
    assert NOTE in page
    assert 'data-testid="move-book"' in page
    assert not Booking.objects.filter(person=cast.nurlan).exists()


def test_who_waits_in_the_line_keeps_what_was_typed_too(cast, sign_in):
    session = make_session(cast)
    services.book(session=session, by=cast.yerbol.user)
    services.join(session=session, by=cast.nurlan.user)
    response = book(sign_in(cast.nurlan.user), session)
    assert (response.status_code, reasons(response)) == (409, {"full", "queue"})
    assert NOTE in response.content.decode()


def test_a_note_that_is_too_long_comes_back_with_the_button(cast, sign_in):
    session = make_session(cast)
    response = book(sign_in(cast.nurlan.user), session, "x" * 301)
    page = response.content.decode()
    assert response.status_code == 422
    assert "x" * 301 in page
    assert page.count('data-testid="move-book"') == 1
    assert not Booking.objects.exists()


def test_a_second_click_changes_nothing(cast, sign_in):
    session, client = make_session(cast), sign_in(cast.nurlan.user)
    book(client, session)
    assert book(client, session, "Another").status_code == 302
    assert Booking.objects.get().note == NOTE


def test_the_session_of_others_is_not_found(cast, sign_in):
    hidden = make_session(cast, starts_at=at(9), state="draft")
    assert book(sign_in(cast.nurlan.user), hidden).status_code == 404


def test_it_is_forgotten_with_the_mentor(cast):
    services.book(session=make_session(cast), by=cast.nurlan.user, note=NOTE)
    forget_visits(cast.nurlan)
    assert Booking.objects.get().note == ""
    assert not OutgoingMessage.objects.filter(text__contains=NOTE).exists()
