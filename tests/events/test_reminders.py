"""Reminders as a desired state (I16, I17; scenarios 32 and 33)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from events import services
from events.models import Booking, SchoolSession
from events.services import reminders
from events.services.reminders import plan_reminders
from events.states import BookingState
from portal import mail
from portal.models import OutgoingMessage
from tests.events.builders import at, make_session
from volunteers.models import Approval

pytestmark = pytest.mark.django_db
OURS = ("reminder_week", "reminder", "reminder_soon")


def letters(*names):
    return OutgoingMessage.objects.filter(letter__in=[f"events/{name}" for name in names or OURS])


@pytest.fixture
def booking(cast):
    """Booked ten days before, for a visit in twenty."""
    booking = services.book(session=make_session(cast, starts_at=at(20)), by=cast.nurlan.user)
    Booking.objects.filter(pk=booking.pk).update(created_at=at(-10))
    return booking


def before(booking, **delta):
    return booking.starts_at - timedelta(**delta)


def test_each_kind_is_written_once_and_in_time(booking):
    assert plan_reminders(before(booking, days=8)) == 0
    assert plan_reminders(before(booking, days=6)) == 1
    assert plan_reminders(before(booking, days=6)) == 0
    assert dict(letters().values_list("letter", "due_at")) == {
        "events/reminder_week": before(booking, days=7),
        "events/reminder": before(booking, days=1),
        "events/reminder_soon": before(booking, hours=2),
    }


def test_the_school_is_reminded_once_for_a_session_and_of_nobodys_name(cast, booking):
    SchoolSession.objects.filter(pk=booking.session_id).update(seats_max=2)
    services.book(session=booking.session, by=cast.yerbol.user)
    plan_reminders(before(booking, days=6))
    letter = letters("to_school_reminder").get()
    assert letter.recipient == cast.gulnara
    assert cast.nurlan.family_name not in letter.text
    assert letter.due_at == before(booking, days=1)


def test_what_is_no_longer_booked_is_not_reminded_of(cast, booking):
    plan_reminders(before(booking, days=6))
    services.cancel_booking(booking=booking, by=cast.nurlan.user)
    assert not letters().filter(state="scheduled").exists()
    plan_reminders(before(booking, days=6))
    assert not letters("to_school_reminder").filter(state="scheduled").exists()
    assert letters().count() == 3


def test_the_school_is_not_reminded_of_what_was_cancelled_while_the_worker_was_down(cast, booking):
    """Its reminder ends in the transaction that ends the last visit, not with the next run of the planner."""
    plan_reminders(before(booking, days=6))
    services.cancel_session(session=booking.session, by=cast.aigul, reason="Quarantine")
    assert letters("to_school_reminder").get().state == "cancelled"


def test_the_school_is_reminded_when_somebody_comes_after_all(cast, booking):
    plan_reminders(before(booking, days=6))
    services.cancel_booking(booking=booking, by=cast.nurlan.user)
    plan_reminders(before(booking, days=6))
    services.book(session=booking.session, by=cast.yerbol.user)
    for _run in range(2):
        plan_reminders(before(booking, days=5))
    assert letters("to_school_reminder").get().state == "scheduled"


def test_the_reminder_says_what_holds_when_it_leaves(cast, booking):
    """The adult was named, and the class became another, after the letters were written."""
    SchoolSession.objects.filter(pk=booking.session_id).update(school_adult_name="", calendar_reason="Agreed")
    plan_reminders(before(booking, days=6))
    services.name_adult(session=booking.session, by=cast.gulnara, name="Сапарова Гүлнара")
    plan_reminders(before(booking, days=5))
    letter = letters("to_school_reminder").get()
    assert (letter.state, "Сапарова Гүлнара" in letter.text) == ("scheduled", True)
    services.change_session(session=booking.session, by=cast.aigul, values={"group_size": 17})
    plan_reminders(before(booking, days=4))
    written = letters(*OURS, "to_school_reminder").exclude(letter="events/reminder_week")
    assert [(letter.state, "17" in letter.text) for letter in written] == [("scheduled", True)] * 3


def test_a_booking_that_ended_between_the_question_and_the_writing(cast, booking, monkeypatch):
    """The planner asks again under the lock."""
    written = reminders._written

    def meanwhile(keys):
        services.cancel_booking(booking=booking, by=cast.nurlan.user)
        return written(keys)

    monkeypatch.setattr(reminders, "_written", meanwhile)
    plan_reminders(before(booking, days=6))
    assert not letters().exists()


@pytest.mark.parametrize("state", [BookingState.PENDING, BookingState.RECONFIRM_NEEDED])
def test_who_was_told_to_wait_is_not_asked_to_come_until_he_is_confirmed(cast, booking, state):
    """For the school's word, or for a partner. The school is reminded all the same: it may have to confirm."""
    Booking.objects.filter(pk=booking.pk).update(state=state)
    plan_reminders(before(booking, days=6))
    assert (letters().count(), letters("to_school_reminder").count()) == (0, 1)
    services.confirm_visit(booking=booking, by=cast.gulnara)
    late = before(booking, hours=20)
    plan_reminders(late)
    mail.sweep(now=late)
    assert dict(letters().values_list("letter", "state")) == {
        "events/reminder_week": "skipped_late",
        "events/reminder": "sent",
        "events/reminder_soon": "scheduled",
    }


def test_who_is_confirmed_three_days_before_does_not_read_that_it_is_in_a_week(booking):
    Booking.objects.filter(pk=booking.pk).update(state_since=before(booking, days=3))
    plan_reminders(before(booking, days=2, hours=20))
    assert sorted(letters().values_list("letter", flat=True)) == ["events/reminder", "events/reminder_soon"]


def test_who_is_asked_whether_he_comes_to_the_new_time_is_reminded(cast, booking):
    Booking.objects.filter(pk=booking.pk).update(state=BookingState.RECONFIRM_NEEDED, confirmed_version=None)
    plan_reminders(before(booking, days=6))
    assert letters().count() == 3


def test_the_reminders_of_a_beginner_end_with_the_visit_of_his_partner(cast, booking):
    """In the same transaction, not with the next run of the planner; they come back with another partner."""
    Approval.objects.filter(person=cast.yerbol).update(probation_visits=3)
    SchoolSession.objects.filter(pk=booking.session_id).update(seats_max=2)
    beside = services.book(session=booking.session, by=cast.yerbol.user)
    plan_reminders(before(booking, days=6))
    assert letters().filter(recipient=cast.yerbol.user, state="scheduled").count() == 3
    services.cancel_booking(booking=booking, by=cast.nurlan.user)
    his = letters().filter(recipient=cast.yerbol.user)
    assert set(his.values_list("state", flat=True)) == {"cancelled"}
    plan_reminders(before(booking, days=6))
    assert not his.filter(state="scheduled").exists()
    services.book(session=booking.session, by=cast.nurlan.user)
    beside.refresh_from_db()
    assert beside.state == BookingState.CONFIRMED
    plan_reminders(before(booking, days=5))
    assert his.filter(state="scheduled").count() == 3


def test_a_visit_that_is_to_wait_between_the_question_and_the_writing(booking, monkeypatch):
    written = reminders._written

    def meanwhile(keys):
        Booking.objects.filter(pk=booking.pk).update(state=BookingState.PENDING)
        return written(keys)

    monkeypatch.setattr(reminders, "_written", meanwhile)
    plan_reminders(before(booking, days=6))
    assert not letters().exists()


def test_the_worker_was_down_at_the_due_time(booking):
    """Scenario 32: caught up while it is useful, else kept as skipped."""
    late = before(booking, hours=3)
    plan_reminders(late)
    mail.sweep(now=late)
    states = dict(letters().values_list("letter", "state"))
    assert states == {
        "events/reminder_week": "skipped_late",
        "events/reminder": "sent",
        "events/reminder_soon": "scheduled",
    }


def test_two_workers_write_and_send_one(booking):
    """Scenario 33."""
    now = before(booking, hours=20)
    for _worker in range(2):
        plan_reminders(now)
        mail.sweep(now=now)
    assert letters("reminder").get().state == "sent"


def test_nothing_right_after_the_letter_of_the_booking(cast):
    session = make_session(cast, starts_at=at(3))
    services.book(session=session, by=cast.nurlan.user)
    plan_reminders(timezone.now())
    assert sorted(letters().values_list("letter", flat=True)) == ["events/reminder", "events/reminder_soon"]


def test_a_moved_session_is_reminded_of_anew(booking):
    plan_reminders(before(booking, days=6))
    later = booking.starts_at + timedelta(days=2)
    ends = booking.ends_at + timedelta(days=2)
    SchoolSession.objects.filter(pk=booking.session_id).update(starts_at=later, ends_at=ends, version=2)
    Booking.objects.filter(pk=booking.pk).update(starts_at=later, ends_at=ends, state_since=at(-1))
    plan_reminders(before(booking, days=4))
    old, new = letters("reminder").order_by("due_at")
    assert (old.state, new.state) == ("cancelled", "scheduled")
    assert new.due_at == later - timedelta(days=1)


def test_the_queries_do_not_grow_with_the_bookings(cast, booking, django_assert_max_num_queries):
    SchoolSession.objects.filter(pk=booking.session_id).update(seats_max=2)
    services.book(session=booking.session, by=cast.yerbol.user)
    with django_assert_max_num_queries(16):
        plan_reminders(before(booking, days=6))
