"""What the log keeps of a session, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst

from events import states
from events.models import SchoolSession
from portal.models import LogEntry


def timeline(session: SchoolSession) -> Iterator[LogEntry]:
    """The entries about the session and its bookings (`shown`), the newest first; each with `details` of a change."""
    bookings = [str(booking.pk) for booking in session.shown]
    own = Q(model="events.SchoolSession", object_id=str(session.pk))
    entries = LogEntry.objects.filter(own | Q(model="events.Booking", object_id__in=bookings), kind="change")
    for entry in entries:
        entry.details = details(entry) if entry.action == states.CHANGE.name else ""
        entry.action = states.IN_THE_LOG.get(entry.action, entry.action)
        entry.state_from, entry.state_to = states.in_words(entry.state_from), states.in_words(entry.state_to)
        yield entry


def details(entry: LogEntry) -> str:
    """Which fields a change touched, with before and after where the log keeps them."""
    return "; ".join(_of_field(name, entry.data.get(name)) for name in entry.data.get("changed", ()))


def _of_field(name: str, values: list | None) -> str:
    label = capfirst(SchoolSession._meta.get_field(name).verbose_name)
    return f"{label}: {_word(values[0])} → {_word(values[1])}" if values else label


def _word(value: str | int) -> str:
    if isinstance(value, str):
        return date_format(timezone.localtime(datetime.fromisoformat(value)), "SHORT_DATETIME_FORMAT")
    return str(value)
