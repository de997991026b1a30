"""Clearance shrinks: visits are released at once, and by the nightly job (I5)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events import services
from events.models import Booking, SchoolSession
from events.services.reminders import plan_reminders
from events.states import BookingState
from portal import nightly
from portal.models import OutgoingMessage, StaffTask
from portal.refusals import Refused
from tests.events.builders import at, make_session
from tests.events.test_school import hold
from volunteers import clearance
from volunteers.models import Check, ReasonCode, SupervisorAssignment, Suspension

pytestmark = pytest.mark.django_db


def suspend(cast) -> None:
    """What `volunteers` does: the act, then the apps above are told."""
    Suspension.objects.create(
        person=cast.nurlan, reason_code=ReasonCode.objects.first(), note="secret note", opened_by=cast.aigul
    )
    clearance.changed(cast.nurlan)


def test_suspension_is_at_once(cast, sign_in):
    first = services.book(session=make_session(cast, starts_at=at(7)), by=cast.nurlan.user)
    second = services.book(session=make_session(cast, starts_at=at(8)), by=cast.nurlan.user)
    kept = services.book(session=make_session(cast, starts_at=at(9)), by=cast.yerbol.user)
    gone_by = hold(cast.nurlan, make_session(cast, starts_at=at(-1)))
    plan_reminders(first.starts_at - timedelta(days=3))
    suspend(cast)
    assert list(Booking.objects.filter(pk__in=[first.pk, second.pk]).values_list("state", flat=True)) == ["revoked"] * 2
    for booking in (kept, gone_by):
        booking.refresh_from_db()
        assert booking.holds
    to_school = OutgoingMessage.objects.filter(letter="events/to_school_visit_off")
    assert {letter.recipient for letter in to_school} == {cast.gulnara}
    assert to_school.count() == 2
    for letter in OutgoingMessage.objects.filter(letter__in=["events/to_school_visit_off", "events/booking_cancelled"]):
        assert "suspen" not in letter.text.lower()
        assert "secret" not in letter.text
    tasks = StaffTask.objects.filter(kind=StaffTask.Kind.BOOKING_RELEASED)
    assert {task.about for task in tasks} == {first.code, second.code}
    assert set(tasks) <= set(StaffTask.objects.visible_to(cast.aigul))
    assert not set(tasks) & set(StaffTask.objects.visible_to(cast.bolat))
    assert not OutgoingMessage.objects.filter(letter="events/reminder", about=first.code, state="scheduled").exists()
    response = sign_in(cast.nurlan.user).post(f"/en/sessions/{first.session.uuid}/book/")
    assert response.status_code == 409


def test_telling_twice_releases_once(cast):
    services.book(session=make_session(cast), by=cast.nurlan.user)
    suspend(cast)
    clearance.changed(cast.nurlan)
    assert OutgoingMessage.objects.filter(letter="events/to_school_visit_off").count() == 1


def test_a_renewed_certificate_keeps_the_visits_it_covers(cast):
    services.book(session=make_session(cast, starts_at=at(10)), by=cast.nurlan.user)
    later = hold(cast.nurlan, make_session(cast, starts_at=at(25)))
    assert len(services.revoke_uncleared(cast.nurlan)) == 1
    later.refresh_from_db()
    assert later.state == BookingState.REVOKED
    assert Booking.objects.holding().count() == 1


def test_the_nightly_job_finds_what_nobody_told_of(cast):
    """Clearance is lost before the day without an event, by time or by hand."""
    booking = services.book(session=make_session(cast, starts_at=at(10)), by=cast.nurlan.user)
    kept = services.book(session=make_session(cast, starts_at=at(12)), by=cast.yerbol.user)
    assert services.recheck_bookings(timezone.localdate()) == []
    SupervisorAssignment.objects.filter(person=cast.nurlan).update(ends_on=timezone.localdate() + timedelta(days=5))
    report = nightly.run()
    assert [line.failure for line in report] == [""] * len(report)
    booking.refresh_from_db()
    kept.refresh_from_db()
    assert (booking.state, kept.holds) == (BookingState.REVOKED, True)
    assert StaffTask.objects.filter(kind=StaffTask.Kind.BOOKING_RELEASED, about=booking.code).count() == 1
    nightly.run()
    assert OutgoingMessage.objects.filter(letter="events/to_school_visit_off").count() == 1


def test_the_nightly_search_costs_the_same_for_one_and_for_many(cast):
    hold(cast.nurlan, make_session(cast, starts_at=at(3)))
    with CaptureQueriesContext(connection) as for_one:
        services.recheck_bookings(timezone.localdate())
    for days in range(30):
        hold(cast.yerbol, make_session(cast, starts_at=at(3 + days)))
    with CaptureQueriesContext(connection) as for_many:
        assert services.recheck_bookings(timezone.localdate()) == []
    assert len(for_one) == len(for_many)


def test_past_sessions_move_on(cast):
    waiting = make_session(cast, starts_at=at(-2))
    hold(cast.nurlan, waiting)
    empty, today = make_session(cast, starts_at=at(-2, 12)), make_session(cast, starts_at=at(0, 0))
    services.close_past_sessions(timezone.localdate())
    states = {row.pk: row.state for row in SchoolSession.objects.all()}
    assert (states[waiting.pk], states[empty.pk], states[today.pk]) == ("finished", "closed", "published")
    services.confirm_attendance(booking=waiting.bookings.get(), by=cast.gulnara, result="attended")
    services.close_past_sessions(timezone.localdate())
    waiting.refresh_from_db()
    assert waiting.state == "closed"


def test_a_certificate_that_is_taken_back_frees_the_visit(cast):
    booking = services.book(session=make_session(cast), by=cast.nurlan.user)
    Check.objects.filter(person=cast.nurlan, check_type__code="criminal_record").update(state="failed")
    clearance.changed(cast.nurlan)
    booking.refresh_from_db()
    assert booking.state == BookingState.REVOKED
    with pytest.raises(Refused):
        services.book(session=booking.session, by=cast.nurlan.user)
