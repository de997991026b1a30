"""The panels of the person page about exemptions and risk assessments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import access
from portal.models import User
from portal.refusals import Reason
from volunteers.clearance.judgement import GUEST_ROLE
from volunteers.forms.waivers import ExemptionForm, RiskForm
from volunteers.models import Exemption, Person, RiskAssessment
from volunteers.services import exemptions, risks
from volunteers.staff.lines import Lines
from volunteers.states import OPEN


@dataclass
class Waiver:
    """Something signed by two, with its state today and what the reader may do: confirm it, unless `barred`, or take it
    back."""

    record: Exemption | RiskAssessment
    state: str
    label: str
    css: str
    may_confirm: bool
    may_revoke: bool
    barred: list[Reason]


def panel(person: Person, by: User, bound: Mapping[str, forms.Form], lines: Lines, true: AbstractSet[str]) -> dict:
    """Context of `_exemptions.html` and `_risks.html`; forms only for those who may fill them in. `true` are the answers
    to `guards.ties_to`."""
    granted = person.exemptions.select_related("check_type", "granted_by", "confirmed_by", "revoked_by")
    signed = person.risk_assessments.select_related("signed_by", "confirmed_by", "revoked_by")
    offered: dict[str, forms.Form] = {}
    if access.allows(by, "exemption.grant", person.reach):
        offered["exemption"] = bound.get("exemption") or ExemptionForm(key="exemption")
    guest = _is_guest(person, lines)
    if guest and access.allows(by, "risk.sign", person.reach):
        offered["risk"] = bound.get("risk") or RiskForm(key="risk")
    return {
        "exemptions": [exemption_row(person, item, by, true) for item in granted],
        "risks": [risk_row(person, item, by, true) for item in signed],
        "guest": guest,
        "waiver_forms": offered,
    }


def _is_guest(person: Person, lines: Lines) -> bool:
    """As `risks.is_guest`, of what the page has loaded."""
    roles = [line.code for line in lines.approvals]
    roles += [application.role.code for application in person.applications.all() if application.state in OPEN]
    return GUEST_ROLE in roles


def exemption_row(person: Person, exemption: Exemption, by: User, true: AbstractSet[str]) -> Waiver:
    exemption.person = person
    may = access.allows(by, "exemption.confirm", person.reach), access.allows(by, "exemption.grant", person.reach)
    return _row(exemption, may, lambda: exemptions.barred_from_confirming(exemption, by, true))


def risk_row(person: Person, assessment: RiskAssessment, by: User, true: AbstractSet[str] | None = None) -> Waiver:
    assessment.person = person
    may = access.allows(by, "risk.confirm", person.reach), access.allows(by, "risk.sign", person.reach)
    return _row(assessment, may, lambda: risks.barred_from_confirming(assessment, by, true))


def _row(record, may: tuple[bool, bool], barred: Callable[[], list[Reason]]) -> Waiver:
    state, label, css = _state(record, timezone.localdate())
    may_confirm = may[0] and state == "pending"
    return Waiver(
        record=record,
        state=state,
        label=label,
        css=css,
        may_confirm=may_confirm,
        may_revoke=may[1] and state in {"pending", "ahead", "in_force"},
        barred=barred() if may_confirm else [],
    )


def _state(record: Exemption | RiskAssessment, today: date) -> tuple[str, str, str]:
    if record.revoked_at:
        return "revoked", _("taken back"), ""
    if record.ends_on < today:
        return "over", _("over"), ""
    if record.confirmed_at is None:
        return "pending", _("waits for the second person"), "wait"
    if record.starts_on > today:
        return "ahead", _("counts later"), "wait"
    return "in_force", _("counts now"), "good"
