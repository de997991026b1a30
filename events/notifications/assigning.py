"""Letters of what a coordinator does with the places of others."""

from __future__ import annotations

from collections.abc import Iterable

from events.models import Booking, SchoolSession
from portal import mail
from volunteers.models import Person

from .base import to_mentor

SHORTAGE_CALL = "events/shortage_call"


def kept_away(booking: Booking) -> None:
    """He is kept from this session from now on. Never says by what."""
    key = f"kept_away:{booking.uuid}"
    to_mentor("kept_away", booking, key, page=("my_bookings",), calendar=True, urgent=True)


def shortage_call(session: SchoolSession, people: Iterable[Person]) -> None:
    """A session lacks mentors: to each who could come, once for a version of it, and of no use once it has begun."""
    mail.queue_many(
        mail.Letter(
            name=SHORTAGE_CALL,
            to=person.user,
            context={"session": session},
            dedupe_key=f"shortage_call:{session.uuid}:{session.version}:{person.pk}",
            action=("session_detail", session.uuid),
            about=session.code,
            useful_until=session.starts_at,
        )
        for person in people
        if person.user
    )
