"""Those who hold a place in a session that is changed: asked again, told, or released. The caller holds the locks of
these people and of the session (`locks.lock_with_holders`), and has saved the session."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.urls import reverse

from events import notifications
from events.models import Booking, SchoolSession
from events.services.booking import end_booking
from events.services.guards import Situation, against_him, situations_of
from events.states import ASK_AGAIN, CANCEL_BY_COORDINATOR, LET_GO, REVOKE
from portal import moves, services
from portal.access import Role
from portal.models import StaffTask, User


class Answer(NamedTuple):
    """The visits of those who are asked again, whom the caller writes to, and how many were released."""

    asked: list[Booking]
    released: int


def ask_holders(session: SchoolSession, *, moved: bool, now: datetime) -> Answer:
    """Judges every holder anew by the rules of booking: overlap (I1), clearance on the new day (I4), exclusion (I8), caps
    (I9), language. Who still can is asked whether he comes if the session `moved`: his visit gets the new times, old
    reminders are cancelled, and the caller writes to him (`notifications.sessions_moved`). Who cannot is released, with a
    task where his visits clash."""
    holding = list(session.bookings.holding().order_by("person").with_session())
    situations = situations_of([booking.person for booking in holding], now)
    kept, lost = [], []
    for booking in holding:
        situation = situations[booking.person_id]
        if codes := _against(booking, situation, session):
            lost.append((booking, codes, situation.clearance_on(session.day).ok))
        else:
            kept.append((booking, situation.is_experienced_on(session.day)))
    if moved:
        for booking, experienced in kept:
            _ask_again(booking, experienced)
    for booking, codes, cleared in lost:
        _release(booking, codes, cleared, now)
    return Answer([booking for booking, _experienced in kept] if moved else [], len(lost))


def _against(booking: Booking, situation: Situation, session: SchoolSession) -> list[str]:
    """Why he cannot keep his place; a cap that a coordinator went past for him is no reason."""
    codes = [reason.code for reason in against_him(situation, session)]
    return [code for code in codes if code != "cap" or not booking.override_reason]


def _ask_again(booking: Booking, experienced: bool) -> None:
    booking.role = Booking.Role.LEAD if experienced else Booking.Role.SECOND
    booking.starts_at, booking.ends_at = booking.session.starts_at, booking.session.ends_at
    booking.assured_at = None
    moves.advance(ASK_AGAIN, booking, None)
    notifications.forget_reminders(booking)  # those of the new time are planned by `reminders`


def _release(booking: Booking, codes: list[str], cleared: bool, now: datetime) -> None:
    end_booking(booking, LET_GO if cleared else REVOKE, None, now=now, codes=codes)
    if cleared:
        notifications.released_by_change(booking)
    else:
        notifications.booking_cancelled(booking)
    notifications.to_school_visit_off(booking)
    if not cleared:
        _tell_coordinator(StaffTask.Kind.BOOKING_RELEASED, booking)
    elif "overlap" in codes:
        _tell_coordinator(StaffTask.Kind.CLASH, booking)


def _tell_coordinator(kind: str, booking: Booking) -> None:
    services.raise_task(
        kind,
        role=Role.COORDINATOR,
        about=booking.code,
        url=reverse("staff_session", args=[booking.session.uuid]),
        district=booking.session.school.district,
        once=str(booking.uuid),
    )


def release_named(bookings: Iterable[Booking], by: User, reason: str, now: datetime) -> int:
    """Ends bookings that the coordinator named because there are to be fewer places; returns how many."""
    keys = [booking.pk for booking in bookings]
    rows = list(Booking.objects.holding().filter(pk__in=keys).order_by("pk").with_session())
    for booking in rows:
        moves.demand(CANCEL_BY_COORDINATOR, booking, by, reason)
        end_booking(booking, CANCEL_BY_COORDINATOR, by, reason=reason, now=now)
        notifications.booking_cancelled(booking)
        notifications.to_school_visit_off(booking, but=by)
    return len(rows)
