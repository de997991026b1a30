"""What happens to booked visits when somebody's clearance shrinks (I5): at once, and again every night."""

from __future__ import annotations

from datetime import date, datetime, time

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from events import notifications
from events.models import Booking, SchoolSession, WaitlistEntry
from events.services.booking import end_booking
from events.services.guards import clearances_on
from events.services.line import give_back
from events.states import REVOKE, WaitState
from portal import services
from portal.access import Role
from portal.models import StaffTask
from volunteers.models import Person


@transaction.atomic
def revoke_uncleared(person: Person, now: datetime | None = None) -> list[str]:
    """Releases the person's later visits on days for which he is not cleared; returns their codes.

    Runs inside the transaction of whatever made his clearance shrink. The mentor gets a calendar cancellation, the
    school a letter without the reason, the coordinator a task, the reminder is cancelled. Places that the waiting list
    keeps for him on such days go on. Safe to repeat.
    """
    now = now or timezone.now()
    person = Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    later = Booking.objects.holding().filter(person=person, starts_at__gt=now)
    offers = WaitlistEntry.objects.filter(person=person, state=WaitState.OFFERED)
    concerned = Q(pk__in=later.values("session")) | Q(pk__in=offers.values("session"))
    locked = [session.pk for session in SchoolSession.objects.filter(concerned).order_by("pk").select_for_update()]
    bookings = list(later.filter(session__in=locked).with_session())
    answers = clearances_on((person, booking.session.day) for booking in bookings)
    lost = [booking for booking in bookings if not answers[person.pk, booking.session.day].ok]
    for booking in lost:
        codes = [reason.code for reason in answers[person.pk, booking.session.day].reasons]
        end_booking(booking, REVOKE, None, codes=codes, now=now)
        notifications.booking_cancelled(booking)
        notifications.to_school_visit_off(booking)
        _ask_coordinator(booking)
    _give_back(list(offers.filter(session__in=locked).select_related("session", "person__user")), now)
    return [booking.code for booking in lost]


def _give_back(offers: list[WaitlistEntry], now: datetime) -> None:
    """Places kept for him on days for which he is not cleared go on."""
    answers = clearances_on((offer.person, offer.session.day) for offer in offers) if offers else {}
    for offer in offers:
        if not answers[offer.person_id, offer.session.day].ok:
            give_back(offer, now)


def _ask_coordinator(booking: Booking) -> None:
    services.raise_task(
        StaffTask.Kind.BOOKING_RELEASED,
        role=Role.COORDINATOR,
        about=booking.code,
        url=reverse("staff_session", args=[booking.session.uuid]),
        district=booking.session.school.district,
        once=str(booking.uuid),
    )


def recheck_bookings(on: date) -> list[str]:
    """Every night: all visits from `on` (Asia/Almaty) that have not begun, against clearance on their own days.

    The search costs the same number of queries for any number of bookings; each mentor who lost clearance is then
    dealt with in a transaction of his own. Returns the codes of the visits that were released.
    """
    midnight = timezone.make_aware(datetime.combine(on, time.min))
    now = max(timezone.now(), midnight)
    bookings = list(Booking.objects.holding().filter(starts_at__gt=now).select_related("person", "session"))
    answers = clearances_on((booking.person, booking.session.day) for booking in bookings)
    lost = {booking.person for booking in bookings if not answers[booking.person_id, booking.session.day].ok}
    people = sorted(lost, key=lambda person: person.pk)
    return [code for person in people for code in revoke_uncleared(person, now)]
