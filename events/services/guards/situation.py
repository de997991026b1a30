"""All that decides what a mentor may book, loaded once for any number of sessions."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from events.models import Booking, HoursEntry, SchoolSession, WaitlistEntry
from events.states import HOLDING, BookingState, WaitState
from mentors.models import Absence, AvailabilityWindow, Exclusion, Limits, Profile
from portal.gather import gather
from portal.sets import among
from volunteers.clearance import DAY, FOREVER, SCHOOL_SESSION, Clearance, Facts, Rules, judge, load_facts, load_rules
from volunteers.models import Person

EXPERIENCED_AFTER_VISITS = 3  # counted ones, for somebody whose approval began with first visits
COUNTED = HOLDING | {BookingState.COMPLETED}  # towards the caps (I9)
SPANS = ("day", "week", "month")


@dataclass(frozen=True)
class Situation:
    """What is known of one mentor. `held` are his visits to come; `counted` the days of all that count towards the caps,
    by the session, from the beginning of this week or month on; `shunned` the sessions of people he is kept apart from;
    `districts` those he can go to (his own until he has chosen), `topics` those he has chosen: none means any."""

    person: Person
    facts: Facts
    rules: Rules
    visits: int
    held: list[Booking]
    counted: Mapping[int, date]
    languages: frozenset[int]
    limits: Limits
    windows: list[AvailabilityWindow]
    absences: list[Absence]
    closed_schools: frozenset[int]
    shunned: frozenset[int]
    line: Mapping[int, WaitlistEntry]
    districts: frozenset[int]
    topics: frozenset[int]

    @property
    def is_beginner(self) -> bool:
        """On some day at least his visits are among the first ones."""
        return any(self.visits < granted.probation_visits for granted in self.facts.approvals)

    def is_beginner_on(self, day: date) -> bool:
        """Whether a visit on that day must be beside an experienced mentor."""
        return self.visits < probation_visits(self.facts, day)

    def is_experienced_on(self, day: date) -> bool:
        """Whether a beginner may come beside him: his own first visits are behind him, or his approval asked for none."""
        asked = probation_visits(self.facts, day)
        return self.visits >= max(asked, EXPERIENCED_AFTER_VISITS) or not asked

    def clearance_on(self, day: date) -> Clearance:
        return judge(self.facts, self.rules, SCHOOL_SESSION, day)

    def days_for(self, first: date, last: date) -> list[tuple[date, date]]:
        """The runs of days (inclusive) between these on which he is cleared."""
        runs, day = [], first
        while day <= last:
            answer = self.clearance_on(day)
            end = min(answer.until if answer.ok else self._unchanged_until(day), last)
            runs += [(day, end)] if answer.ok else []
            day = end + timedelta(days=1)
        return runs

    def _unchanged_until(self, day: date) -> date:
        """The last day before something stored begins or ends, or other requirements take effect: until then nobody is
        cleared who is not."""
        facts = self.facts
        known = [*facts.barred, *facts.suspended, *facts.left, *facts.paused, *facts.supervised, *facts.at_risk]
        known += [granted.interval for granted in facts.approvals]
        known += [interval for some in (facts.covered, facts.waived) for found in some.values() for interval in found]
        ends = [interval.end for interval in known] + [interval.start - DAY for interval in known]
        ends += [first - DAY for versions in self.rules.by_role.values() for first, _requirements in versions]
        return min((end for end in ends if end >= day), default=FOREVER)

    def excluded_from(self, session: SchoolSession) -> bool:
        return session.school_id in self.closed_schools or session.pk in self.shunned

    def at_most(self, span: str) -> int:
        """His own limit for a day, week or month, never above the programme's."""
        most, own = settings.PROGRAMME["visits_at_most"][span], getattr(self.limits, f"per_{span}")
        return most if own is None else min(own, most)

    def visits_in(self, span: str, day: date, but: SchoolSession | None = None) -> int:
        """His visits in the day, ISO week or month (Asia/Almaty) in which the day lies, without one in the session `but`."""
        first, last = _bounds(day, span)
        others = (other for pk, other in self.counted.items() if but is None or pk != but.pk)
        return sum(first <= other <= last for other in others)

    def full_periods(self) -> set[tuple[date, date]]:
        """The days, weeks and months (first and last day) in which one more visit would be above a cap (I9)."""
        return {
            _bounds(day, span)
            for span in SPANS
            for day in self.counted.values()
            if self.visits_in(span, day) >= self.at_most(span)
        }

    def without(self, booking: Booking) -> Situation:
        """As it would be if he did not hold that place."""
        held = [other for other in self.held if other.pk != booking.pk]
        counted = {pk: day for pk, day in self.counted.items() if pk != booking.session_id}
        return replace(self, held=held, counted=counted)

    def given_back(self, entry: WaitlistEntry, now: datetime) -> Booking | None:
        """The visit that he gives up for this turn, as long as he holds it and it has not begun."""
        held = (row for row in self.held if row.pk == entry.gives_back_id and row.starts_at > now)
        return next(held, None)

    def for_turn(self, entry: WaitlistEntry, now: datetime) -> Situation:
        """As it would be in the moment in which he takes this turn."""
        given = self.given_back(entry, now)
        return self.without(given) if given else self

    def offer_for(self, session: SchoolSession, now: datetime) -> WaitlistEntry | None:
        """The place of this session that the waiting list offers him and that he may take now."""
        entry = self.line.get(session.pk)
        live = entry is not None and entry.state == WaitState.OFFERED and entry.offer_expires_at > now
        return entry if live else None


def _bounds(day: date, span: str) -> tuple[date, date]:
    """First and last day of the day itself, its ISO week or its month."""
    if span == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    if span == "month":
        return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
    return day, day


def probation_visits(facts: Facts, day: date) -> int:
    """How many first visits the approval for that day asks to be beside an experienced mentor; of several the fewest."""
    return min((granted.probation_visits for granted in facts.approvals if granted.interval.covers(day)), default=0)


def counted_visits(ids: Iterable[int]) -> dict[int, int]:
    """Visits with hours, by the primary key of the person; whoever has none is absent."""
    entries = HoursEntry.objects.filter(person__in=among(ids)).of_visits().order_by()
    return dict(entries.values_list("person").annotate(visits=Count("pk")))


def buffer() -> timedelta:
    """What is kept for the way between two schools."""
    return timedelta(minutes=settings.PROGRAMME["booking_buffer_minutes"])


def situation_of(person: Person, now: datetime) -> Situation:
    """Three queries, for every person."""
    return situations_of([person], now)[person.pk]


def situations_of(people: Iterable[Person], now: datetime) -> dict[int, Situation]:
    """By primary key; three queries for any number of people."""
    people = list(people)
    ids = [person.pk for person in people]
    found, facts = gather(**lists_of(ids, now)), load_facts(ids)
    return situations_from(found, people, facts, load_rules(), now)


def lists_of(ids: list[int], now: datetime) -> dict[str, QuerySet]:
    """The rows about these mentors that `situations_from` reads, for `gather`."""
    these, today = among(ids), timezone.localdate(now)
    since = min(today.replace(day=1), today - timedelta(days=today.weekday()))
    midnight = timezone.make_aware(datetime.combine(since, time.min))
    apart = Exclusion.objects.in_force().filter(kind=Exclusion.Kind.APART).order_by()
    others = Q(person__in=apart.filter(person__in=these).values("other"))
    others |= Q(person__in=apart.filter(other__in=these).values("person"))
    exclusions = Exclusion.objects.in_force().filter(Q(person__in=these) | Q(other__in=these))
    return {
        "bookings": Booking.objects.filter(person__in=these, state__in=COUNTED, starts_at__gte=midnight)
        .select_related("session__school")
        .order_by("starts_at", "pk"),
        "languages": Person.languages.through.objects.filter(person__in=these),
        "limits": Limits.objects.filter(person__in=these),
        "windows": AvailabilityWindow.objects.filter(person__in=these),
        "absences": Absence.objects.filter(person__in=these, last_day__gte=today),
        "exclusions": exclusions.exclude(kind=Exclusion.Kind.RELATIVES).defer("why_sealed"),
        "beside": Booking.objects.holding().upcoming(now).filter(others).only("person", "session"),
        "line": WaitlistEntry.objects.in_line().filter(person__in=these),
        "visits": Person.objects.filter(pk__in=these).only("pk").annotate(visits=_visits()).order_by("pk"),
        "profiles": Profile.objects.filter(person__in=these),
        "districts": Profile.districts.through.objects.filter(profile__person__in=these).order_by("pk"),
        "topics": Profile.topics.through.objects.filter(profile__person__in=these).order_by("pk"),
    }


def _visits() -> Subquery:
    """`counted_visits` of the person of the row; null where there are none."""
    entries = HoursEntry.objects.filter(person=OuterRef("pk")).of_visits().order_by()
    return Subquery(entries.values("person").annotate(number=Count("pk")).values("number"))


def situations_from(
    found: Mapping[str, list], people: Iterable[Person], facts: Mapping[int, Facts], rules: Rules, now: datetime
) -> dict[int, Situation]:
    """Puts together what `lists_of` asked for."""
    people = list(people)
    visits = {row.pk: row.visits or 0 for row in found["visits"]}
    of = {name: _by_person(found[name]) for name in ("bookings", "languages", "limits", "windows", "absences", "line")}
    schools, apart, beside = _exclusions(found["exclusions"]), _apart(found["exclusions"]), _by_person(found["beside"])
    districts, topics = _wishes(found, "districts", "district_id"), _wishes(found, "topics", "topic_id")
    return {
        person.pk: Situation(
            person=person,
            facts=facts[person.pk],
            rules=rules,
            visits=visits[person.pk],
            held=[row for row in of["bookings"][person.pk] if row.holds and row.ends_at > now - buffer()],
            counted={row.session_id: timezone.localdate(row.starts_at) for row in of["bookings"][person.pk]},
            languages=frozenset(row.language_id for row in of["languages"][person.pk]),
            limits=next(iter(of["limits"][person.pk]), Limits()),
            windows=of["windows"][person.pk],
            absences=of["absences"][person.pk],
            closed_schools=frozenset(schools[person.pk]),
            shunned=frozenset(row.session_id for other in apart[person.pk] for row in beside[other]),
            line={row.session_id: row for row in of["line"][person.pk]},
            districts=frozenset(districts[person.pk] or {pk for pk in (person.district_id,) if pk}),
            topics=frozenset(topics[person.pk]),
        )
        for person in people
    }


def _by_person(rows: Iterable) -> dict[int, list]:
    found = defaultdict(list)
    for row in rows:
        found[row.person_id].append(row)
    return found


def _wishes(found: Mapping[str, list], name: str, column: str) -> dict[int, set[int]]:
    """What people have chosen in their profiles, by their primary keys."""
    person_of, chosen = {row.pk: row.person_id for row in found["profiles"]}, defaultdict(set)
    for row in found[name]:
        chosen[person_of[row.profile_id]].add(getattr(row, column))
    return chosen


def _exclusions(rows: Iterable[Exclusion]) -> dict[int, set[int]]:
    schools = defaultdict(set)
    for row in rows:
        if row.kind == Exclusion.Kind.SCHOOL:
            schools[row.person_id].add(row.school_id)
    return schools


def _apart(rows: Iterable[Exclusion]) -> dict[int, set[int]]:
    """Whoever is named on one side is kept from the other, whichever side."""
    apart = defaultdict(set)
    for row in rows:
        if row.kind == Exclusion.Kind.APART:
            apart[row.person_id].add(row.other_id)
            apart[row.other_id].add(row.person_id)
    return apart
