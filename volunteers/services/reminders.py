"""Letters before somebody's clearance ends (C3)."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import override

from volunteers import clearance
from volunteers.models import Person
from volunteers.notifications import standing as letters

SOON = timedelta(days=30)
KEPT_SECONDS = 3600
NOT_HIS_MATTER = {"paused", "no_supervisor"}  # his own pause, and what a coordinator sees to


def remind_of_end(on: date) -> list[str]:
    """Every night: a letter to each mentor `PROGRAMME["renewal_reminder_days"]` before his clearance ends and on its last
    day, with what ends and what to do; a night that was missed is made up for, each end and step has one letter.

    Costs the same number of queries for any number of people (each `clearance.facts.AT_ONCE`), and some for each letter.
    Returns the codes of those reminded.
    """
    people = list(Person.objects.serving(on).select_related("user").order_by("pk"))
    facts, rules = clearance.load_facts([person.pk for person in people]), clearance.load_rules()
    reminded = []
    for person in people:
        answer = clearance.judge(facts[person.pk], rules, clearance.SCHOOL_SESSION, on)
        step = _step(answer.until, on)
        if step is None:
            continue
        with override(letters.contact_of(person).language):  # the reasons become words here
            after = clearance.judge(facts[person.pk], rules, clearance.SCHOOL_SESSION, answer.until + clearance.DAY)
        ending = [reason for reason in after.reasons if reason.code not in NOT_HIS_MATTER]
        if ending and letters.clearance_ends(person, answer.until, step, ending):
            reminded.append(person.code)
    return reminded


def ending_soon() -> dict[str, int]:
    """For operators (`portal.metrics`): how many are cleared today, and on the day in `SOON` no more unless something is done.
    Counted once an hour."""
    return {"": cache.get_or_set("clearances-ending", _count_ending, KEPT_SECONDS)}


def _count_ending() -> int:
    today = timezone.localdate()
    people = list(Person.objects.serving(today).values_list("pk", flat=True))
    facts, rules = clearance.load_facts(people), clearance.load_rules()
    ends = [clearance.judge(facts[person], rules, clearance.SCHOOL_SESSION, today).until for person in people]
    return sum(end is not None and end < today + SOON for end in ends)


def _step(until: date | None, on: date) -> int | None:
    """Which reminder is due: the smallest number of days before the end that has been reached."""
    if until is None:
        return None
    return min(
        (days for days in settings.PROGRAMME["renewal_reminder_days"] if (until - on).days <= days), default=None
    )
