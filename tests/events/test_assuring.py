"""“Still coming?”: one press on the day before, from the letter or from the mentor's own pages (S49)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from events import services
from events.models import Booking, SchoolSession
from events.services import assuring
from events.services.marks import marks_of
from events.services.reconfirming import confirm_again
from events.services.reminders import plan_reminders
from events.states import BookingState
from portal.models import LogEntry, OutgoingMessage
from portal.refusals import NotAllowed, Refused
from tests.events.builders import at, make_session
from tests.events.visits import hold

pytestmark = pytest.mark.django_db


def soon(hours: float = 5):
    """So many hours from now, on the same day in Almaty as an hour later."""
    moment = timezone.now().replace(second=0, microsecond=0) + timedelta(hours=hours)
    ends = timezone.localtime(moment + timedelta(hours=1))
    return moment if ends.date() == timezone.localdate(moment) else moment + timedelta(hours=1)


def held(cast, *, starts_at=None, state=BookingState.CONFIRMED, person=None, **more) -> Booking:
    """Nurlan's visit, booked ten days before it."""
    session = make_session(cast, starts_at=starts_at or soon(), **more)
    booking = hold(person or cast.nurlan, session, state)
    before = session.starts_at - timedelta(days=10)
    Booking.objects.filter(pk=booking.pk).update(created_at=before, state_since=before)
    return Booking.objects.with_session().get(pk=booking.pk)


def path(booking) -> str:
    return reverse("coming", args=[assuring.link_of(booking)])


def said(booking):
    booking.refresh_from_db()
    return booking.assured_at


def test_he_says_that_he_comes_and_a_repeated_press_changes_nothing(cast):
    booking = held(cast)
    first = services.assure(booking=booking, by=cast.nurlan.user)
    assert first.state == BookingState.CONFIRMED
    assert services.assure(booking=booking, by=cast.nurlan.user).assured_at == first.assured_at
    assert LogEntry.objects.filter(action="assure").count() == 1
    assert not OutgoingMessage.objects.exists()


@pytest.mark.parametrize(
    ("state", "hours", "code"),
    [
        (BookingState.CONFIRMED, 40, "too_early"),
        (BookingState.CONFIRMED, -1, "past"),
        (BookingState.PENDING, 5, "wrong_state"),
        (BookingState.RECONFIRM_NEEDED, 5, "wrong_state"),
        (BookingState.CANCELLED_BY_MENTOR, 5, "wrong_state"),
    ],
)
def test_when_it_cannot_be_said(cast, state, hours, code):
    starts_at = soon()
    booking = held(cast, starts_at=starts_at, state=state)
    with pytest.raises(Refused) as refusal:
        services.assure(booking=booking, by=cast.nurlan.user, now=starts_at - timedelta(hours=hours))
    assert refusal.value.codes == [code]
    assert said(booking) is None


def test_nobody_else_says_it_for_him(cast, sign_in):
    booking = held(cast)
    for by in (cast.aigul, cast.gulnara):
        with pytest.raises(NotAllowed):
            services.assure(booking=booking, by=by)
    for stranger in (cast.bolat, cast.yerbol.user):
        assert sign_in(stranger).post(reverse("booking_assure", args=[booking.uuid])).status_code == 404
    assert said(booking) is None


def test_the_letter_of_the_day_before_asks_and_its_link_needs_no_account(cast, client):
    booking = held(cast, starts_at=at(5))
    plan_reminders(at(4, 8))
    letter = OutgoingMessage.objects.get(letter="events/reminder")
    assert path(booking).split("/coming/")[1] in letter.text
    assert letter.is_secret
    assert letter.due_at == booking.starts_at - timedelta(hours=24)
    week = OutgoingMessage.objects.filter(letter="events/reminder_soon").get()
    assert "/coming/" not in week.text


def test_one_press_behind_the_link(cast, client):
    booking = held(cast)
    page = client.get(path(booking))
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert page["Referrer-Policy"] == "same-origin"
    assert 'data-testid="move-assure"' in page.content.decode()
    assert said(booking) is None  # a scanner of mail opened it
    assert client.head(path(booking)).status_code == 200
    assert said(booking) is None
    answer = client.post(path(booking), follow=True)
    assert 'data-testid="assured"' in answer.content.decode()
    first = said(booking)
    assert first
    assert client.post(path(booking)).status_code == 302
    assert said(booking) == first
    entry = LogEntry.objects.get(action="assure")
    assert entry.actor == cast.nurlan.user
    assert entry.data == {"link": True}


def test_i_cannot_leads_to_the_page_that_asks_to_sign_in(cast, client):
    booking = held(cast)
    target = reverse("session_detail", args=[booking.session.uuid])
    assert f'href="{target}#mine"' in client.get(path(booking)).content.decode()
    assert "/account/login/" in client.get(target)["Location"]


def test_links_that_open_nothing(cast, client):
    booking = held(cast)
    url = path(booking)
    token = assuring.link_of(booking)
    for wrong in (token[:-1] + ("A" if token[-1] != "A" else "B"), f"{booking.uuid.hex}.1:x", "x" * 43, "x.y:z"):
        assert client.get(reverse("coming", args=[wrong])).status_code == 404
    SchoolSession.objects.filter(pk=booking.session_id).update(version=2)
    assert client.post(url).status_code == 404  # it was moved since
    SchoolSession.objects.filter(pk=booking.session_id).update(version=1)
    assert client.get(url).status_code == 200
    Booking.objects.filter(pk=booking.pk).update(starts_at=timezone.now() - timedelta(minutes=1))
    assert client.get(url).status_code == 404  # it has begun
    assert said(booking) is None


def test_who_is_signed_in_as_somebody_else_does_not_answer_for_him(cast, sign_in):
    booking = held(cast)
    for other in (cast.aigul, cast.gulnara, cast.yerbol.user):
        client = sign_in(other)
        assert client.get(path(booking)).status_code == 403
        assert client.post(path(booking)).status_code == 403
    assert said(booking) is None
    assert sign_in(cast.nurlan.user).post(path(booking)).status_code == 302
    assert said(booking)


def test_a_visit_that_is_not_confirmed_shows_its_state_behind_the_link(cast, client):
    booking = held(cast, state=BookingState.PENDING)
    page = client.get(path(booking)).content.decode()
    assert 'data-state="pending"' in page
    assert "move-assure" not in page
    assert client.post(path(booking)).status_code == 409


def test_behind_the_link_he_answers_to_a_changed_time_too(cast, client):
    """One press says both: that he comes at the new time, and that he comes."""
    booking = held(cast, state=BookingState.RECONFIRM_NEEDED)
    Booking.objects.filter(pk=booking.pk).update(confirmed_version=None)
    page = client.get(path(booking)).content.decode()
    assert 'data-testid="move-assure"' in page
    answer = client.post(path(booking), follow=True).content.decode()
    assert 'data-testid="assured"' in answer and "move-assure" not in answer
    first = said(booking)
    assert (booking.state, bool(first)) == (BookingState.CONFIRMED, True)
    assert client.post(path(booking)).status_code == 302
    assert said(booking) == first
    entry = LogEntry.objects.get(action="confirm_again")
    assert (entry.actor, entry.data["link"]) == (cast.nurlan.user, True)


def test_behind_the_link_a_visit_that_then_waits_for_the_school(cast, client):
    booking = held(cast, state=BookingState.RECONFIRM_NEEDED, school_adult_name="")
    Booking.objects.filter(pk=booking.pk).update(confirmed_version=None)
    answer = client.post(path(booking), follow=True).content.decode()
    assert 'data-state="pending"' in answer and "move-assure" not in answer


def test_a_changed_time_asks_anew(cast):
    booking = held(cast, starts_at=at(1))
    services.assure(booking=booking, by=cast.nurlan.user, now=at(1, 8))
    values = {"starts_at": at(3, 11), "ends_at": at(3, 12), "calendar_reason": "x"}
    services.change_session(session=booking.session, by=cast.aigul, values=values)
    assert said(booking) is None
    confirm_again(booking=booking, by=cast.nurlan.user)
    booking = Booking.objects.with_session().get(pk=booking.pk)
    assert booking.state == BookingState.CONFIRMED
    assert booking.assured_at is None
    assert assuring.awaits_word(booking, at(3, 9))


def test_who_has_just_spoken_was_not_asked(cast):
    booking = held(cast)
    now = timezone.now()
    assert assuring.awaits_word(booking, now)
    booking.created_at = now - timedelta(hours=1)
    assert not assuring.awaits_word(booking, now)  # booked today


def test_the_mentors_pages_have_the_button(cast, sign_in):
    booking, far = held(cast), held(cast, starts_at=at(9))
    client = sign_in(cast.nurlan.user)
    button = reverse("booking_assure", args=[booking.uuid])
    for url in (reverse("my_bookings"), reverse("session_detail", args=[booking.session.uuid])):
        assert button in client.get(url).content.decode()
    assert reverse("booking_assure", args=[far.uuid]) not in client.get(reverse("my_bookings")).content.decode()
    assert client.get(button).status_code == 302
    assert client.post(button, follow=True).status_code == 200
    assert said(booking)
    assert button not in client.get(reverse("my_bookings")).content.decode()


def test_school_and_coordinator_see_who_has_said_it_and_the_silent_keep_their_place(cast, sign_in):
    booking = held(cast)
    session = booking.session
    pages = [(cast.gulnara, reverse("school_home")), (cast.aigul, reverse("staff_session", args=[session.uuid]))]
    for by, url in pages:
        assert 'data-testid="awaits-word"' in sign_in(by).get(url).content.decode()
    (row,) = SchoolSession.objects.for_cards().filter(pk=session.pk)
    assert "not_assured" in [mark.code for mark in marks_of([row], timezone.now())[row.pk]]
    services.assure(booking=booking, by=cast.nurlan.user)
    for by, url in pages:
        page = sign_in(by).get(url).content.decode()
        assert 'data-testid="assured"' in page
        assert 'data-testid="awaits-word"' not in page
    assert "not_assured" not in [mark.code for mark in marks_of([row], timezone.now())[row.pk]]
    silent = held(cast, person=cast.yerbol, starts_at=soon(3))
    plan_reminders(timezone.now())
    silent.refresh_from_db()
    assert silent.state == BookingState.CONFIRMED
