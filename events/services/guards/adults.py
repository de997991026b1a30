"""Are there enough adults for the room: cleared on the day, relatives counted once, the named adult of the school."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _

from events.models import SchoolSession
from mentors.models import Exclusion
from portal.refusals import Reason
from portal.sets import among
from volunteers.clearance import SCHOOL_SESSION, Clearance, judge, load_facts, load_rules
from volunteers.models import Person

from .situation import counted_visits, probation_visits

Kin = Iterable[tuple[int, int]]


def clearances_on(pairs: Iterable[tuple[Person, date]]) -> dict[tuple[int, date], Clearance]:
    """Clearance of many people, each on days of his own, by (primary key, day), in a fixed number of queries."""
    pairs = {(person.pk, day) for person, day in pairs}
    facts, rules = load_facts(sorted({pk for pk, _day in pairs})), load_rules()
    return {(pk, day): judge(facts[pk], rules, SCHOOL_SESSION, day) for pk, day in pairs}


def beginners_on(day: date, people: Iterable[Person]) -> set[int]:
    """The primary keys of those whose visit on that day must be beside an experienced mentor."""
    ids = [person.pk for person in people]
    facts, visits = load_facts(ids), counted_visits(ids)
    return {pk for pk in ids if visits.get(pk, 0) < probation_visits(facts[pk], day)}


def relatives_among(ids: Iterable[int]) -> list[tuple[int, int]]:
    """The pairs of relatives among these people (primary keys)."""
    these = among(ids)
    rows = Exclusion.objects.in_force().filter(kind=Exclusion.Kind.RELATIVES, person__in=these, other__in=these)
    return list(rows.order_by().values_list("person", "other"))


def too_few_adults(session: SchoolSession, mentors: list[Person]) -> list[Reason]:
    """Whether `mentors` and the named adult are too few for the room (I6). Codes: adult_missing, adult_is_mentor,
    too_few_adults. Only mentors who are cleared on the day count, and relatives count as one."""
    if not session.school_adult_name:
        return why_too_few(session, mentors, set(), [])
    answers = clearances_on((mentor, session.day) for mentor in mentors)
    clear = {pk for (pk, _day), answer in answers.items() if answer.ok}
    return why_too_few(session, mentors, clear, relatives_among(clear))


def why_too_few(session: SchoolSession, mentors: list[Person], clear: set[int], kin: Kin) -> list[Reason]:
    """`too_few_adults`, where it is known who is cleared on the day and who are relatives. Asks the database nothing."""
    if not session.school_adult_name:
        return [Reason("adult_missing", _("First name the adult from the school who will be in the room."))]
    if reasons := adult_is_a_mentor(session, mentors):
        return reasons
    adults = adults_in(session, mentors, clear, kin)
    if adults < session.adults_min:
        text = _("The session needs %(needed)s adults in the room; so far there are %(adults)s.")
        return [Reason("too_few_adults", text % {"needed": session.adults_min, "adults": adults})]
    return []


def adults_in(session: SchoolSession, mentors: list[Person], clear: set[int], kin: Kin) -> int:
    """How many adults count for the room: the one whom the school has named, unless he is one of the mentors, and the
    mentors who are cleared on the day (`clear`), relatives as one."""
    named = bool(session.school_adult_name) and not adult_is_a_mentor(session, mentors)
    return named + _households({mentor.pk for mentor in mentors} & clear, kin)


def _households(people: set[int], kin: Kin) -> int:
    """How many are left when relatives, and the relatives of relatives, count once."""
    heads = {pk: pk for pk in people}
    for one, other in kin:
        if one in heads and other in heads:
            kept, gone = heads[one], heads[other]
            heads = {pk: kept if head == gone else head for pk, head in heads.items()}
    return len(set(heads.values()))


def adult_is_a_mentor(session: SchoolSession, mentors: list[Person]) -> list[Reason]:
    """Two adults are two people: whoever comes as a mentor is not the school's adult as well."""
    if any(_same(session, mentor) for mentor in mentors):
        return [Reason("adult_is_mentor", _("The adult from the school must be another person than the mentor."))]
    return []


def _same(session: SchoolSession, mentor: Person) -> bool:
    if session.school_adult_id and session.school_adult_id == mentor.user_id:
        return True
    name = set(session.school_adult_name.casefold().split())
    return len(name) > 1 and name <= set(mentor.full_name.casefold().split())
