"""What a mentor has done, for the apps below (`volunteers.service_record`)."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Max, Min, Q
from django.utils import timezone

from events.models import Booking, HoursEntry
from events.services import hours
from events.states import BookingState
from volunteers.service_record import ServiceRecord


def records_of(ids: list[int]) -> dict[int, ServiceRecord]:
    """Confirmed visits and minutes of these people, the day of their last visit and of the next one agreed (Asia/Almaty).
    A past visit about which the school has said nothing yet counts as their last one, not among the visits."""
    now, entries = timezone.now(), HoursEntry.objects.filter(person__in=ids)
    served = hours.sums(entries, "person")
    came = entries.filter(booking__state=BookingState.COMPLETED)  # and not corrected since
    newest = dict(came.order_by().values_list("person").annotate(Max("booking__starts_at")))
    held = {
        row.pop("person"): row
        for row in Booking.objects.holding()
        .filter(person__in=ids)
        .order_by()
        .values("person")
        .annotate(
            last=Max("starts_at", filter=Q(starts_at__lte=now)), following=Min("starts_at", filter=Q(starts_at__gt=now))
        )
    }
    nothing = {"last": None, "following": None}
    return {pk: _record(served.get(pk, hours.Sum()), newest.get(pk), held.get(pk, nothing)) for pk in ids}


def _record(served: hours.Sum, newest: datetime | None, held: dict) -> ServiceRecord:
    last = max((moment for moment in (newest, held["last"]) if moment), default=None)
    return ServiceRecord(served.visits, served.minutes, last_on=_day(last), next_on=_day(held["following"]))


def _day(moment: datetime | None) -> date | None:
    return moment and timezone.localdate(moment)
