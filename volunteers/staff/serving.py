"""What the page of a person shows of his service: who looks after him, pauses, his organisations' word, how he leaves."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from portal import access
from portal.models import User
from volunteers.forms.standing import CoverForm, ExitForm
from volunteers.models import Person, SupervisorAssignment
from volunteers.services import guards, leaving, pauses


def panel(person: Person, by: User, bound: Mapping[str, forms.Form]) -> dict:
    """The context of `_supervision.html` and `_leaving.html`, with what `by` may do."""
    left_on = leaving.has_left(person)
    return {
        "looked_after": looked_after(person),
        "pauses": pauses.not_over(person),
        "memberships": person.memberships.select_related("organisation", "confirmed_by"),
        "left_on": left_on,
        "exits": person.exits.select_related("recorded_by"),
        "may_read_exit": access.allows(by, "application.sensitive", person.reach),
        "serving_forms": _forms(person, by, bound, left=bool(left_on)),
    }


def looked_after(person: Person) -> QuerySet[SupervisorAssignment]:
    """Who looks after him now, whoever stands in and stand-ins to come among them; those who lost their role are not."""
    today = timezone.localdate()
    rows = SupervisorAssignment.objects.filter(person=person).by_serving()
    rows = rows.running(today) | rows.filter(starts_on__gt=today, ends_on__gt=today)
    return rows.select_related("supervisor").order_by("cover_for", "starts_on")


def _forms(person: Person, by: User, bound: Mapping[str, forms.Form], *, left: bool) -> dict[str, forms.Form]:
    offered: dict[str, forms.Form] = {}
    if left or not person.approvals.exists():
        return offered
    if access.allows(by, "supervisor.assign", person.reach) and person.supervision.exists():
        offered["cover"] = bound.get("cover") or CoverForm(person=person, key="cover")
    if access.allows(by, "standing.exit", person.reach) and not guards.may_act_on(person, by):
        offered["exit"] = bound.get("exit") or ExitForm(key="exit")
    return offered
