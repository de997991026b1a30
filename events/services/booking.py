from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from events import notifications
from events.models import Booking, SchoolSession
from events.services.guards import beginners_on, situation_of, too_few_adults, why_not
from events.services.locks import lock_booking, lock_session
from events.states import (
    CANCEL_BOOKING,
    CANCEL_BY_COORDINATOR,
    CANCEL_BY_SCHOOL,
    RECONFIRM,
    BookingState,
    SessionState,
)
from portal import access, audit, moves, services
from portal.access import Role
from portal.models import StaffTask, User
from portal.moves import Move
from portal.refusals import NotAllowed, Reason, Refused
from volunteers.models import Person


@transaction.atomic
def book(*, session: SchoolSession, by: User, now: datetime | None = None) -> Booking:
    """Gives `by` a place, for himself. A second call while he holds one returns the same booking and sends nothing.

    Refuses with all reasons of `guards.why_not`; `NotAllowed` (not_a_mentor) for somebody who is no mentor;
    `SchoolSession.DoesNotExist` for a session he may not see. The booking is confirmed at once where the school has
    named its adult, and waits for the school otherwise. Letters: to the mentor with a calendar file, to the school,
    and a reminder for later.
    """
    now = now or timezone.now()
    person = Person.objects.select_for_update().filter(user=by).first()
    if person is None:
        raise NotAllowed(Reason("not_a_mentor", _("Only approved mentors book sessions.")))
    session = lock_session(session, by)
    if held := session.bookings.holding().filter(person=person).first():
        return held
    situation = situation_of(person, now)
    if reasons := why_not(situation, session, now):
        raise Refused(*reasons)
    booking = _take_place(session, person, lead=situation.is_experienced_on(session.day))
    audit.record(booking, "book", by, state_to=booking.state, seat=booking.seat_no)
    notifications.booked(booking)
    notifications.to_school_booked(booking)
    notifications.reminder(booking, now)
    return booking


def _take_place(session: SchoolSession, person: Person, *, lead: bool) -> Booking:
    holding = list(session.bookings.holding().select_related("person"))
    taken = {booking.seat_no for booking in holding}
    confirmed = not too_few_adults(session, [*(booking.person for booking in holding), person])
    return Booking.objects.create(
        session=session,
        person=person,
        role=Booking.Role.LEAD if lead else Booking.Role.SECOND,
        seat_no=next(seat for seat in range(1, session.seats_max + 1) if seat not in taken),
        state=BookingState.CONFIRMED if confirmed else BookingState.PENDING,
        confirmed_version=session.version if confirmed else None,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
    )


@transaction.atomic
def cancel_booking(*, booking: Booking, by: User, reason: str = "", now: datetime | None = None) -> Booking:
    """Frees the place: the mentor his own, the school or the coordinator somebody's, always with a reason.

    A mentor needs a reason inside the last hours (`PROGRAMME["late_cancel_hours"]`). Refuses reason_missing,
    wrong_state, past (it has begun: then attendance is the place to say so), `NotAllowed` not_yours. A repeated call
    changes and sends nothing. The reminder is cancelled; the mentor gets a calendar cancellation, the school a letter
    without the reason; of a late one the coordinators of the district hear at once.
    """
    now = now or timezone.now()
    booking = lock_booking(booking, by)
    move = cancelling_move(booking, by)
    if booking.state == move.target and moves.may_make(move, booking, by):
        return booking
    moves.demand(move, booking, by, reason)
    if booking.starts_at <= now:
        raise Refused(Reason("past", _("This session has already begun.")))
    if is_late(booking, now) and not reason.strip():
        raise Refused(Reason("reason_missing", _("It is close to the visit. Please write why you cannot come.")))
    end_booking(booking, move, by, reason=reason)
    notifications.booking_cancelled(booking)
    notifications.to_school_visit_off(booking, but=by)
    if move is CANCEL_BOOKING and is_late(booking, now):
        notifications.to_coordinator_late_cancel(booking)
    return booking


def cancelling_move(booking: Booking, by: User) -> Move:
    """The move by which `by` would cancel: his own booking, as a coordinator, or else as the school."""
    if booking.person.user_id == by.pk:
        return CANCEL_BOOKING
    return CANCEL_BY_COORDINATOR if access.allows(by, "session.plan", booking.reach) else CANCEL_BY_SCHOOL


def is_late(booking: Booking, now: datetime | None = None) -> bool:
    """Whether the school counts on it already, so that cancelling needs a reason."""
    return booking.session.late_from <= (now or timezone.now())


def end_booking(booking: Booking, move: Move, by: User | None, *, reason: str = "", **data) -> None:
    """Makes a move that frees the place, and takes back the reminder; sees to beginners whom it leaves without an
    experienced mentor. The caller holds the lock of the session."""
    booking.reason = reason.strip()[:300]
    moves.advance(move, booking, by, reason=booking.reason, **data)
    notifications.forget_reminder(booking)
    if booking.role == Booking.Role.LEAD and booking.session.state == SessionState.PUBLISHED:
        _see_to_beginners(booking)


def _see_to_beginners(ended: Booking) -> None:
    """Where no experienced mentor is left, the visits of beginners are to be confirmed again, which waits for one; the
    coordinator gets a task for each of them, the mentor a letter."""
    session = ended.session
    left = list(session.bookings.holding().order_by("pk").with_session())
    if any(booking.role == Booking.Role.LEAD for booking in left):
        return
    alone = beginners_on(session.day, [booking.person for booking in left])
    for booking in [booking for booking in left if booking.person_id in alone]:
        if booking.state in RECONFIRM.sources:
            moves.advance(RECONFIRM, booking, None)
            notifications.partner_left(booking)
        services.raise_task(
            StaffTask.Kind.PARTNER_LEFT,
            role=Role.COORDINATOR,
            about=booking.code,
            url=reverse("staff_session", args=[session.uuid]),
            district=session.school.district,
            once=f"{booking.uuid}:{ended.uuid}",
        )
