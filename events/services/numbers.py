"""The figures that everybody may read: sessions held, pupils reached, hours given, mentors cleared. Only numbers, and no
small ones."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time

from django.db.models import Count, Exists, Max, OuterRef, Sum
from django.utils import timezone

from events.models import Booking, PublicFigures, SchoolSession
from events.services.suppression import LEAST, hidden_cells
from events.states import BookingState, SessionState
from volunteers.clearance import SCHOOL_SESSION, judge, load_facts, load_rules
from volunteers.models import Approval, Person

FIRST_MONTH = 9  # a school year begins on 1 September
MEASURES = ["sessions", "pupils", "minutes"]
OF_SESSIONS = {"pupils", "hours"}  # hidden where their sessions are


def school_year(day: date) -> int:
    """The year in which the school year of that day began."""
    return day.year if day.month >= FIRST_MONTH else day.year - 1


def figures_of(year: int, on: date) -> PublicFigures | None:
    """The published figures of a school year; made at once if no night has made them yet. None for a year that has not
    begun, or of which nothing is known."""
    found = PublicFigures.objects.filter(year=year).first()
    if found or year != school_year(on):
        return found
    return _publish(year, on)


def make_figures(on: date) -> list[str]:
    """Every night: the figures of this school year and of the one before, whose attendance may still come in. Returns
    the years."""
    return [str(_publish(year, on)) for year in (school_year(on), school_year(on) - 1)]


def _publish(year: int, on: date) -> PublicFigures:
    held, schools = _held(year)
    by_district = {measure: Counter() for measure in MEASURES}
    by_month = {measure: Counter() for measure in MEASURES}
    for district, month, *counts in held:
        for measure, count in zip(MEASURES, counts, strict=True):
            by_district[measure][district] += count
            by_month[measure][month] += count
    totals = {measure: sum(counts.values()) for measure, counts in by_district.items()}
    totals["hours"] = _in_hours(totals.pop("minutes"))
    for counts in (by_district, by_month):
        counts["hours"] = Counter({key: _in_hours(minutes) for key, minutes in counts.pop("minutes").items()})
    if year == school_year(on):
        by_district["mentors"] = Counter({str(pk): number for pk, number in cleared_by_district(on).items()})
        totals["mentors"] = sum(by_district["mentors"].values())
    data = _without_small_ones(totals, by_district, by_month, _months(year, on))
    data["schools"] = None if 0 < len(schools) < LEAST else len(schools)
    return PublicFigures.objects.update_or_create(year=year, defaults={"made_on": on, "data": data})[0]


def _in_hours(minutes: int) -> int:
    """Whole hours. Less than one is one, and so a small count: nought would tell of a hidden district that one session
    was held in it."""
    return max(1, minutes // 60) if minutes else 0


def _held(year: int) -> tuple[list[tuple], set[int]]:
    """Of each session that took place: its district, month, one, pupils, minutes of all mentors; and the schools."""
    first, last = _moment(year), _moment(year + 1)
    came = Booking.objects.filter(session=OuterRef("pk"), state=BookingState.COMPLETED)
    sessions = (
        SchoolSession.objects.filter(
            Exists(came),
            state__in=[SessionState.FINISHED, SessionState.CLOSED],
            starts_at__gte=first,
            starts_at__lt=last,
        )
        .annotate(
            pupils=Max("bookings__attendance__pupils_present"),
            minutes=Sum("bookings__hours__minutes"),
        )
        .order_by()
        .values_list("school", "school__district", "starts_at", "pupils", "minutes")
    )
    rows, schools = [], set()
    for school, district, starts_at, pupils, minutes in sessions.iterator():
        schools.add(school)
        rows.append((str(district), f"{timezone.localdate(starts_at):%Y-%m}", 1, pupils or 0, minutes or 0))
    return rows, schools


def _moment(year: int) -> datetime:
    return timezone.make_aware(datetime.combine(date(year, FIRST_MONTH, 1), time.min))


def _months(year: int, on: date) -> list[str]:
    """Those of the school year that have begun."""
    months = [(year + (FIRST_MONTH + turn > 12), (FIRST_MONTH + turn - 1) % 12 + 1) for turn in range(12)]
    return [f"{year:04}-{month:02}" for year, month in months if (year, month) <= (on.year, on.month)]


def cleared_by_district(on: date) -> Counter[int]:
    """How many mentors may go into schools on that day, by their district (primary key). Two queries, and one for each
    five thousand of them."""
    approved = Approval.objects.filter(person=OuterRef("pk"))
    people = Person.objects.filter(Exists(approved)).exclude(district=None).order_by("pk")
    home = dict(people.values_list("pk", "district"))
    facts, rules = load_facts(list(home)), load_rules()
    return Counter(home[pk] for pk in home if judge(facts[pk], rules, SCHOOL_SESSION, on).ok)


def _without_small_ones(totals: dict, by_district: dict, by_month: dict, months: list[str]) -> dict:
    """What is published: {"totals": {measure: count}, "by_district": {district: {…}}, "by_month": {month: {…}}}; None
    stands for a hidden count. Where the number of sessions is hidden, so are its pupils and hours, be they none. Where one
    breakdown would give a hidden count away by the total, the total and all cells of that measure are hidden in both."""
    shown = {"by_district": {}, "by_month": {month: {} for month in months}}
    few = {"by_district": frozenset(), "by_month": frozenset()}
    for measure in by_district:
        columns = {"by_district": by_district[measure], "by_month": by_month.get(measure, Counter())}
        hidden = {
            name: hidden_cells(counts, few[name] if measure in OF_SESSIONS else frozenset())
            for name, counts in columns.items()
        }
        if None in hidden.values() or 0 < totals[measure] < LEAST:
            totals[measure] = None
            hidden = {name: {key for key, count in counts.items() if count} for name, counts in columns.items()}
        if measure == "sessions":
            few = hidden
        elif measure in OF_SESSIONS:
            hidden = {name: keys | few[name] for name, keys in hidden.items()}
        for name, counts in columns.items():
            for key, count in counts.items():
                shown[name].setdefault(key, {})[measure] = None if key in hidden[name] else count
    return {"totals": totals, **shown}


def bookings_by_state() -> dict[str, int]:
    """For operators, who watch how many there are (`portal.metrics`); one query."""
    counted = Booking.objects.order_by().values_list("state").annotate(Count("pk"))
    return dict.fromkeys(BookingState.values, 0) | dict(counted)
