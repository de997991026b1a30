"""What visits keep of somebody who is forgotten (volunteers.services.retention): their codes, days and hours."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from events.models import Booking, CalendarToken, Feedback, HoursEntry
from events.services.work import forget_work
from portal import log_door, mail
from portal.models import OutgoingMessage
from portal.retention import SCHEDULE
from volunteers.models import Person

WORDS = {"reason": "", "note": "", "answer": "", "override_reason": ""}


def forget_visits(person: Person) -> None:
    """Empties the words about his visits (a correction of hours keeps that it had a reason), the letters that name him, and
    closes his calendar's address. Runs inside the transaction in which he is forgotten."""
    bookings = list(Booking.objects.filter(person=person))
    ids = [str(booking.pk) for booking in bookings]
    Booking.objects.filter(person=person).update(**WORDS)
    log_door.forget_reasons(Booking._meta.label, ids)
    Feedback.objects.filter(booking__in=bookings).exclude(text="").update(text="")
    HoursEntry.objects.filter(person=person).exclude(reason="").update(reason="–")
    letters = Q(about__in=[booking.code for booking in bookings])
    for booking in bookings:
        for letter in ("to_school_booked", "to_school_other_mentor", "to_school_note"):  # of the session; they name him
            letters |= Q(dedupe_key__startswith=f"{letter}:{booking.uuid}:")
    mail.forget(OutgoingMessage.objects.filter(letters))
    CalendarToken.objects.filter(user=person.user_id).delete()
    forget_work(person)


def forget_words(on: date) -> list[str]:
    """Every night: empties what was written about visits more than `PROGRAMME["visit_words_days"]` ago, by both sides; days, hours
    and marks stay. Returns the codes of the visits."""
    old = list(words_due(on).only("pk", "uuid").order_by("pk"))
    ids = [booking.pk for booking in old]
    Booking.objects.filter(pk__in=ids).update(**WORDS)
    Feedback.objects.filter(booking__in=ids).update(text="")
    log_door.forget_reasons(Booking._meta.label, [str(pk) for pk in ids])
    return [booking.code for booking in old]


def words_due(on: date) -> QuerySet[Booking]:
    """Visits so long ago about which something is written still."""
    written = ~Q(**WORDS) | Exists(Feedback.objects.filter(booking=OuterRef("pk")).exclude(text=""))
    return Booking.objects.filter(written, starts_at__date__lt=SCHEDULE["visits"].limit(on))
