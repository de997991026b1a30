"""Check-in: a code that rotates, shown by the school and typed by the mentor (I23). Hours do not follow from it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from events import services
from events.models import Arrival, Booking, HoursEntry
from events.services import arrivals
from events.states import BookingState
from portal.access import Role
from portal.models import LogEntry
from portal.refusals import NotAllowed, Refused
from portal.services import grant_role
from tests.events.builders import at, make_session
from tests.events.test_booking import reasons
from tests.events.visits import hold

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(cast) -> Booking:
    """Nurlan's visit to a session that goes on at this moment, whatever the hour: a session lies in one day."""
    now, midnight = timezone.now(), at(0, hour=0)
    begun = max(midnight, now - timedelta(minutes=10))
    over = min(midnight + timedelta(days=1, seconds=-1), now + timedelta(minutes=35))
    return hold(cast.nurlan, make_session(cast, starts_at=begun, ends_at=max(over, begun + timedelta(seconds=1))))


def here(visit) -> str:
    return f"/en/sessions/{visit.session.uuid}/here/"


def wrong(visit, now=None) -> str:
    now = now or timezone.now()
    right = {arrivals.code_of(visit.session, now + timedelta(seconds=step)) for step in (-60, 0, 60)}
    return next(code for code in ("000000", "111111", "222222", "333333") if code not in right)


def test_the_code_of_the_school_lets_the_mentor_in(cast, sign_in, visit, monkeypatch):
    """I23: the school shows six digits, the mentor sends them by POST, once. The clock stands still: a minute that begins
    meanwhile has another code."""
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    page = sign_in(cast.gulnara).get(f"/en/school/sessions/{visit.session.uuid}/code/")
    code = arrivals.code_of(visit.session, timezone.now())
    assert f"{code[:3]} {code[3:]}" in page.content.decode()
    assert '<meta http-equiv="refresh"' in page.content.decode()
    mentor = sign_in(cast.nurlan.user)
    assert code in mentor.get(f"{here(visit)}?code={code}").content.decode()
    assert not Arrival.objects.exists()  # a GET changes nothing
    assert mentor.post(here(visit), {"code": f"{code[:3]} {code[3:]}"}).status_code == 302
    arrival = Arrival.objects.get()
    assert (arrival.booking, arrival.method, arrival.recorded_by) == (visit, "code", cast.nurlan.user)
    assert 'data-state="arrived"' in mentor.get(here(visit)).content.decode()
    assert mentor.post(here(visit), {"code": code}).status_code == 302  # a replay changes nothing
    assert Arrival.objects.get().arrived_at == arrival.arrived_at
    assert not HoursEntry.objects.exists()


def test_leaving_is_noted_once_and_only_after_arriving(cast, sign_in, visit):
    mentor, url = sign_in(cast.nurlan.user), f"/en/sessions/{visit.session.uuid}/leave/"
    response = mentor.post(url)
    assert (response.status_code, reasons(response)) == (409, {"not_arrived"})
    services.arrive(booking=visit, by=cast.gulnara)
    assert mentor.post(url).status_code == 302
    left = Arrival.objects.get().left_at
    assert left
    assert mentor.post(url).status_code == 302
    assert Arrival.objects.get().left_at == left


@pytest.mark.parametrize(("seconds", "taken"), [(0, True), (60, True), (119, True), (120, False)])
def test_a_code_is_taken_in_its_minute_and_the_next_one(cast, visit, seconds, taken):
    shown_at = timezone.now().replace(second=0, microsecond=0)
    code, typed_at = arrivals.code_of(visit.session, shown_at), shown_at + timedelta(seconds=seconds)
    later = arrivals.code_of(visit.session, typed_at), arrivals.code_of(visit.session, typed_at - timedelta(minutes=1))
    if taken:
        assert services.arrive(booking=visit, by=cast.nurlan.user, code=code, now=typed_at)
    elif code not in later:  # once in half a million the same digits come again
        with pytest.raises(Refused) as refusal:
            services.arrive(booking=visit, by=cast.nurlan.user, code=code, now=typed_at)
        assert refusal.value.codes == ["wrong_code"]


def test_codes_differ_by_session_and_minute(cast, visit):
    now, other = timezone.now(), make_session(cast)
    codes = {arrivals.code_of(visit.session, now + timedelta(minutes=step)) for step in range(20)}
    assert len(codes) > 15
    assert [arrivals.code_of(other, now + timedelta(minutes=step)) for step in range(3)] != [
        arrivals.code_of(visit.session, now + timedelta(minutes=step)) for step in range(3)
    ]
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert 1 <= arrivals.seconds_left(now) <= 60


@pytest.mark.parametrize(("minutes", "open_"), [(-31, False), (-30, True), (45, True), (75, True), (76, False)])
def test_only_from_half_an_hour_before_to_half_an_hour_after(cast, minutes, open_):
    session = make_session(cast)
    booking, now = hold(cast.nurlan, session), session.starts_at + timedelta(minutes=minutes)
    code = arrivals.code_of(session, now)
    if open_:
        assert services.arrive(booking=booking, by=cast.nurlan.user, code=code, now=now).arrived_at == now
        return
    for by in (cast.nurlan.user, cast.gulnara):
        with pytest.raises(Refused) as refusal:
            services.arrive(booking=booking, by=by, code=code, now=now)
        assert refusal.value.codes == ["check_in_time"]


def test_only_a_holder(cast, sign_in, visit):
    code = arrivals.code_of(visit.session, timezone.now())
    assert sign_in(cast.yerbol.user).get(here(visit)).status_code == 404
    assert sign_in(cast.yerbol.user).post(here(visit), {"code": code}).status_code == 404
    with pytest.raises(Booking.DoesNotExist):
        services.arrive(booking=visit, by=cast.yerbol.user, code=code)
    Booking.objects.update(state=BookingState.CANCELLED_BY_MENTOR)
    assert sign_in(cast.nurlan.user).post(here(visit), {"code": code}).status_code == 404
    with pytest.raises(Refused) as refusal:
        services.arrive(booking=visit, by=cast.nurlan.user, code=code)
    assert refusal.value.codes == ["not_a_holder"]


def test_a_session_that_is_cancelled_takes_nobody(cast, visit):
    type(visit.session).objects.update(state="cancelled")
    with pytest.raises(Refused) as refusal:
        services.arrive(booking=visit, by=cast.gulnara)
    assert refusal.value.codes == ["check_in_time"]


def test_wrong_codes_are_limited_for_a_visit(cast, sign_in, visit):
    """Five in five minutes, counted where all processes see it; then the right one has to wait too."""
    for _number in range(5):
        response = sign_in(cast.nurlan.user).post(here(visit), {"code": wrong(visit)})
        assert response.status_code == 422
        assert wrong(visit) in response.content.decode()  # what was typed is kept
    code = arrivals.code_of(visit.session, timezone.now())
    assert sign_in(cast.nurlan.user).post(here(visit), {"code": code}).status_code == 429
    other = hold(cast.yerbol, visit.session, seat_no=2)
    assert (
        sign_in(cast.yerbol.user).post(here(other), {"code": code}).status_code == 302
    )  # another visit is not held up


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "१२३४५६", "12 34"])
def test_what_is_no_code_is_answered_at_the_field(cast, sign_in, visit, typed):
    for _number in range(7):
        assert sign_in(cast.nurlan.user).post(here(visit), {"code": typed}).status_code == 422
    assert not Arrival.objects.exists()


def test_the_school_notes_arrivals_by_its_own_word(cast, sign_in, visit):
    client = sign_in(cast.gulnara)
    assert client.post(f"/en/school/visits/{visit.uuid}/here/").status_code == 302
    assert client.post(f"/en/school/visits/{visit.uuid}/left/").status_code == 302
    arrival = Arrival.objects.get()
    assert (arrival.method, arrival.recorded_by) == ("school", cast.gulnara)
    assert arrival.left_at >= arrival.arrived_at
    assert LogEntry.objects.filter(action__in=["arrive", "depart"], actor=cast.gulnara).count() == 2


def test_a_mentor_reads_no_code_and_says_nothing_of_others(cast, sign_in, visit):
    for user in (cast.nurlan.user, cast.bolat):
        client = sign_in(user)
        assert client.get(f"/en/school/sessions/{visit.session.uuid}/code/").status_code in {403, 404}
        assert client.get(f"/en/school/sessions/{visit.session.uuid}/code.svg").status_code in {403, 404}
        assert client.post(f"/en/school/visits/{visit.uuid}/here/").status_code in {403, 404}
    assert not Arrival.objects.exists()


def test_a_contact_person_who_is_the_mentor_needs_the_code_too(cast, visit):
    grant_role(user=cast.nurlan.user, role=Role.SCHOOL_CONTACT, by=None, school=cast.school)
    with pytest.raises(Refused) as refusal:
        services.arrive(booking=visit, by=cast.nurlan.user)
    assert refusal.value.codes == ["wrong_code"]
    with pytest.raises(NotAllowed):
        services.confirm_attendance(booking=visit, by=cast.nurlan.user, result="attended")


def test_the_picture_leads_to_the_page_with_the_digits(cast, sign_in, visit):
    client = sign_in(cast.gulnara)
    response = client.get(f"/en/school/sessions/{visit.session.uuid}/code.svg")
    assert response["Content-Type"] == "image/svg+xml"
    assert b"<svg" in response.content
    assert "no-store" in response["Cache-Control"]
    later = make_session(cast)
    assert client.get(f"/en/school/sessions/{later.uuid}/code.svg").status_code == 404
    assert 'data-testid="code"' not in client.get(f"/en/school/sessions/{later.uuid}/code/").content.decode()


@pytest.mark.parametrize(
    ("came", "left", "minutes"),
    [(0, 45, 45), (-20, 45, 45), (10, 45, 35), (0, 55, 55), (0, 75, 60), (0, None, None), (50, 50, None)],
)
def test_arrival_and_leaving_suggest_the_minutes(cast, came, left, minutes):
    session = make_session(cast)
    arrival = Arrival(
        arrived_at=session.starts_at + timedelta(minutes=came),
        left_at=None if left is None else session.starts_at + timedelta(minutes=left),
    )
    assert arrivals.suggested_minutes(hold(cast.nurlan, session), arrival) == minutes


def test_the_school_confirms_what_is_suggested(cast, sign_in):
    session = make_session(cast, starts_at=at(-1))
    visit = hold(cast.nurlan, session)
    Arrival.objects.create(
        booking=visit,
        arrived_at=session.starts_at + timedelta(minutes=5),
        left_at=session.ends_at,
        method="code",
        recorded_by=cast.nurlan.user,
    )
    page = sign_in(cast.gulnara).get(f"/en/school/sessions/{session.uuid}/attendance/").content.decode()
    assert 'value="40"' in page
    assert not HoursEntry.objects.exists()
