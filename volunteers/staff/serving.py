"""What the page of a person shows of his service: who looks after him, pauses, his organisations' word, how he leaves."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from django import forms
from django.utils import timezone

from portal import access
from portal.models import User
from volunteers.clearance import Facts, left_since
from volunteers.forms.standing import CoverForm, ExitForm
from volunteers.models import Person
from volunteers.services import guards
from volunteers.staff.lines import Lines


def panel(
    person: Person,
    by: User,
    bound: Mapping[str, forms.Form],
    facts: Facts,
    lines: Lines,
    true: AbstractSet[str],
) -> dict:
    """The context of `_supervision.html`, `_service.html` and `_leaving.html`, with what `by` may do. `true` are the
    answers to `guards.ties_to`, and whether he was `ever_supervised`."""
    today = timezone.localdate()
    left_on = left_since(facts, today)
    return {
        "looked_after": lines.supervisors,
        "pauses": sorted(pause for pause in facts.paused if pause.end >= today),
        "memberships": lines.memberships,
        "left_on": left_on,
        "exits": person.exits.select_related("recorded_by"),
        "may_read_exit": access.allows(by, "application.sensitive", person.reach),
        "serving_forms": {} if left_on or not lines.approvals else _forms(person, by, bound, true),
    }


def _forms(person: Person, by: User, bound: Mapping[str, forms.Form], true: AbstractSet[str]) -> dict[str, forms.Form]:
    offered: dict[str, forms.Form] = {}
    if access.allows(by, "supervisor.assign", person.reach) and "ever_supervised" in true:
        offered["cover"] = bound.get("cover") or CoverForm(person=person, key="cover")
    if access.allows(by, "standing.exit", person.reach) and not guards.may_act_on(person, by, true):
        offered["exit"] = bound.get("exit") or ExitForm(key="exit")
    return offered
