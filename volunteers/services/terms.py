"""The running term of somebody approved, and what the next one needs."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from django.conf import settings
from django.utils import timezone

from volunteers import clearance
from volunteers.models import Application, CheckType, Person
from volunteers.services import guards


def window() -> timedelta:
    """How long before its end a term is renewed."""
    return timedelta(days=settings.PROGRAMME["renewal_window_days"])


def running(person: Person) -> dict[int, date]:
    """The roles (by primary key) that somebody is approved for today, each with the last day of its unbroken approval,
    a renewed one included. An approval that an exit ended is none."""
    by_role: dict[int, list[clearance.Interval]] = defaultdict(list)
    for granted in clearance.load_facts([person.pk])[person.pk].approvals:
        by_role[granted.role_id].append(granted.interval)
    ends = {role: clearance.unbroken_end(intervals, timezone.localdate()) for role, intervals in by_role.items()}
    return {role: end for role, end in ends.items() if end is not None}


def renewal_opens_on(person: Person) -> date | None:
    """The first day on which a renewal may begin: the window before the approval that ends first. None for somebody who
    is not approved today. A paper that ends sooner is renewed by itself: a term that begins years ahead cannot be decided
    on papers of today."""
    ends = running(person).values()
    return min(ends) - window() if ends else None


def needs_referees(application: Application) -> bool:
    """Whether the applicant names two people: always the first time, later where the references that we have run out
    before the new term is well begun (its first day and the renewal window)."""
    if application.kind == Application.Kind.INITIAL:
        return True
    wanted = application.policy.requirements.filter(check_type__kind=CheckType.Kind.REFERENCES)
    facts = clearance.load_facts([application.person_id])[application.person_id]
    last_needed = guards.first_day_of_approval(application, facts) + window()
    ends = [clearance.unbroken_end(facts.covered[item.check_type_id], timezone.localdate()) for item in wanted]
    return any(end is None or end < last_needed for end in ends)
