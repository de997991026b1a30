from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.conf import settings

from events.models import Booking, SchoolSession
from portal import mail
from portal.models import User

from .base import contact_grants

OF_KIND = {"week": "events/reminder_week", "day": "events/reminder", "soon": "events/reminder_soon"}
TO_SCHOOL = "events/to_school_reminder"
REMINDERS = [*OF_KIND.values(), TO_SCHOOL]


def reminder_due_at(kind: str, session: SchoolSession) -> datetime:
    return session.starts_at - timedelta(hours=settings.PROGRAMME["reminders"][kind][0])


def _timing(kind: str, session: SchoolSession) -> dict[str, datetime]:
    useful = timedelta(hours=settings.PROGRAMME["reminders"][kind][1])
    until = session.starts_at - useful
    urgent = {"urgent_until": until} if kind == "soon" else {}
    return {"due_at": reminder_due_at(kind, session), "useful_until": until, **urgent}


def remind_mentors(reminders: Iterable[tuple[str, str, Booking]], link_of: Callable[[Booking], str]) -> None:
    """By key and kind; a mentor whose account is gone gets none. The day before he is asked whether he comes: `link_of`
    gives the words of the link by which he answers without signing in."""
    mail.queue_many(
        mail.Letter(
            name=OF_KIND[kind],
            to=booking.person.user,
            context={"booking": booking, "session": booking.session},
            dedupe_key=key,
            action=("coming", link_of(booking)) if kind == "day" else ("session_detail", booking.session.uuid),
            about=booking.code,
            is_secret=kind == "day",
            **_timing(kind, booking.session),
        )
        for key, kind, booking in reminders
        if booking.person.user
    )


def remind_schools(reminders: Iterable[tuple[str, SchoolSession, User]]) -> None:
    """The day before, to each contact of the school; names nobody."""
    mail.queue_many(
        mail.Letter(
            name=TO_SCHOOL,
            to=contact,
            context={"session": session},
            dedupe_key=key,
            action=("school_home",),
            about=session.code,
            **_timing("day", session),
        )
        for key, session, contact in reminders
    )


def contacts_of(schools: Iterable[int]) -> dict[int, list[User]]:
    """The contact persons of many schools, by the school's primary key, in one query."""
    found = defaultdict(list)
    for grant in contact_grants(set(schools)).select_related("user").order_by("pk"):
        found[grant.school_id].append(grant.user)
    return found


def forget_reminders(booking: Booking) -> None:
    """Those that wait, of the mentor and of the school, which may have others who come: what is still wanted is written
    anew (`services.reminders`)."""
    mail.cancel(f"reminder:{booking.uuid}:")
    forget_school_reminders(booking.session)


def forget_school_reminders(session: SchoolSession) -> None:
    mail.cancel(f"reminder:school:{session.uuid}:")
