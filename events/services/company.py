"""Who comes to a session already: what a decision about one more place rests on, loaded after the locks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q, QuerySet

from events import notifications
from events.models import Booking, SchoolSession, WaitlistEntry
from events.services.guards import Situation, adults_in, lists_of, situations_from, why_too_few
from events.services.locks import lock_row
from mentors.models import Exclusion
from portal.gather import gather
from portal.models import User
from volunteers.clearance import SCHOOL_SESSION, Facts, Rules, judge, load_facts, load_rules
from volunteers.models import Person


class Room(NamedTuple):
    """How many adults count, and the codes of what the booking waits for; with none the rule confirms it at once."""

    adults: int
    held_by: list[str]


@dataclass(frozen=True)
class Company:
    """The bookings that hold a place, with their people; of these (and of him who is to join them) who is cleared for the
    day and who are relatives; and the contact persons of the school."""

    holders: list[Booking]
    clear: set[int]
    kin: list[tuple[int, int]]
    contacts: list[User]

    def place_of(self, person: Person) -> Booking | None:
        return next((booking for booking in self.holders if booking.person_id == person.pk), None)

    def free_seat(self, session: SchoolSession) -> int:
        taken = {booking.seat_no for booking in self.holders}
        return next(seat for seat in range(1, session.seats_max + 1) if seat not in taken)

    def room_with(self, person: Person, session: SchoolSession) -> Room:
        """The adults in the room once he comes too (I6)."""
        mentors = [*(booking.person for booking in self.holders), person]
        held_by = [reason.code for reason in why_too_few(session, mentors, self.clear, self.kin)]
        return Room(adults_in(session, mentors, self.clear, self.kin), held_by)


def approach(
    session: SchoolSession, person: Person, now: datetime, by: User
) -> tuple[SchoolSession, Situation, Company]:
    """Locks the session, which `by` must be allowed to see (else `DoesNotExist`), after the mentor, whom the caller has
    locked; then loads in four statements all that decides whether he gets a place."""
    lock_row(session, by)
    found = gather(**lists_of([person.pk], now), **_lists(session, person))
    (session,) = found["session"]
    holders, line = found["holders"], found["waiting"]
    session.taken = len(holders)
    session.experienced = sum(booking.role == Booking.Role.LEAD for booking in holders)
    session.kept, session.in_line = sum(entry.keeps_a_place for entry in line), len(line)
    facts, rules = load_facts(sorted({person.pk, *(booking.person_id for booking in holders)})), load_rules()
    situation = situations_from(found, [person], facts, rules, now)[person.pk]
    return session, situation, _company(session, found, facts, rules)


def company_of(session: SchoolSession, situation: Situation) -> Company:
    """The same for a session that is locked already, and a mentor whose situation is loaded; two statements."""
    lists = _lists(session, situation.person)
    found = gather(**{name: lists[name] for name in ("holders", "kin", "contacts")})
    facts = load_facts(sorted({situation.person.pk, *(booking.person_id for booking in found["holders"])}))
    return _company(session, found, facts, situation.rules)


def _lists(session: SchoolSession, person: Person) -> dict[str, QuerySet]:
    this = SchoolSession.objects.filter(pk=session.pk)
    holders = Booking.objects.holding().filter(session=session.pk)
    comes = holders.order_by().values("person")
    kin = Exclusion.objects.in_force().filter(
        Q(person__in=comes) | Q(person=person.pk),
        Q(other__in=comes) | Q(other=person.pk),
        kind=Exclusion.Kind.RELATIVES,
    )
    return {
        "session": this.select_related("school__district", "school__settlement", "topic", "language"),
        "holders": holders.select_related("person").order_by("pk"),
        "waiting": WaitlistEntry.objects.in_line().filter(session=session.pk),
        "kin": kin.defer("why_sealed"),
        "contacts": notifications.contact_grants(this.values("school")).select_related("user").order_by("user"),
    }


def _company(session: SchoolSession, found: Mapping[str, list], facts: Mapping[int, Facts], rules: Rules) -> Company:
    clear = {pk for pk, known in facts.items() if judge(known, rules, SCHOOL_SESSION, session.day).ok}
    contacts = list({grant.user_id: grant.user for grant in found["contacts"]}.values())
    return Company(found["holders"], clear, [(row.person_id, row.other_id) for row in found["kin"]], contacts)
