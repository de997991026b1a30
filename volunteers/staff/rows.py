"""What the case page and the person page share: the requirements, their proofs, and what one may do with each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from django import forms
from django.conf import settings
from django.db.models import Prefetch
from django.utils import timezone

from portal import moves
from portal.models import User
from portal.refusals import Reason
from volunteers.clearance import FOREVER, Facts, load_facts, unbroken_end
from volunteers.forms.staff import FailForm, ProvideForm, VerifyForm
from volunteers.models import Check, CheckEvidence, CheckType, Person, PolicyVersion, Requirement
from volunteers.services import checks, guards
from volunteers.states import FAIL, PROVIDE_FOR, SET_ASIDE, VERIFY, CheckState

SOON = timedelta(days=settings.PROGRAMME["renewal_window_days"])
CSS = {
    CheckState.VERIFIED: "good",
    CheckState.FAILED: "bad",
    CheckState.REQUESTED: "wait",
    CheckState.PROVIDED: "wait",
    CheckState.INCONCLUSIVE: "wait",
}
HIDDEN = [CheckState.CANCELLED, CheckState.INVALIDATED]


@dataclass
class CheckRow:
    """One record and what the reader may do with it. `renews` says that an older record still counts beside it."""

    check: Check
    css: str
    papers: list[CheckEvidence]
    forms: dict[str, forms.Form] = field(default_factory=dict)
    barred: list[Reason] = field(default_factory=list)
    may_renew: bool = False


@dataclass
class RequirementRow:
    """`until` is the last day on which the requirement is met without a gap, None when it is not met today."""

    check_type: CheckType
    onboarding: bool
    until: date | None
    checks: list[CheckRow]

    @property
    def met(self) -> bool:
        return self.until is not None

    @property
    def endless(self) -> bool:
        return self.until == FOREVER

    @property
    def soon(self) -> bool:
        return self.met and not self.endless and self.until <= timezone.localdate() + SOON


def requirement_rows(
    person: Person, policy: PolicyVersion, by: User, bound: Mapping[str, forms.Form]
) -> list[RequirementRow]:
    """The requirements of `policy` in their order, with the records about `person` that `by` may see."""
    facts, today = load_facts([person.pk])[person.pk], timezone.localdate()
    records = _records(person, by, bound)
    return [
        RequirementRow(
            check_type=requirement.check_type,
            onboarding=requirement.stage == Requirement.Stage.ONBOARDING,
            until=_until(facts, requirement.check_type_id, today),
            checks=records.pop(requirement.check_type_id, []),
        )
        for requirement in policy.requirements.select_related("check_type")
    ]


def _until(facts: Facts, check_type_id: int, today: date) -> date | None:
    return unbroken_end(facts.covered[check_type_id], today)


def _records(person: Person, by: User, bound: Mapping[str, forms.Form]) -> dict[int, list[CheckRow]]:
    """The newest record of each type first; those that count no more are left out."""
    tied = guards.tied_by_organisation(person, by)
    readable = Prefetch("evidence", CheckEvidence.objects.visible_to(by), to_attr="papers")
    rows: dict[int, list[CheckRow]] = defaultdict(list)
    visible = Check.objects.visible_to(by).filter(person=person).exclude(state__in=HIDDEN)
    for check in (
        visible.select_related("check_type", "verified_by", "application").prefetch_related(readable).order_by("-pk")
    ):
        check.person = person
        rows[check.check_type_id].append(_check_row(check, by, tied, bound))
    return rows


def _check_row(check: Check, by: User, tied: list[Reason], bound: Mapping[str, forms.Form]) -> CheckRow:
    row = CheckRow(check=check, css=CSS.get(check.state, ""), papers=check.papers)
    open_moves = moves.open_to([PROVIDE_FOR, VERIFY, FAIL, SET_ASIDE], check, by)
    if VERIFY in open_moves:
        row.barred = [*checks.unfit_to_verify(check, by), *tied]
    for move, form_class, arguments in (
        (PROVIDE_FOR, ProvideForm, {"check": check}),
        (VERIFY, VerifyForm, {"check": check}),
        (FAIL, FailForm, {}),
    ):
        waits = check.state != CheckState.VERIFIED and (move is PROVIDE_FOR or not row.barred)
        if move in open_moves and waits and (move is not PROVIDE_FOR or check.check_type.provided_by_applicant):
            key = f"{move.name}-{check.uuid}"
            row.forms[move.name] = bound.get(key) or form_class(key=key, **arguments)
    verified = check.state == CheckState.VERIFIED and moves.may_make(PROVIDE_FOR, check, by)
    row.may_renew = (verified and checks.can_be_renewed(check)) or SET_ASIDE in open_moves
    return row
