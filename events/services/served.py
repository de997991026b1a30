"""What a mentor has done, for the apps below (`volunteers.service_record`)."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Count, Max, Min, Q, Sum
from django.utils import timezone

from events.models import Booking, HoursEntry
from volunteers.service_record import ServiceRecord


def records_of(ids: list[int]) -> dict[int, ServiceRecord]:
    """Confirmed visits and minutes of these people, the day of their last visit and of the next one agreed (Asia/Almaty).
    A past visit about which the school has said nothing yet counts as their last one, not among the visits."""
    now, done = timezone.now(), HoursEntry.objects.filter(person__in=ids).order_by().values("person")
    entered = dict(done.annotate(total=Sum("minutes")).values_list("person", "total"))
    visited = {row.pop("person"): row for row in done.filter(minutes__gt=0).annotate(**_VISITED)}
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
    nothing = {"visits": 0, "last": None, "following": None}
    return {pk: _record(entered.get(pk, 0), visited.get(pk, nothing), held.get(pk, nothing)) for pk in ids}


_VISITED = {"visits": Count("booking", distinct=True), "last": Max("booking__starts_at")}


def _record(minutes: int, visited: dict, held: dict) -> ServiceRecord:
    last = max((moment for moment in (visited["last"], held["last"]) if moment), default=None)
    return ServiceRecord(visits=visited["visits"], minutes=minutes, last_on=_day(last), next_on=_day(held["following"]))


def _day(moment: datetime | None) -> date | None:
    return moment and timezone.localdate(moment)
