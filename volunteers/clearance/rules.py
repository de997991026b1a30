"""What is demanded of whom, from which day on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from volunteers.models import CheckType, ProgrammeRole, Requirement

from .intervals import FOREVER


@dataclass(frozen=True)
class Rules:
    """The requirements in force, by role: (effective from, requirements), newest first."""

    by_role: dict[int, list[tuple[date, list[Requirement]]]]

    def on(self, role_id: int, day: date) -> list[Requirement]:
        for effective_from, requirements in self.by_role.get(role_id, []):
            if effective_from <= day:
                return requirements
        return []

    @property
    def roles(self) -> list[ProgrammeRole]:
        """Those that have a published policy, in their order."""
        found = {role_id: versions[0][1][0].policy.role for role_id, versions in self.by_role.items()}
        return sorted(found.values(), key=lambda role: role.position)

    @property
    def check_types(self) -> list[CheckType]:
        """Whatever a published policy asks for, in the order of every page."""
        versions = [requirements for by_day in self.by_role.values() for _day, requirements in by_day]
        found = {item.check_type_id: item.check_type for requirements in versions for item in requirements}
        return sorted(found.values(), key=lambda check_type: check_type.position)

    def next_change(self, role_id: int, after: date) -> date:
        """The first day after `after` on which other requirements take effect."""
        return min((day for day, _requirements in self.by_role.get(role_id, []) if day > after), default=FOREVER)


def load_rules() -> Rules:
    """The requirements of every published policy, in one query. Of two that begin on one day the later number counts."""
    versions: dict[int, dict[date, list[Requirement]]] = defaultdict(dict)
    published = Requirement.objects.filter(policy__published_at__isnull=False).order_by(
        "policy__number", "policy", "check_type__position"
    )
    policies = groupby(published.select_related("policy__role", "check_type"), key=lambda item: item.policy_id)
    for _policy, requirements in policies:
        demanded = list(requirements)
        versions[demanded[0].policy.role_id][demanded[0].policy.effective_from] = demanded
    return Rules({role: sorted(by_day.items(), reverse=True) for role, by_day in versions.items()})
