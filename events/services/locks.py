"""Rows for changing. The counts that a decision needs are asked after the lock, in a statement of their own: one that
waited for the lock still sees the places as they were before it waited."""

from __future__ import annotations

from events.models import Booking, SchoolSession
from portal.models import User


def lock_session(session: SchoolSession, by: User | None = None) -> SchoolSession:
    """The session, locked. `by` None is the system; for a person it must be one that he may see, or `DoesNotExist`."""
    rows = SchoolSession.objects.all() if by is None else SchoolSession.objects.visible_to(by)
    rows.select_for_update(of=("self",)).get(pk=session.pk)
    return SchoolSession.objects.for_cards().get(pk=session.pk)


def lock_booking(booking: Booking, by: User) -> Booking:
    """The booking, locked, after its session."""
    session = SchoolSession.objects.select_for_update().get(pk=booking.session_id)
    Booking.objects.visible_to(by).select_for_update(of=("self",)).get(pk=booking.pk)
    return Booking.objects.with_session().get(pk=booking.pk, session=session)
