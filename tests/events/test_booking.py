"""Booking and cancelling as the mentor meets them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from events import services
from events.models import Booking
from events.states import BookingState
from portal.models import Language, OutgoingMessage
from portal.refusals import NotAllowed, Refused
from tests.events.builders import at, make_session
from volunteers.models import Approval

pytestmark = pytest.mark.django_db


def post_book(client, session):
    return client.post(f"/en/sessions/{session.uuid}/book/")


def reasons(response) -> set[str]:
    return set(re.findall(r'data-testid="reason" data-code="([^"]+)"', response.content.decode()))


def letters(name: str):
    return OutgoingMessage.objects.filter(letter=f"events/{name}")


def test_a_cleared_mentor_books_and_both_sides_hear_of_it(cast, sign_in):
    session = make_session(cast)
    client = sign_in(cast.nurlan.user)
    assert b'data-testid="move-book"' in client.get(f"/en/sessions/{session.uuid}/").content
    response = post_book(client, session)
    assert response.status_code == 302
    booking = Booking.objects.get()
    assert (booking.state, booking.confirmed_version, booking.seat_no) == (BookingState.CONFIRMED, 1, 1)
    assert letters("booked").get().recipient == cast.nurlan.user
    assert letters("to_school_booked").get().recipient == cast.gulnara
    page = client.get(response.url).content.decode()
    assert 'data-state="confirmed"' in page
    assert 'data-testid="move-cancel_booking"' in page
    assert 'data-testid="move-book"' not in page


def test_without_a_named_adult_the_booking_waits_for_the_school(cast):
    booking = services.book(session=make_session(cast, school_adult_name=""), by=cast.nurlan.user)
    assert booking.state == BookingState.PENDING


def test_three_adults_are_not_reached_by_one_mentor(cast):
    session = make_session(cast, adults_min=3, seats_max=2)
    assert services.book(session=session, by=cast.nurlan.user).state == BookingState.PENDING
    assert services.book(session=session, by=cast.yerbol.user).state == BookingState.CONFIRMED


def test_the_last_place_is_gone(cast, sign_in):
    session = make_session(cast)
    services.book(session=session, by=cast.nurlan.user)
    response = post_book(sign_in(cast.yerbol.user), session)
    assert response.status_code == 409
    assert "All places are taken." in response.content.decode()
    assert session.bookings.count() == 1


def test_two_places_take_two_mentors_with_a_seat_each(cast):
    session = make_session(cast, seats_max=2)
    for person in (cast.nurlan, cast.yerbol):
        services.book(session=session, by=person.user)
    assert sorted(session.bookings.values_list("seat_no", flat=True)) == [1, 2]


def test_a_repeated_booking_is_the_same_booking_and_one_letter(cast, sign_in):
    session, client = make_session(cast), sign_in(cast.nurlan.user)
    assert [post_book(client, session).status_code for _time in range(3)] == [302, 302, 302]
    assert Booking.objects.count() == letters("booked").count() == letters("to_school_booked").count() == 1


def test_the_way_between_schools_is_kept_and_inside_a_school_it_is_not_needed(cast, sign_in):
    services.book(session=make_session(cast, starts_at=at(7, 10)), by=cast.nurlan.user)
    elsewhere = make_session(cast, starts_at=at(7, 10, 45), school=cast.other_school)
    response = post_book(sign_in(cast.nurlan.user), elsewhere)
    assert response.status_code == 409
    assert reasons(response) == {"overlap"}
    assert cast.school.name_en in response.content.decode()  # the clash is named
    same_school = make_session(cast, starts_at=at(7, 10, 45))
    assert services.book(session=same_school, by=cast.nurlan.user).holds
    too_early = make_session(cast, starts_at=at(7, 8, 30), school=cast.other_school)
    with pytest.raises(Refused) as refusal:
        services.book(session=too_early, by=cast.nurlan.user)
    assert refusal.value.codes == ["overlap"]
    exactly_after_the_way = make_session(cast, starts_at=at(7, 12, 30), school=cast.other_school)
    assert services.book(session=exactly_after_the_way, by=cast.nurlan.user).holds


def test_the_same_moment_in_the_same_school_overlaps(cast):
    services.book(session=make_session(cast, starts_at=at(7, 10)), by=cast.nurlan.user)
    with pytest.raises(Refused) as refusal:
        services.book(session=make_session(cast, starts_at=at(7, 10, 30)), by=cast.nurlan.user)
    assert refusal.value.codes == ["overlap"]
    assert "60" not in refusal.value.reasons[0].text  # no way to keep time for


def test_the_day_of_the_session_counts_and_the_last_day_is_inside(cast, sign_in):
    """Nurlan's certificate ends in 20 days."""
    client = sign_in(cast.nurlan.user)
    assert post_book(client, make_session(cast, starts_at=at(10))).status_code == 302
    assert post_book(client, make_session(cast, starts_at=at(20))).status_code == 302
    for days in (21, 30):
        response = post_book(client, make_session(cast, starts_at=at(days)))
        assert response.status_code == 409
        assert reasons(response) == {"expired:criminal_record"}
        assert 'href="/en/my/"' in response.content.decode()  # where to renew


def test_the_day_is_almatys_and_not_utcs(cast):
    """00:30 in Almaty is still the day before in UTC: the certificate ended."""
    last = at(20, 23, 0)
    assert services.book(session=make_session(cast, starts_at=last), by=cast.nurlan.user).holds
    with pytest.raises(Refused) as refusal:
        services.book(session=make_session(cast, starts_at=at(21, 0, 30)), by=cast.nurlan.user)
    assert refusal.value.codes == ["expired:criminal_record"]


def test_all_reasons_come_at_once(cast):
    uzbek = Language.objects.exclude(code__in=["kk", "ru"]).first()
    session = make_session(cast, starts_at=at(30), language=uzbek, opens_at=at(25))
    with pytest.raises(Refused) as refusal:
        services.book(session=session, by=cast.nurlan.user)
    assert set(refusal.value.codes) == {"not_open_yet", "language", "expired:criminal_record"}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"opens_at": at(1)}, "not_open_yet"),
        ({"closes_at": at(-1)}, "booking_closed"),
        ({"starts_at": at(-1)}, "past"),
        ({"state": "cancelled"}, "wrong_state"),
        ({"state": "finished"}, "wrong_state"),
    ],
)
def test_when_booking_is_not_open(cast, sign_in, fields, code):
    session, client = make_session(cast, **fields), sign_in(cast.nurlan.user)
    assert b'data-testid="move-book"' not in client.get(f"/en/sessions/{session.uuid}/").content
    response = post_book(client, session)
    assert response.status_code == 409
    assert reasons(response) == {code}


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_moment_of_opening_is_told(cast, sign_in, language):
    session = make_session(cast, opens_at=at(1, 9))
    response = sign_in(cast.nurlan.user).post(f"/{language}/sessions/{session.uuid}/book/")
    assert response.status_code == 409
    assert "9:00" in response.content.decode()


def test_a_session_that_needs_experience_keeps_its_last_place(cast):
    """Whose approval asked for one first visit, and who has made it, is neither a beginner nor experienced yet."""
    visit(cast, make_session(cast, starts_at=at(-9)))
    Approval.objects.filter(person=cast.nurlan).update(probation_visits=1)
    Approval.objects.filter(person=cast.yerbol).update(probation_visits=3)
    session = make_session(cast, seats_max=2, needs_lead=True)
    services.book(session=session, by=cast.nurlan.user)
    with pytest.raises(Refused) as refusal:
        services.book(session=session, by=cast.yerbol.user)
    assert refusal.value.codes == ["needs_lead"]


def test_a_mentor_with_three_visits_is_the_lead(cast):
    for days in (-9, -8, -7):
        visit(cast, make_session(cast, starts_at=at(days)))
    booking = services.book(session=make_session(cast, needs_lead=True), by=cast.nurlan.user)
    assert booking.role == Booking.Role.LEAD


def visit(cast, session):
    booking = Booking.objects.create(
        session=session,
        person=cast.nurlan,
        seat_no=1,
        state=BookingState.CONFIRMED,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
    )
    return services.confirm_attendance(booking=booking, by=cast.gulnara, result="attended")


def test_drafts_and_strangers(cast, sign_in):
    draft = make_session(cast, state="draft")
    assert post_book(sign_in(cast.nurlan.user), draft).status_code == 404
    session = make_session(cast)
    assert post_book(sign_in(cast.serik), session).status_code == 404  # no mentor: he does not see it
    assert post_book(sign_in(cast.aigul), session).status_code == 403
    with pytest.raises(NotAllowed):
        services.book(session=session, by=cast.aigul)
    assert Booking.objects.count() == 0


def test_he_cancels_early_without_a_reason_and_may_book_again(cast, sign_in):
    session, client = make_session(cast), sign_in(cast.nurlan.user)
    post_book(client, session)
    first = Booking.objects.get()
    url = f"/en/bookings/{first.uuid}/cancel/"
    assert client.post(url).status_code == 302
    assert client.post(url).status_code == 302  # a second click changes nothing
    first.refresh_from_db()
    assert first.state == BookingState.CANCELLED_BY_MENTOR
    assert letters("booking_cancelled").count() == letters("to_school_visit_off").count() == 1
    post_book(client, session)
    assert list(session.bookings.order_by("pk").values_list("state", flat=True)) == ["cancelled_by_mentor", "confirmed"]


def test_close_to_the_visit_a_reason_is_asked_at_the_field(cast, sign_in):
    session, client = make_session(cast, starts_at=at(1, 23)), sign_in(cast.nurlan.user)
    booking = services.book(session=session, by=cast.nurlan.user)
    url = f"/en/bookings/{booking.uuid}/cancel/"
    response = client.post(url, {"reason": " "})
    assert response.status_code == 200
    assert 'data-testid="error-summary"' in response.content.decode()
    with pytest.raises(Refused) as refusal:
        services.cancel_booking(booking=booking, by=cast.nurlan.user)
    assert refusal.value.codes == ["reason_missing"]
    assert client.post(url, {"reason": "I fell ill"}).status_code == 302
    booking.refresh_from_db()
    assert (booking.state, booking.reason) == ("cancelled_by_mentor", "I fell ill")
    assert "fell ill" not in letters("to_school_visit_off").get().text


def test_the_coordinator_of_the_district_hears_of_a_late_cancellation(cast):
    early, late = make_session(cast), make_session(cast, starts_at=at(8))
    for session, before in ((early, timedelta(days=3)), (late, timedelta(hours=5))):
        booking = services.book(session=session, by=cast.nurlan.user)
        moment = session.starts_at - before
        services.cancel_booking(booking=booking, by=cast.nurlan.user, reason="I fell ill", now=moment)
    letter = letters("to_coordinator_late_cancel").get()
    assert letter.recipient == cast.aigul
    assert f"/staff/sessions/{late.uuid}/" in letter.text


def test_what_has_begun_is_not_cancelled(cast):
    session = make_session(cast)
    booking = services.book(session=session, by=cast.nurlan.user)
    moment = session.starts_at + timedelta(minutes=1)
    with pytest.raises(Refused) as refusal:
        services.cancel_booking(booking=booking, by=cast.nurlan.user, reason="late", now=moment)
    assert refusal.value.codes == ["past"]


def test_nobody_cancels_another_mentors_visit(cast, sign_in):
    booking = services.book(session=make_session(cast), by=cast.nurlan.user)
    assert sign_in(cast.yerbol.user).post(f"/en/bookings/{booking.uuid}/cancel/").status_code == 404
    assert sign_in(cast.bolat).post(f"/en/school/visits/{booking.uuid}/cancel/", {"reason": "x"}).status_code == 404
    booking.refresh_from_db()
    assert booking.holds
