"""The school's side: the adult in the room, confirming, attendance and hours (I6, I21, I22)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from events import services
from events.models import Attendance, Booking, HoursEntry
from events.services.reminders import plan_reminders
from events.states import BookingState
from portal.access import Role
from portal.models import OutgoingMessage
from portal.refusals import NotAllowed, Refused
from portal.services import grant_role
from tests.events.asking import make_request
from tests.events.builders import at, make_session
from tests.events.test_booking import reasons
from volunteers.models import ReasonCode, SupervisorAssignment, Suspension

pytestmark = pytest.mark.django_db


@pytest.fixture
def pending(cast):
    """Nurlan's visit to a session whose adult is not named."""
    return services.book(session=make_session(cast, school_adult_name=""), by=cast.nurlan.user)


@pytest.fixture
def past(cast):
    """Nurlan's confirmed visit of yesterday."""
    return hold(cast.nurlan, make_session(cast, starts_at=at(-1)))


def hold(person, session, state=BookingState.CONFIRMED) -> Booking:
    return Booking.objects.create(
        session=session,
        person=person,
        seat_no=1,
        state=state,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
    )


def test_two_adults_or_no_visit(cast, sign_in, pending):
    """Refused without the school's adult, whoever confirms; confirmed once he is named."""
    confirm = f"/en/school/visits/{pending.uuid}/confirm/"
    for user in (cast.gulnara, cast.aigul):
        response = sign_in(user).post(confirm)
        assert response.status_code == 409
        assert reasons(response) == {"adult_missing"}
    gulnara = sign_in(cast.gulnara)
    page = gulnara.get("/en/school/").content.decode()
    assert cast.nurlan.full_name in page
    assert 'data-testid="move-name_adult"' in page
    name = f"/en/school/sessions/{pending.session.uuid}/adult/"
    assert gulnara.post(name, {"name": "  "}).status_code == 200  # the form comes back
    assert gulnara.post(name, {"name": "Байжанова Гүлнара"}).status_code == 302
    assert gulnara.post(confirm).status_code == 302
    assert gulnara.post(confirm).status_code == 302  # a second click sends nothing
    pending.refresh_from_db()
    assert pending.state == BookingState.CONFIRMED
    pending.session.refresh_from_db()
    assert pending.session.school_adult == cast.gulnara  # she named herself
    assert OutgoingMessage.objects.filter(letter="events/visit_confirmed").count() == 1


def test_the_mentor_is_not_his_own_second_adult(cast, pending):
    with pytest.raises(Refused) as refusal:
        services.name_adult(session=pending.session, by=cast.gulnara, name="Нұрлан Мұсаев")
    assert refusal.value.codes == ["adult_is_mentor"]


def test_a_confirmed_visit_keeps_its_second_adult(cast, pending):
    """Naming the mentor himself afterwards would leave one adult in the room."""
    services.name_adult(session=pending.session, by=cast.gulnara, name="Байжанова Гүлнара")
    services.confirm_visit(booking=pending, by=cast.gulnara)
    with pytest.raises(Refused):
        services.name_adult(session=pending.session, by=cast.gulnara, name="Мұсаев Нұрлан")
    pending.session.refresh_from_db()
    assert pending.session.school_adult_name == "Байжанова Гүлнара"


def test_a_contact_person_who_is_the_mentor_does_not_confirm_himself(cast, pending):
    grant_role(user=cast.nurlan.user, role=Role.SCHOOL_CONTACT, by=None, school=cast.school)
    services.name_adult(session=pending.session, by=cast.gulnara, name="Байжанова Гүлнара")
    with pytest.raises(NotAllowed):
        services.confirm_visit(booking=pending, by=cast.nurlan.user)


def test_a_mentor_who_is_no_longer_cleared_is_not_confirmed_and_the_school_is_not_told_why(cast, sign_in, pending):
    services.name_adult(session=pending.session, by=cast.gulnara, name="Байжанова Гүлнара")
    SupervisorAssignment.objects.filter(person=cast.nurlan).update(ends_on=timezone.localdate())
    response = sign_in(cast.gulnara).post(f"/en/school/visits/{pending.uuid}/confirm/")
    assert response.status_code == 409
    assert reasons(response) == {"too_few_adults", "not_cleared"}
    assert "supervisor" not in response.content.decode()
    assert "not cleared for this day" in sign_in(cast.gulnara).get("/en/school/").content.decode()


def test_the_school_reads_name_and_cleared_until_and_no_more(cast, sign_in):
    services.book(session=make_session(cast), by=cast.nurlan.user)
    page = sign_in(cast.gulnara).get("/en/school/").content.decode()
    until = timezone.localdate() + timedelta(days=20)
    assert f"cleared until {until:%d.%m.%Y}" in page
    for secret in (cast.nurlan.phone, cast.nurlan.user.email, "criminal", cast.nurlan.birth_date.isoformat()):
        assert secret not in page


def test_the_school_sends_a_mentor_away_with_a_reason_that_he_reads(cast, sign_in):
    booking = services.book(session=make_session(cast), by=cast.nurlan.user)
    url, client = f"/en/school/visits/{booking.uuid}/cancel/", sign_in(cast.gulnara)
    assert client.post(url, {"reason": ""}).status_code == 200
    assert client.post(url, {"reason": "The class is on a trip"}).status_code == 302
    booking.refresh_from_db()
    assert booking.state == BookingState.CANCELLED_BY_SCHOOL
    letter = OutgoingMessage.objects.get(letter="events/booking_cancelled")
    assert "The class is on a trip" in letter.text
    assert "METHOD:CANCEL" in letter.attachments[0]["content"]
    assert cast.nurlan.full_name not in client.get("/en/school/").content.decode()


def test_a_cancelled_session_tells_every_holder_once(cast, sign_in):
    session = make_session(cast, seats_max=2)
    for person in (cast.nurlan, cast.yerbol):
        services.book(session=session, by=person.user)
    plan_reminders(session.starts_at - timedelta(days=3))
    assert OutgoingMessage.objects.filter(letter="events/reminder", state="scheduled").count() == 2
    url, client = f"/en/school/sessions/{session.uuid}/cancel/", sign_in(cast.aigul)
    assert client.post(url, {"reason": ""}).status_code == 200
    assert client.post(url, {"reason": "Quarantine"}).status_code == 302
    assert client.post(url, {"reason": "Quarantine"}).status_code == 302
    told = OutgoingMessage.objects.filter(letter="events/session_cancelled")
    assert sorted(letter.recipient_id for letter in told) == sorted([cast.nurlan.user_id, cast.yerbol.user_id])
    assert all("Quarantine" in letter.text for letter in told)
    assert OutgoingMessage.objects.get(letter="events/to_school_session_cancelled").recipient == cast.gulnara
    assert set(session.bookings.values_list("state", flat=True)) == {"cancelled_by_coordinator"}
    assert not OutgoingMessage.objects.filter(letter="events/reminder", state="scheduled").exists()


def test_what_the_school_never_saw_is_cancelled_in_silence(cast):
    services.cancel_session(session=make_session(cast, state="draft"), by=cast.aigul, reason="A slip")
    assert not OutgoingMessage.objects.exists()


def test_the_school_reads_of_mentors_only_where_some_were_told(cast):
    """A draft of her request is cancelled: she had read of its day."""
    asked = make_request(cast, "scheduled")
    services.cancel_session(session=make_session(cast, state="draft", request=asked), by=cast.aigul, reason="A slip")
    letter = OutgoingMessage.objects.get()
    assert (letter.letter, letter.recipient) == ("events/to_school_session_cancelled", cast.gulnara)
    with translation.override(letter.language):
        assert _("The session at your school is cancelled. The mentors have been told.") not in letter.text


def test_hours_come_from_the_schools_word_only(cast, sign_in, past):
    mentor = sign_in(cast.nurlan.user)
    assert 'data-testid="hours" data-minutes="0"' in mentor.get("/en/my/bookings/").content.decode()
    client = sign_in(cast.gulnara)
    assert 'data-testid="move-confirm_attendance"' in client.get("/en/school/").content.decode()
    url = f"/en/school/visits/{past.uuid}/attendance/"
    answer = {"result": "attended", "minutes": "50", "pupils_present": "22"}
    assert client.post(url, answer).status_code == 302
    assert client.post(url, answer).status_code == 302
    assert HoursEntry.objects.get().minutes == 50
    past.refresh_from_db()
    assert past.state == BookingState.COMPLETED
    assert past.attendance.pupils_present == 22
    assert 'data-testid="hours" data-minutes="50"' in mentor.get("/en/my/bookings/").content.decode()
    response = client.post(url, {"result": "no_show"})
    assert response.status_code == 409
    assert reasons(response) == {"wrong_state"}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"minutes": 61}, "minutes"),
        ({"minutes": 0}, "minutes"),
        ({"result": "partial"}, "minutes_missing"),
        ({"pupils_present": 900}, "pupils"),
    ],
)
def test_attendance_that_cannot_be(cast, past, answer, code):
    with pytest.raises(Refused) as refusal:
        services.confirm_attendance(booking=past, by=cast.gulnara, **({"result": "attended"} | answer))
    assert refusal.value.codes == [code]
    assert not HoursEntry.objects.exists()


def test_the_tolerance_is_fifteen_minutes(cast, past):
    services.confirm_attendance(booking=past, by=cast.gulnara, result="attended", minutes=60)
    assert HoursEntry.objects.get().minutes == 60


@pytest.mark.parametrize(("result", "state"), [("no_show", "no_show"), ("excused", "excused")])
def test_who_was_not_there_gets_no_hours(cast, past, result, state):
    services.confirm_attendance(booking=past, by=cast.aigul, result=result)
    past.refresh_from_db()
    assert past.state == state
    assert not HoursEntry.objects.exists()


def test_nobody_was_in_the_room_with_the_mentor(cast):
    booking = hold(cast.nurlan, make_session(cast, starts_at=at(-1), school_adult_name=""), BookingState.PENDING)
    with pytest.raises(Refused) as refusal:
        services.confirm_attendance(booking=booking, by=cast.gulnara, result="attended")
    assert refusal.value.codes == ["adult_missing"]
    services.name_adult(session=booking.session, by=cast.gulnara, name="Байжанова Гүлнара")
    services.confirm_attendance(booking=booking, by=cast.gulnara, result="attended")
    assert HoursEntry.objects.get().minutes == 45


def test_a_visit_that_has_not_begun_has_no_attendance(cast, sign_in):
    booking = services.book(session=make_session(cast), by=cast.nurlan.user)
    response = sign_in(cast.gulnara).post(f"/en/school/visits/{booking.uuid}/attendance/", {"result": "attended"})
    assert response.status_code == 409
    assert reasons(response) == {"not_begun"}


def test_another_school_and_another_district_do_not_exist(cast, sign_in):
    session = make_session(cast, starts_at=at(-1), school=cast.far_school)
    booking = hold(cast.nurlan, session)
    for user in (cast.gulnara, cast.aigul):
        client = sign_in(user)
        assert client.post(f"/en/school/visits/{booking.uuid}/attendance/", {"result": "attended"}).status_code == 404
        assert client.post(f"/en/school/sessions/{session.uuid}/adult/", {"name": "A B"}).status_code == 404
        assert client.post(f"/en/school/sessions/{session.uuid}/cancel/", {"reason": "x"}).status_code == 404
        assert client.get(f"/en/staff/sessions/{session.uuid}/").status_code == 404
        assert str(session.uuid) not in client.get("/en/staff/sessions/").content.decode()
    assert sign_in(cast.bolat).get(f"/en/staff/sessions/{session.uuid}/").status_code == 200
    assert not Attendance.objects.exists()


def test_a_mentor_enters_nobodys_hours(cast, sign_in, past):
    for user in (cast.nurlan.user, cast.yerbol.user):
        response = sign_in(user).post(f"/en/school/visits/{past.uuid}/attendance/", {"result": "attended"})
        assert response.status_code == 403
    with pytest.raises(NotAllowed):
        services.confirm_attendance(booking=past, by=cast.nurlan.user, result="attended")


def test_the_school_never_reads_that_a_mentor_was_released(cast, sign_in):
    booking = services.book(session=make_session(cast), by=cast.nurlan.user)
    Suspension.objects.create(
        person=cast.nurlan, reason_code=ReasonCode.objects.first(), note="secret note", opened_by=cast.aigul
    )
    services.revoke_uncleared(cast.nurlan)
    client = sign_in(cast.gulnara)
    for address in ("/en/school/", f"/en/staff/sessions/{booking.session.uuid}/"):
        page = client.get(address).content.decode()
        assert cast.nurlan.full_name not in page
        assert "revoke" not in page
    assert "revoke" in sign_in(cast.aigul).get(f"/en/staff/sessions/{booking.session.uuid}/").content.decode()
