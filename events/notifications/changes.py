"""Letters of sessions that are changed after they were published. Whoever has to do with several sessions of one change
reads one letter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from events import calendars
from events.models import Booking, SchoolSession, WaitlistEntry
from events.states import WaitState
from portal import mail
from portal.models import User

from .base import school_contacts, to_mentor, to_school, urgent_until


def sessions_moved(visits: Iterable[tuple[Booking, datetime]]) -> None:
    """Time or place of these visits changed; each comes with the moment at which it was to begin. Their mentors are asked
    whether they still come, and their calendars get the new times."""
    was = dict(visits)
    for mine in _of_each_mentor(was):
        if len(mine) == 1:
            (booking,) = mine
            key = f"session_changed:{booking.uuid}:{booking.session.version}"
            to_mentor("session_changed", booking, key, calendar=True, urgent=True, was=was[booking])
        else:
            moments = [moment for booking in mine for moment in (booking.starts_at, was[booking])]
            moves = [(booking.session, was[booking]) for booking in mine]
            _of_several(
                "sessions_changed", mine, {"moves": moves}, f"{mine[0].session.version}", urgent_until(*moments)
            )


def details_changed(visits: Iterable[Booking]) -> None:
    """The class, the topic or the note changed; the visits stand."""
    for mine in _of_each_mentor(visits):
        number = mine[0].session.ical_sequence
        if len(mine) == 1:
            to_mentor("details_changed", mine[0], f"details_changed:{mine[0].uuid}:{number}", calendar=True)
        else:
            _of_several(
                "several_details_changed", mine, {"sessions": [booking.session for booking in mine]}, f"{number}"
            )


def _of_each_mentor(visits: Iterable[Booking]) -> list[list[Booking]]:
    """In the order of time; without those of erased accounts."""
    found = defaultdict(list)
    for booking in sorted(visits, key=lambda booking: (booking.starts_at, booking.pk)):
        if booking.person.user:
            found[booking.person_id].append(booking)
    return list(found.values())


def _of_several(letter: str, mine: list[Booking], context: dict, number: str, urgent: datetime | None = None) -> None:
    """One letter about several visits of one mentor, with a calendar file for each: an invitation names one event."""
    files = [calendars.attachment(booking) for booking in mine]
    mail.queue(
        f"events/{letter}",
        mine[0].person.user,
        context,
        dedupe_key=f"{letter}:{mine[0].uuid}:{number}",
        action=("my_bookings",),
        about=mine[0].code,
        attachments=[file | {"name": f"visit-{place}.ics"} for place, file in enumerate(files, start=1)],
        urgent_until=urgent,
    )


def released_by_change(booking: Booking) -> None:
    """After the change he cannot come, by the rules. Never says by which."""
    key = f"released_by_change:{booking.uuid}"
    to_mentor("released_by_change", booking, key, page=("my_bookings",), calendar=True, urgent=True)


def to_school_sessions_moved(moved: Iterable[tuple[SchoolSession, SchoolSession]], *, but: User | None = None) -> None:
    """Each session as it is and as it was. A school that one leaves is told that it is off."""
    schools = defaultdict(list)
    for after, before in moved:
        schools[after.school_id].append((after, before))
    for pairs in schools.values():
        if len(pairs) == 1:
            _to_school_session_changed(*pairs[0], but=but)
        else:
            _to_school_several(pairs, but)


def _to_school_session_changed(session: SchoolSession, before: SchoolSession, *, but: User | None) -> None:
    key, urgency = f"{session.uuid}:{session.version}", {"urgent": True, "was": before.starts_at}
    if before.school_id != session.school_id:
        to_school("to_school_session_elsewhere", before, key, {}, but=but, **urgency)
    to_school("to_school_session_changed", session, key, {"before": before}, but=but, **urgency)


def _to_school_several(pairs: list[tuple[SchoolSession, SchoolSession]], but: User | None) -> None:
    pairs = sorted(pairs, key=lambda pair: (pair[0].starts_at, pair[0].pk))
    first, _before = pairs[0]
    urgent = urgent_until(*(session.starts_at for pair in pairs for session in pair))
    mail.queue_many(
        mail.Letter(
            name="events/to_school_sessions_changed",
            to=contact,
            context={"pairs": pairs, "without_adult": any(not after.school_adult_name for after, _before in pairs)},
            dedupe_key=f"to_school_sessions_changed:{first.uuid}:{first.version}:{contact.pk}",
            action=("school_home",),
            about=first.code,
            urgent_until=urgent,
        )
        for contact in school_contacts(first)
        if contact != but
    )


def to_school_sessions_off(sessions: Iterable[SchoolSession], *, but: User | None = None) -> None:
    """Sessions that were taken back together: each school reads of its own in one letter, and that its request stands."""
    schools = defaultdict(list)
    for session in sorted(sessions, key=lambda session: (session.starts_at, session.pk)):
        schools[session.school_id].append(session)
    mail.queue_many(
        mail.Letter(
            name="events/to_school_sessions_off",
            to=contact,
            context={"sessions": rows, "asked": rows[0].request},
            dedupe_key=f"to_school_sessions_off:{rows[0].uuid}:{contact.pk}",
            action=("school_request", rows[0].request.uuid) if rows[0].request else ("school_home",),
            about=rows[0].code,
            urgent_until=urgent_until(*(session.starts_at for session in rows)),
        )
        for rows in schools.values()
        for contact in school_contacts(rows[0])
        if contact != but
    )


def session_changed_waiting(entries: Iterable[WaitlistEntry]) -> None:
    """To those who wait for a place in sessions whose time or place changed, also with one that is offered to them."""
    waiters = defaultdict(list)
    for entry in entries:
        if entry.person.user:
            waiters[entry.person.user].append(entry)
    mail.queue_many(
        mail.Letter(
            name="events/session_changed_waiting",
            to=user,
            context={
                "sessions": [entry.session for entry in line],
                "offered": any(entry.state == WaitState.OFFERED for entry in line),
            },
            dedupe_key=f"session_changed_waiting:{line[0].uuid}:{line[0].session.version}",
            action=("session_detail", line[0].session.uuid) if len(line) == 1 else ("my_bookings",),
            about=line[0].code,
        )
        for user, line in waiters.items()
    )
