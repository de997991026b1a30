"""What happens to booked visits when a mentor is kept from a school or apart from another mentor (I8)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from events import notifications
from events.models import Booking, SchoolSession, WaitlistEntry
from events.services.booking import end_booking
from events.services.guards import situation_of
from events.services.line import give_back
from events.states import KEEP_AWAY, WaitState
from mentors.models import Exclusion


@transaction.atomic
def release_excluded(exclusion: Exclusion, now: datetime | None = None) -> list[str]:
    """Releases the later visits of the exclusion's mentor that lie across it; returns their codes. Of two who are kept
    apart it is he who goes, not the other. Relatives may come together, so nothing happens to theirs.

    Runs inside the transaction that excludes him, which holds the lock of his row. The mentor gets a calendar
    cancellation, the school a letter, neither the reason; places that the waiting list keeps for him go on.
    """
    now, person = now or timezone.now(), exclusion.person
    later = Booking.objects.holding().filter(person=person, starts_at__gt=now)
    offers = WaitlistEntry.objects.filter(person=person, state=WaitState.OFFERED)
    concerned = Q(pk__in=later.values("session")) | Q(pk__in=offers.values("session"))
    locked = [session.pk for session in SchoolSession.objects.filter(concerned).order_by("pk").select_for_update()]
    situation = situation_of(person, now)
    across = [row for row in later.filter(session__in=locked).with_session() if situation.excluded_from(row.session)]
    for booking in across:
        end_booking(booking, KEEP_AWAY, None, now=now)
        notifications.kept_away(booking)
        notifications.to_school_visit_off(booking)
    for offer in offers.filter(session__in=locked).select_related("session", "person__user"):
        if situation.excluded_from(offer.session):
            give_back(offer, now)
    return [booking.code for booking in across]
