"""Rows for changing. The counts that a decision needs are asked after the lock, in a statement of their own: one that
waited for the lock still sees the places as they were before it waited."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from events.models import Booking, SchoolSession, SessionRequest
from portal.models import User
from volunteers.models import Person


def lock_row(session: SchoolSession, by: User | None = None) -> None:
    """Locks the session. `by` None is the system; for a person it must be one that he may see, or `DoesNotExist`."""
    rows = SchoolSession.objects.all() if by is None else SchoolSession.objects.visible_to(by)
    rows.select_for_update(of=("self",)).only("pk").get(pk=session.pk)


def lock_session(session: SchoolSession, by: User | None = None) -> SchoolSession:
    """The session, locked as `lock_row` says, with all that a card shows."""
    lock_row(session, by)
    return SchoolSession.objects.for_cards().get(pk=session.pk)


def lock_booking(booking: Booking, by: User) -> Booking:
    """The booking, locked, after its session."""
    session = SchoolSession.objects.select_for_update().get(pk=booking.session_id)
    Booking.objects.visible_to(by).select_for_update(of=("self",)).get(pk=booking.pk)
    return Booking.objects.with_session().get(pk=booking.pk, session=session)


def lock_people(*ids: int) -> dict[int, Person]:
    """These people by primary key, locked by rising id, before any session."""
    rows = Person.objects.filter(pk__in=ids).order_by("pk").select_for_update(of=("self",))
    return {person.pk: person for person in rows}


class _SomebodyCame(Exception):
    """Somebody took a place between the locks."""


def lock_with_holders(sessions: Iterable[SchoolSession], by: User) -> list[SchoolSession]:
    """The sessions by rising id, locked after everybody who holds a place in one of them. Raises
    `SchoolSession.DoesNotExist` where `by` may not see one."""
    keys = sorted({session.pk for session in sessions})
    while True:
        try:
            with transaction.atomic():  # what was locked in vain is let go with it
                return _lock_once(keys, by)
        except _SomebodyCame:
            continue


def _lock_once(keys: list[int], by: User) -> list[SchoolSession]:
    holders = Booking.objects.holding().filter(session__in=keys).order_by()
    people = set(holders.values_list("person", flat=True))
    list(Person.objects.filter(pk__in=people).order_by("pk").select_for_update(of=("self",)))
    rows = SchoolSession.objects.visible_to(by).filter(pk__in=keys).order_by("pk")
    if len(rows.select_for_update(of=("self",))) != len(keys):
        raise SchoolSession.DoesNotExist
    if not people.issuperset(holders.values_list("person", flat=True)):
        raise _SomebodyCame
    return list(SchoolSession.objects.for_cards().filter(pk__in=keys).order_by("pk"))


def lock_request(request: SessionRequest, by: User | None = None) -> SessionRequest:
    """A school's request, locked. `by` None is the system; for a person it must be one that he may see, or
    `DoesNotExist`."""
    rows = SessionRequest.objects.all() if by is None else SessionRequest.objects.visible_to(by)
    rows.select_for_update(of=("self",)).get(pk=request.pk)
    return SessionRequest.objects.for_rows().get(pk=request.pk)


def lock_requests_of(sessions: Iterable[SchoolSession]) -> list[SessionRequest]:
    """The requests of these sessions, locked by rising id. Sessions and their mentors are locked after them."""
    keys = {session.request_id for session in sessions if session.request_id}
    return list(SessionRequest.objects.filter(pk__in=keys).order_by("pk").select_for_update(of=("self",)))
