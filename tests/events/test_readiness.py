"""What a session lacks, and its beginning (I6, I7; scenario 25)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from events import services
from events.models import Booking
from events.services.readiness import report_risks, risks_of, start_session
from events.states import BookingState
from mentors.models import Exclusion
from portal.models import OutgoingMessage, StaffTask
from portal.refusals import NotAllowed, Refused
from portal.services import close_task
from tests.events.builders import at, make_session
from tests.events.visits import hold

pytestmark = pytest.mark.django_db


def codes(session):
    return [reason.code for reason in risks_of([session])[session.pk]]


def tasks():
    return StaffTask.objects.filter(kind=StaffTask.Kind.AT_RISK)


def test_one_mentor_and_no_named_adult_is_at_risk_the_day_before_and_cannot_begin(cast):
    """Scenario 25."""
    session = make_session(cast, school_adult_name="")
    services.book(session=session, by=cast.nurlan.user)
    report_risks(session.starts_at - timedelta(hours=25))
    assert not tasks().exists()
    for _run in range(2):
        report_risks(session.starts_at - timedelta(hours=23))
    assert tasks().get().about == session.code
    with pytest.raises(Refused) as refusal:
        start_session(session=session, by=cast.gulnara, now=session.starts_at)
    assert refusal.value.codes == ["adult_missing", "not_confirmed"]
    services.name_adult(session=session, by=cast.gulnara, name="Есімова Баян")
    services.confirm_visit(booking=session.bookings.get(), by=cast.gulnara)
    report_risks(session.starts_at - timedelta(hours=22))
    assert tasks().get().done_at
    assert start_session(session=session, by=cast.gulnara, now=session.starts_at).state == "in_progress"
    assert start_session(session=session, by=cast.gulnara, now=session.starts_at).state == "in_progress"


def test_the_beginning_has_its_time_and_its_people(cast):
    session = make_session(cast)
    services.book(session=session, by=cast.nurlan.user)
    early, over = session.starts_at - timedelta(minutes=31), session.ends_at
    for now, code in ((early, "not_yet"), (over, "over")):
        with pytest.raises(Refused) as refusal:
            start_session(session=session, by=cast.gulnara, now=now)
        assert refusal.value.codes == [code]
    for stranger in (cast.nurlan.user, cast.dana):
        with pytest.raises(NotAllowed):
            start_session(session=session, by=stranger, now=session.starts_at)


def test_relatives_are_one_adult(cast):
    session = make_session(cast, seats_max=2, adults_min=3)
    for person in (cast.nurlan, cast.yerbol):
        services.book(session=session, by=person.user)
    assert codes(session) == []
    Exclusion.objects.create(person=cast.nurlan, other=cast.yerbol, kind="relatives", created_by=cast.aigul)
    assert codes(session) == ["too_few_adults"]


def test_who_has_not_answered_again_is_not_counted(cast):
    session = make_session(cast)
    booking = services.book(session=session, by=cast.nurlan.user)
    Booking.objects.filter(pk=booking.pk).update(state=BookingState.RECONFIRM_NEEDED, confirmed_version=None)
    assert codes(session) == ["too_few_adults", "seats_min", "not_confirmed_again"]


def test_a_visit_that_the_school_has_not_confirmed_is_not_counted(cast, sign_in):
    """It named the adult and forgot the mentor: seen at risk, and put right until the very end."""
    session = make_session(cast, school_adult_name="")
    booking = services.book(session=session, by=cast.nurlan.user)
    session = services.name_adult(session=session, by=cast.gulnara, name="Есімова Баян")
    assert codes(session) == ["too_few_adults", "seats_min", "not_confirmed"]
    page = sign_in(cast.aigul).get(reverse("staff_session", args=[session.uuid])).content.decode()
    assert 'data-code="not_confirmed"' in page
    report_risks(session.starts_at - timedelta(hours=20))
    assert tasks().get().done_at is None
    begun = session.starts_at + timedelta(minutes=5)
    with pytest.raises(Refused) as refusal:
        start_session(session=session, by=cast.gulnara, now=begun)
    assert refusal.value.codes == ["too_few_adults", "not_confirmed"]
    with pytest.raises(Refused) as refusal:
        services.confirm_visit(booking=booking, by=cast.gulnara, now=session.ends_at)
    assert refusal.value.codes == ["over"]
    services.confirm_visit(booking=booking, by=cast.gulnara, now=begun)
    assert codes(session) == []
    assert start_session(session=session, by=cast.gulnara, now=begun).state == "in_progress"


def test_who_stands_at_the_door_is_confirmed_while_the_session_may_still_begin(cast, sign_in):
    now, midnight = timezone.now(), at(0, hour=0)
    begun = max(midnight, now - timedelta(minutes=10))  # a session lies in one day
    over = min(midnight + timedelta(days=1, seconds=-1), now + timedelta(minutes=35))
    hold(cast.nurlan, make_session(cast, starts_at=begun, ends_at=over), BookingState.PENDING)
    page = sign_in(cast.gulnara).get(reverse("school_home")).content.decode()
    assert 'data-testid="move-start"' in page and 'data-testid="move-confirm_visit"' in page


def test_the_experienced_one_is_among_the_confirmed(cast):
    """I7."""
    session = make_session(cast, seats_max=2, needs_lead=True)
    hold(cast.nurlan, session)
    lead = hold(cast.yerbol, session, BookingState.PENDING, seat_no=2)
    Booking.objects.filter(pk=lead.pk).update(role=Booking.Role.LEAD)
    with pytest.raises(Refused) as refusal:
        start_session(session=session, by=cast.gulnara, now=session.starts_at)
    assert refusal.value.codes == ["needs_lead", "not_confirmed"]


def test_who_waits_for_a_partner_waits_neither_for_the_school_nor_for_himself(cast):
    session = make_session(cast, seats_max=2)
    booking = services.book(session=session, by=cast.nurlan.user)
    Booking.objects.filter(pk=booking.pk).update(state=BookingState.RECONFIRM_NEEDED, role=Booking.Role.SECOND)
    assert codes(session) == ["too_few_adults", "seats_min", "partner_missing"]
    hold(cast.yerbol, session, seat_no=2)
    Booking.objects.filter(person=cast.yerbol).update(role=Booking.Role.LEAD)
    assert codes(session) == ["not_confirmed"]


def test_the_one_who_completes_the_adults_completes_them_for_all(cast):
    session = make_session(cast, seats_max=3, adults_min=3)
    first = services.book(session=session, by=cast.nurlan.user)
    assert (first.state, codes(session)) == ("pending", ["too_few_adults", "seats_min", "not_confirmed"])
    assert services.book(session=session, by=cast.yerbol.user).state == "confirmed"
    first.refresh_from_db()
    assert (first.state, first.confirmed_version, codes(session)) == ("confirmed", session.version, [])
    letter = OutgoingMessage.objects.get(letter="events/visit_confirmed")
    assert letter.recipient == cast.nurlan.user


def test_what_waits_for_the_school_alone_is_left_to_it(cast):
    session = make_session(cast, seats_max=2, school_adult_name="")
    first = services.book(session=session, by=cast.nurlan.user)
    session = services.name_adult(session=session, by=cast.gulnara, name="Есімова Баян")
    services.book(session=session, by=cast.yerbol.user)
    first.refresh_from_db()
    assert (first.state, codes(session)) == ("pending", ["not_confirmed"])


def test_what_is_lacking_once_more_is_a_task_once_more(cast):
    session = make_session(cast)

    def report(hours):
        for _run in range(2):
            report_risks(session.starts_at - timedelta(hours=hours))
        return tasks().count(), tasks().filter(done_at=None).count()

    assert report(20) == (1, 1)
    for round_, hours in ((1, 15), (2, 8)):
        booking = services.book(session=session, by=cast.nurlan.user)
        assert report(hours) == (round_, 0)
        services.cancel_booking(booking=booking, by=cast.nurlan.user, reason="x")
        assert report(hours - 2) == (round_ + 1, 1)
    close_task(uuid=tasks().get(done_at=None).uuid, by=cast.aigul)
    assert report(1) == (3, 0)  # who closed it knows of it


def test_many_sessions_cost_what_one_costs(cast):
    sessions = [make_session(cast, starts_at=at(7 + turn)) for turn in range(4)]
    for session in sessions[:2]:
        services.book(session=session, by=cast.nurlan.user)

    def cost(rows):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            risks_of(rows)
        return len(queries)

    assert cost(sessions) == cost(sessions[:1])
