"""Reminders as a desired state: every few minutes the letters that wait are made to agree with what is booked. What was
missed while nothing ran is caught up while it is still useful, and left as skipped when it is not."""

from __future__ import annotations

from collections.abc import Container, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from events import notifications
from events.models import Booking
from events.services.assuring import link_of
from events.states import HOLDING, SessionState
from portal import texts
from portal.models import OutgoingMessage, User

AT_ONCE = 200  # bookings whose rows stay locked while their letters are written
CANCELLED = OutgoingMessage.State.CANCELLED


class Reminder(NamedTuple):
    """A letter that should be there: of one kind, to the mentor of a booking or to a contact person of its school."""

    key: str
    kind: str
    booking: Booking
    contact: User | None = None


def plan_reminders(now: datetime) -> int:
    """Writes the reminders of visits that begin within the longest time of `PROGRAMME["reminders"]`, and cancels those
    that wait for something no longer booked, or moved; returns how many bookings got a letter.

    One letter for each kind and version of a session: to the mentor, unless his visit waits for the school or for a
    partner, and the day before to the school. Who booked, or answered to a change, after the moment of a kind gets none
    of that kind: another letter has only just left. One that was cancelled before it left, and is wanted again, is
    written anew. Safe to repeat and to run twice at once.
    """
    begun = timezone.now()
    wanted = {reminder.key: reminder for reminder in _wanted(now)}
    missing = [wanted[key] for key in wanted.keys() - _written(list(wanted))]
    missing.sort(key=lambda reminder: (reminder.booking.pk, reminder.key))
    for first in range(0, len(missing), AT_ONCE):
        _write(missing[first : first + AT_ONCE])
    _cancel_all_but(wanted.keys(), begun)
    return len({reminder.booking.pk for reminder in missing})


def _wanted(now: datetime) -> Iterator[Reminder]:
    """Of all bookings that hold a place in a coming session; the school is written to for the first of a session."""
    longest = max(hours for hours, _useful in settings.PROGRAMME["reminders"].values())
    coming = Booking.objects.holding().filter(
        session__state=SessionState.PUBLISHED, starts_at__gt=now, starts_at__lte=now + timedelta(hours=longest)
    )
    bookings = list(coming.select_related("session").order_by("pk"))
    contacts = notifications.contacts_of(booking.session.school_id for booking in bookings)
    schools_told = set()
    for booking in bookings:
        session = booking.session
        since = booking.state_since if session.version > 1 else booking.created_at
        for kind in settings.PROGRAMME["reminders"]:
            spoken = booking.state_since if kind == "week" else since  # confirmed later, it is no week any more
            if notifications.reminder_due_at(kind, session) > spoken and not booking.awaits_confirmation:
                yield Reminder(f"reminder:{booking.uuid}:{session.version}:{kind}", kind, booking)
        if session.pk in schools_told or notifications.reminder_due_at("day", session) <= since:
            continue
        schools_told.add(session.pk)
        for contact in contacts[session.school_id]:
            key = f"reminder:school:{session.uuid}:{session.version}:{contact.pk}"
            yield Reminder(key, "day", booking, contact)


def _written(keys: list[str]) -> set[str]:
    found: set[str] = set()
    for first in range(0, len(keys), 500):
        rows = OutgoingMessage.objects.filter(dedupe_key__in=keys[first : first + 500]).exclude(state=CANCELLED)
        found |= set(rows.values_list("dedupe_key", flat=True))
    return found


@transaction.atomic
def _write(reminders: list[Reminder]) -> None:
    """Under the bookings' locks: a booking that ends meanwhile waits for these letters, and then cancels them (I17)."""
    ids = {reminder.booking.pk for reminder in reminders}
    rows = Booking.objects.filter(pk__in=ids, state__in=HOLDING).order_by("pk").select_for_update(of=("self",))
    held = {booking.pk: booking for booking in rows}
    full = Booking.objects.filter(pk__in=held).with_session().select_related("person__user")
    held = {booking.pk: booking for booking in full}
    there = [
        reminder._replace(booking=held[reminder.booking.pk]) for reminder in reminders if reminder.booking.pk in held
    ]
    there = [reminder for reminder in there if reminder.contact or not reminder.booking.awaits_confirmation]
    keys = [key for reminder in there for key in (reminder.key, reminder.key + texts.COPY)]
    OutgoingMessage.objects.filter(dedupe_key__in=keys, state=CANCELLED).delete()
    of_mentors = [(reminder.key, reminder.kind, reminder.booking) for reminder in there if not reminder.contact]
    notifications.remind_mentors(of_mentors, link_of)
    notifications.remind_schools(
        (reminder.key, reminder.booking.session, reminder.contact) for reminder in there if reminder.contact
    )


def _cancel_all_but(keys: Container[str], begun: datetime) -> None:
    """Of those that were there when this run began: what another run writes meanwhile is its own to judge."""
    waiting = OutgoingMessage.objects.filter(
        letter__in=notifications.REMINDERS, state=OutgoingMessage.State.SCHEDULED, created_at__lt=begun
    )
    idle = [pk for pk, key in waiting.values_list("pk", "dedupe_key") if texts.key_of_letter(key) not in keys]
    waiting.filter(pk__in=idle).update(state=CANCELLED)
