"""What visits keep of somebody who is forgotten (volunteers.services.retention): their codes, days and hours."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from events.models import Booking, CalendarToken, Feedback, HoursEntry
from events.services.work import forget_work
from portal import mail
from portal.models import LogEntry, OutgoingMessage
from volunteers.models import Person


def forget_visits(person: Person) -> None:
    """Empties the words about his visits (a correction of hours keeps that it had a reason), the letters that name him, and
    closes his calendar's address. Runs inside the transaction in which he is forgotten."""
    bookings = list(Booking.objects.filter(person=person))
    ids = [str(booking.pk) for booking in bookings]
    Booking.objects.filter(person=person).update(reason="", note="")
    LogEntry.objects.filter(model=Booking._meta.label, object_id__in=ids).exclude(reason="").update(reason="")
    Feedback.objects.filter(booking__in=bookings).exclude(text="").update(text="")
    HoursEntry.objects.filter(person=person).exclude(reason="").update(reason="–")
    letters = Q(about__in=[booking.code for booking in bookings])
    for booking in bookings:
        for letter in ("to_school_booked", "to_school_other_mentor"):  # about the session, and they name him
            letters |= Q(dedupe_key__startswith=f"{letter}:{booking.uuid}:")
    mail.forget(OutgoingMessage.objects.filter(letters))
    CalendarToken.objects.filter(user=person.user_id, revoked_at=None).update(revoked_at=timezone.now())
    forget_work(person)
