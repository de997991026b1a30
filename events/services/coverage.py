"""How many of the planned sessions found their mentors and were held: by district and month, for the staff."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from datetime import date, timedelta

from django.db.models import Count, DateField, Exists, F, OuterRef, Q, Sum
from django.db.models.functions import TruncMonth

from events import months
from events.models import Booking, SchoolSession
from events.states import DONE, HOLDING, BookingState, SessionState
from portal import access
from portal.models import District, User

PERMISSION = "session.internal"


@dataclass
class Figures:
    """Of sessions that are no drafts: how many there are, how many of them have mentors in all their places, were held
    (a visit is confirmed), were cancelled; the places for mentors in those that are not cancelled, and how many are
    taken: by whoever comes, came or stayed away."""

    planned: int = 0
    full: int = 0
    held: int = 0
    cancelled: int = 0
    places: int = 0
    taken: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(*(mine + theirs for mine, theirs in zip(self.numbers, other.numbers, strict=True)))

    @property
    def numbers(self) -> tuple[int, ...]:
        return astuple(self)

    @property
    def share(self) -> int | None:
        """Of the places those that are taken, in hundredths; 100 only if they all are. None without places."""
        return 100 * self.taken // self.places if self.places else None


@dataclass
class DistrictCoverage:
    district: District
    months: dict[date, Figures]  # by the first day of each

    @property
    def together(self) -> Figures:
        return total(self.months.values())


def total(figures: Iterable[Figures]) -> Figures:
    return sum(figures, Figures())


def coverage(first: date, last: date, by: User) -> list[DistrictCoverage]:
    """Each district in `by`'s reach, with the months from the one that begins on `first` to the one that begins on `last`.
    Two queries."""
    districts = list(District.objects.filter(access.within(by, PERMISSION, district="pk")))
    found = _counted(first, last, by)
    span = list(_months(first, last))
    return [
        DistrictCoverage(place, {month: found.get((place.pk, month), Figures()) for month in span})
        for place in districts
    ]


def _counted(first: date, last: date, by: User) -> dict[tuple[int, date], Figures]:
    begins, ends = months.moments(first, months.next_month(last) - timedelta(days=1))
    came = Booking.objects.filter(session=OuterRef("pk"), state=BookingState.COMPLETED)
    on, over = ~Q(state=SessionState.CANCELLED), Q(state__in=[SessionState.FINISHED, SessionState.CLOSED])
    sessions = SchoolSession.objects.visible_to(by).filter(starts_at__gte=begins, starts_at__lt=ends)
    rows = (
        sessions.exclude(state=SessionState.DRAFT)
        .with_visits(HOLDING | DONE)
        .annotate(month=TruncMonth("starts_at", output_field=DateField()), came=Exists(came))
        .order_by()
        .values_list("school__district", "month")
        .annotate(
            planned=Count("pk"),
            full=Count("pk", filter=on & Q(visits__gte=F("seats_max"))),
            held=Count("pk", filter=over & Q(came=True)),
            cancelled=Count("pk", filter=~on),
            places=Sum("seats_max", filter=on, default=0),
            taken=Sum("visits", filter=on, default=0),
        )
    )
    # int: the sum of counts is a Decimal on PostgreSQL
    return {(district, month): Figures(*map(int, counts)) for district, month, *counts in rows}


def _months(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first = months.next_month(first)
