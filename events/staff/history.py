"""What the log keeps of a session, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import states
from events.models import SchoolSession, SwapOffer
from portal import access
from portal.models import LogEntry, User
from volunteers.models import Person

# What a booking waits for, by the codes of `guards.why_too_few`.
HELD_BY = {
    "adult_missing": gettext_lazy("no adult is named"),
    "adult_is_mentor": gettext_lazy("the adult is the mentor himself"),
    "too_few_adults": gettext_lazy("too few adults"),
}


def timeline(session: SchoolSession, by: User) -> Iterator[LogEntry]:
    """The entries about the session and its bookings (`shown`), the newest first; each with `details` of a change, or
    of what the rule said of a booking. Who plans sessions there reads of the waiting list and of handovers too, with the
    name of the mentor where somebody else, or the portal, did it."""
    bookings = [str(booking.pk) for booking in session.shown]
    about = Q(model="events.SchoolSession", object_id=str(session.pk)) | Q(
        model="events.Booking", object_id__in=bookings
    )
    line = _line_of(session) if access.allows(by, "session.plan", session.reach) else {}
    for model in {model for model, _key in line}:
        about |= Q(model=model, object_id__in=[key for of_model, key in line if of_model == model])
    for entry in LogEntry.objects.filter(about, kind="change"):
        if mentor := line.get((entry.model, entry.object_id)):
            entry.details = mentor.full_name if entry.actor_id is None or entry.actor_id != mentor.user_id else ""
            words, in_words = states.LINE_IN_THE_LOG, states.line_in_words
        else:
            entry.details = details(entry) if entry.action == states.CHANGE.name else of_rule(entry)
            words, in_words = states.IN_THE_LOG, states.in_words
        entry.action = words.get(entry.action, entry.action)
        entry.state_from, entry.state_to = in_words(entry.state_from), in_words(entry.state_to)
        yield entry


def _line_of(session: SchoolSession) -> dict[tuple[str, str], Person]:
    """Who waits or waited for a place, and whose visit was or is to be handed over, by the model and key of the log."""
    waiting = session.waiting.select_related("person")
    found = {(entry._meta.label, str(entry.pk)): entry.person for entry in waiting}
    for offer in SwapOffer.objects.filter(booking__session=session).select_related("booking__person"):
        found[offer._meta.label, str(offer.pk)] = offer.booking.person
    return found


def of_rule(entry: LogEntry) -> str:
    """Of a booking: whether the rule confirmed it at once, or what it waits for; nothing for other entries."""
    codes = entry.data.get("held_by")
    if codes is None:
        return ""
    adults = entry.data["adults"]
    if not codes:
        return _("Confirmed by the rule: the school has named its adult. Adults in the room: %(adults)s.") % {
            "adults": adults
        }
    why = ", ".join(str(HELD_BY.get(code, code)) for code in codes)
    return _("Waits for the school: %(why)s. Adults in the room: %(adults)s.") % {"why": why, "adults": adults}


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
