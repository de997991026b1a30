"""May this person do this on that day, and if not, why: the one function that answers it.

Facts are stored, standing is computed. `clearances()` loads the facts of many people in a fixed number of queries,
`clearance()` is the same for one; the judgement itself (`judge`) is pure. Days are inclusive, in Asia/Almaty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from django.utils import timezone

from volunteers.models import Person

from .candidates import standing_there
from .facts import Facts, Granted, load_facts
from .intervals import DAY, FOREVER, Interval, unbroken_end
from .judgement import SCHOOL_SESSION, Activity, Clearance, intervals_for, judge, left_since
from .rules import Rules, load_rules

__all__ = [
    "DAY",
    "FOREVER",
    "SCHOOL_SESSION",
    "Activity",
    "Clearance",
    "Facts",
    "Granted",
    "Interval",
    "Rules",
    "changed",
    "clearance",
    "clearances",
    "intervals_for",
    "judge",
    "left_since",
    "load_facts",
    "load_rules",
    "standing_there",
    "unbroken_end",
    "when_it_may_change",
]


def clearance(person: Person, activity: Activity = SCHOOL_SESSION, on: date | None = None) -> Clearance:
    """Whether `person` may do `activity` on the day `on` (default today)."""
    return clearances([person], activity, on)[person.pk]


def clearances(
    people: Iterable[Person], activity: Activity = SCHOOL_SESSION, on: date | None = None
) -> dict[int, Clearance]:
    """The same for many people, by primary key, in a fixed number of queries (for each `facts.AT_ONCE` of them)."""
    on = on or timezone.localdate()
    ids = [person.pk for person in people]
    rules, facts = load_rules(), load_facts(ids)
    return {pk: judge(facts[pk], rules, activity, on) for pk in ids}


_listeners: list[Callable[[Person], None]] = []


def when_it_may_change(listener: Callable[[Person], None]) -> None:
    """Registers what an app above must do when somebody's clearance may have shrunk (his bookings, his listings)."""
    _listeners.append(listener)


def changed(person: Person) -> None:
    """Tells the apps above, in the caller's transaction: what they do stands or falls with the caller's act."""
    for listener in _listeners:
        listener(person)
