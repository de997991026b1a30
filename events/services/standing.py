"""One mentor for a whole series: with one press he books this visit and the later ones (S68)."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from events.models import Booking, SchoolSession, SessionBatch
from events.querysets import SchoolSessionQuerySet
from events.services.booking import book
from portal.models import User
from portal.refusals import Refused


class Standing(NamedTuple):
    """The visits that he has now, and the later sessions in which he was refused."""

    bookings: list[Booking]
    refused: list[SchoolSession]


def later_in_series(session: SchoolSession, user: User, now: datetime) -> SchoolSessionQuerySet:
    """The later sessions of the same series that have a place and in which `user` holds none."""
    if session.batch_id is None:
        return SchoolSession.objects.none()
    mine = Booking.objects.of(user).holding().order_by().values("session")
    rows = SchoolSession.objects.visible_to(user).open(now).exclude(pk__in=mine)
    rows = rows.filter(batch=session.batch_id, batch__kind=SessionBatch.Kind.SERIES, starts_at__gt=session.starts_at)
    return rows.order_by("starts_at", "pk")


def book_series(*, session: SchoolSession, by: User, now: datetime, note: str = "") -> Standing:
    """Books `session` as `book` does, which refuses for this one alone, then each of `later_in_series` in a transaction of
    its own: what is against one of them takes the others from nobody. A repeated call changes nothing."""
    bookings, refused = [book(session=session, by=by, note=note, now=now)], []
    for later in later_in_series(session, by, now):
        try:
            bookings.append(book(session=later, by=by, note=note, now=now))
        except Refused:
            refused.append(later)
    return Standing(bookings, refused)
