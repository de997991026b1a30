"""A note or question at booking (S28)."""

from __future__ import annotations

import pytest

from events import services
from events.models import Booking
from events.services.forgetting import forget_visits
from portal.models import OutgoingMessage
from portal.refusals import Refused
from tests.events.builders import at, make_session
from tests.events.test_booking import letters, reasons

pytestmark = pytest.mark.django_db
NOTE, ANSWER = "Is there a projector?", "There is one in room 12."


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


def test_moved_to_another_session_it_goes_along(cast):
    booking = services.book(session=make_session(cast), by=cast.nurlan.user, note=NOTE)
    there = make_session(cast, starts_at=at(9), school=cast.other_school)
    moved = services.move_to(booking=booking, session=there, by=cast.aigul, reason="The first one is full of guests.")
    assert moved.note == NOTE


class TestLater:
    """A visit that came without a note: from the waiting list, from a colleague, by the coordinator."""

    @pytest.fixture
    def visit(self, cast):
        return services.book_for(session=make_session(cast), person=cast.nurlan, by=cast.aigul)

    def test_it_is_written_on_the_page_of_the_session(self, cast, visit, sign_in):
        client, url = sign_in(cast.nurlan.user), f"/en/sessions/{visit.session.uuid}/note/"
        page = f"/en/sessions/{visit.session.uuid}/"
        assert 'data-testid="move-note"' in client.get(page).content.decode()
        for typed in ("", "x" * 301):
            answer = client.post(url, {"note": typed})
            assert answer.status_code == 422
            assert typed in answer.content.decode()
        for _click in range(2):
            assert client.post(url, {"note": f" {NOTE}"}).status_code == 302
        visit.refresh_from_db()
        assert visit.note == NOTE
        assert NOTE in letters("to_school_note").get().text
        assert NOTE in sign_in(cast.gulnara).get("/en/school/").content.decode()
        shown = client.get(page).content.decode()
        assert NOTE in shown
        assert "move-note" not in shown
        assert client.get(url).url == page

    def test_once(self, cast, visit):
        services.write_note(booking=visit, by=cast.nurlan.user, note=NOTE)
        assert refused(visit, cast.nurlan.user, "Another") == ["noted"]

    def test_only_his_own_and_while_it_is_his(self, cast, visit, sign_in):
        for user in (cast.aigul, cast.gulnara):
            assert refused(visit, user, NOTE) == ["not_yours"]
        url = f"/en/sessions/{visit.session.uuid}/note/"
        for user in (cast.aigul, cast.gulnara, cast.yerbol.user):
            assert sign_in(user).post(url, {"note": NOTE}).status_code == 404
        services.cancel_booking(booking=visit, by=cast.nurlan.user, reason="Ill")
        assert refused(visit, cast.nurlan.user, " ") == ["note_missing", "wrong_state"]
        assert refused(visit, cast.nurlan.user, NOTE, now=at(8)) == ["wrong_state", "past"]
        assert not letters("to_school_note").exists()

    def test_a_colleagues_note_is_not_handed_over_with_his_visit(self, cast):
        visit = services.book(session=make_session(cast), by=cast.nurlan.user, note=NOTE)
        offer = services.offer_swap(booking=visit, by=cast.nurlan.user)
        taken = services.take_swap(offer=offer, by=cast.yerbol.user)
        assert taken.note == ""
        services.write_note(booking=taken, by=cast.yerbol.user, note="I bring my own.")
        assert letters("to_school_note").get().text.count("I bring my own.") == 1


def refused(booking, by, note: str, **more) -> list[str]:
    with pytest.raises(Refused) as refusal:
        services.write_note(booking=booking, by=by, note=note, **more)
    return refusal.value.codes


class TestTheAnswer:
    @pytest.fixture
    def visit(self, cast):
        return services.book(session=make_session(cast), by=cast.nurlan.user, note=NOTE)

    @pytest.mark.parametrize("who", ["gulnara", "aigul"])
    def test_the_mentor_reads_it_in_a_letter_and_on_his_page(self, cast, visit, sign_in, who):
        client, url = sign_in(getattr(cast, who)), f"/en/school/visits/{visit.uuid}/answer/"
        page = client.get(url).url
        assert 'data-testid="move-answer_note"' in client.get(page).text
        for typed in ("", "x" * 301):
            assert typed in client.post(url, {"answer": typed}).text
        for _click in range(2):
            assert client.post(url, {"answer": f" {ANSWER}"}).url == page
        letter = letters("note_answered").get()
        assert letter.recipient == cast.nurlan.user
        assert NOTE in letter.text
        assert ANSWER in letter.text
        assert ANSWER in sign_in(cast.nurlan.user).get(f"/en/sessions/{visit.session.uuid}/").text
        shown = client.get(page).text
        assert ANSWER in shown
        assert "move-answer_note" not in shown

    def test_once_of_a_note_and_before_the_visit(self, cast, visit):
        services.answer_note(booking=visit, by=cast.gulnara, answer=ANSWER)
        assert not_answered(visit, cast.gulnara, "No", now=at(8)) == ["answered", "past"]
        silent = services.book(session=make_session(cast), by=cast.yerbol.user)
        assert not_answered(silent, cast.gulnara, " ") == ["answer_missing", "no_note"]
        services.cancel_booking(booking=silent, by=cast.yerbol.user)
        assert not_answered(silent, cast.gulnara, ANSWER) == ["no_note", "wrong_state"]

    def test_by_nobody_else(self, cast, visit, sign_in):
        assert not_answered(visit, cast.nurlan.user, ANSWER) == ["not_yours"]
        url = f"/en/school/visits/{visit.uuid}/answer/"
        assert sign_in(cast.bolat).post(url, {"answer": ANSWER}).status_code == 404
        assert not letters("note_answered").exists()


def not_answered(booking, by, answer: str, **more) -> list[str]:
    with pytest.raises(Refused) as refusal:
        services.answer_note(booking=booking, by=by, answer=answer, **more)
    return refusal.value.codes


def test_it_is_forgotten_with_the_mentor(cast):
    visit = services.book_for(session=make_session(cast), person=cast.nurlan, by=cast.aigul)
    services.write_note(booking=visit, by=cast.nurlan.user, note=NOTE)
    services.answer_note(booking=visit, by=cast.gulnara, answer=ANSWER)
    forget_visits(cast.nurlan)
    visit.refresh_from_db()
    assert (visit.note, visit.answer) == ("", "")
    assert not OutgoingMessage.objects.filter(text__contains=ANSWER).exists()
    assert not OutgoingMessage.objects.filter(text__contains=NOTE).exists()
