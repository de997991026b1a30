"""Whom a coordinator could ask to come: the mentors near a session, and the sessions that a mentor could be moved to. Only
read, nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Case, FloatField, Q, QuerySet, Value, When

from events.models import Booking, SchoolSession
from events.services.guards import (
    OVERRIDABLE,
    Situation,
    adults_in,
    clearances_on,
    for_staff,
    kilometres,
    offered,
    relatives_among,
    situation_of,
    situations_of,
    why_not,
    why_not_then,
)
from portal import access
from portal.models import District, User
from portal.refusals import Reason
from volunteers.models import Person

NEAREST = 200  # mentors who are looked at for one session
DAYS_AROUND = 30  # of a visit, in which another session is looked for


@dataclass(frozen=True)
class Candidate:
    """A mentor, or a session for him, with the reasons against it in the coordinator's words. `overridable` says that all
    of them give way to a reason of the coordinator."""

    person: Person
    session: SchoolSession
    reasons: list[Reason]
    overridable: bool
    kilometres: float | None
    visits_this_month: int
    room: Room | None = None


@dataclass(frozen=True)
class Room:
    """What the room would have with a mentor more: adults, of those it needs; whether one of the mentors is experienced."""

    adults: int
    needed: int
    experienced: bool


def candidates(session: SchoolSession, by: User, now: datetime, name: str = "") -> list[Candidate]:
    """The `NEAREST` mentors in `by`'s reach who serve on the session's day and hold no place in it, those who can come
    first, then by distance and by visits in that month; with `name`, of those with these words in their names; each with
    the `room` as it would be then. A fixed number of queries for any number of them. The session comes from `for_cards()`."""
    people = Person.objects.for_staff(by).serving(session.day).exclude(pk__in=_holders(session))
    for word in name.split():
        people = people.filter(Q(family_name__icontains=word) | Q(given_name__icontains=word))
    people = list(people.select_related("district", "user").order_by(_way(session), "pk")[:NEAREST])
    situations = situations_of(people, now)
    rooms = _rooms(session, situations)
    rows = [replace(_candidate(situations[pk], session, now), room=rooms[pk]) for pk in situations]
    return sorted(rows, key=_by_fitness)


def _rooms(session: SchoolSession, situations: Mapping[int, Situation]) -> dict[int, Room]:
    """The room with each of these mentors beside those who come already; four queries."""
    held = list(Booking.objects.holding().filter(session=session).select_related("person"))
    holders = [booking.person for booking in held]
    there = {pk for (pk, _day), answer in clearances_on((one, session.day) for one in holders).items() if answer.ok}
    kin = relatives_among([*(one.pk for one in holders), *situations])
    led = any(booking.role == Booking.Role.LEAD for booking in held)
    return {
        pk: Room(
            adults_in(
                session, [*holders, one.person], there | ({pk} if one.clearance_on(session.day).ok else set()), kin
            ),
            session.adults_min,
            led or one.is_experienced_on(session.day),
        )
        for pk, one in situations.items()
    }


def targets(booking: Booking, by: User, now: datetime) -> list[Candidate]:
    """The coming sessions with a place, within `DAYS_AROUND` days of the visit and in `by`'s reach, to which its mentor
    could be moved, those that can be first, then by nearness in time."""
    around = timedelta(days=DAYS_AROUND)
    sessions = SchoolSession.objects.filter(access.within(by, "session.plan", **REACH)).for_cards().open(now)
    sessions = sessions.filter(starts_at__range=(booking.starts_at - around, booking.starts_at + around))
    situation = situation_of(booking.person, now).without(booking)
    sessions = offered(sessions.exclude(pk=booking.session_id), situation)[:NEAREST]
    rows = [_candidate(situation, session, now) for session in sessions]
    return sorted(rows, key=lambda row: (bool(row.reasons), abs(row.session.starts_at - booking.starts_at)))


REACH = {"district": "school__district", "school": "school"}


def _holders(session: SchoolSession) -> QuerySet:
    return Booking.objects.holding().filter(session=session).order_by().values("person")


def _way(session: SchoolSession) -> Case:
    """The way from each district; whoever lives in none comes last."""
    ways = [When(district=place.pk, then=Value(kilometres(place, session.school))) for place in District.objects.all()]
    return Case(*ways, default=Value(float("1e6")), output_field=FloatField())


def _candidate(situation: Situation, session: SchoolSession, now: datetime) -> Candidate:
    against = [*why_not(situation, session, now), *why_not_then(situation, session)]
    person = situation.person
    return Candidate(
        person=person,
        session=session,
        reasons=for_staff(against, session, person),
        overridable=all(reason.code in OVERRIDABLE for reason in against),
        kilometres=kilometres(person.district, session.school),
        visits_this_month=situation.visits_in("month", session.day),
    )


def _by_fitness(row: Candidate) -> tuple:
    way = row.kilometres if row.kilometres is not None else float("inf")
    return bool(row.reasons), not row.overridable, way, row.visits_this_month, row.person.pk
