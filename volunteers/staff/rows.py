"""What the case page and the person page share: the requirements, their proofs, and what one may do with each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import date, timedelta

from django import forms
from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import access, moves
from portal.models import User
from portal.refusals import Reason
from volunteers.clearance import FOREVER, Facts, intervals_for, unbroken_end
from volunteers.forms.staff_checks import DoubtForm, FailForm, InvalidateForm, ProvideForm, VerifyForm
from volunteers.models import (
    Check,
    CheckType,
    Interview,
    Person,
    PolicyVersion,
    Requirement,
    SelfDisclosure,
)
from volunteers.services import checks as recording
from volunteers.services import guards
from volunteers.staff.attached import Attached, Line
from volunteers.states import (
    ASK_AGAIN,
    FAIL,
    INVALIDATE,
    MARK_INCONCLUSIVE,
    PROVIDE_FOR,
    SET_ASIDE,
    VERIFY,
    CheckState,
)

SOON = timedelta(days=settings.PROGRAMME["renewal_window_days"])
CSS = {
    CheckState.VERIFIED: "good",
    CheckState.FAILED: "bad",
    CheckState.REQUESTED: "wait",
    CheckState.PROVIDED: "wait",
    CheckState.INCONCLUSIVE: "wait",
}
JUDGED = {CheckState.PROVIDED, CheckState.FAILED, CheckState.INCONCLUSIVE}
# Beside one of these nothing is renewed. All of them, so that nobody reads from a missing button what became of one.
GOING_ON = {*recording.UNSETTLED, CheckState.FAILED}
VERDICTS = (VERIFY, FAIL, MARK_INCONCLUSIVE)
FORMS = {
    VERIFY.name: VerifyForm,
    PROVIDE_FOR.name: ProvideForm,
    MARK_INCONCLUSIVE.name: DoubtForm,
    FAIL.name: FailForm,
    INVALIDATE.name: InvalidateForm,
}
OFFERED = [VERIFY, PROVIDE_FOR, MARK_INCONCLUSIVE, FAIL, INVALIDATE, SET_ASIDE, ASK_AGAIN]


@dataclass
class CheckRow:
    """One record and what the reader may see of it and do with it. Of a declaration, others than the lead see that the
    lead is looking at it, whatever became of it. The words of a verdict are the lead's and the verifier's; those on a
    declaration stand on its own page only, which logs the look."""

    check: Check
    state: str
    label: str
    css: str
    papers: list[Line]
    searches: list[Line]
    note: str = ""
    forms: dict[str, forms.Form] = field(default_factory=dict)
    barred: list[Reason] = field(default_factory=list)
    may_renew: bool = False
    may_ask_again: bool = False
    may_read: bool = False  # a declaration, or the protocol of an interview
    may_interview: bool = False


@dataclass
class RequirementRow:
    """`until` is the last day on which the requirement is met without a gap, None when it is not met today. `former`
    are records that count no more."""

    check_type: CheckType
    onboarding: bool
    until: date | None
    exempt: bool
    checks: list[CheckRow]
    former: list[CheckRow]

    @property
    def met(self) -> bool:
        return self.until is not None

    @property
    def endless(self) -> bool:
        return self.until == FOREVER

    @property
    def soon(self) -> bool:
        return self.met and not self.endless and self.until <= timezone.localdate() + SOON


@dataclass(frozen=True)
class Reader:
    """Who reads, and what his page has loaded. `tied` is what `guards.bound_to` found, `attached` belongs to
    the records that he may see, `bound` forms (by move and record) take the place of empty ones."""

    by: User
    lead: bool
    tied: list[Reason]
    attached: Attached
    bound: Mapping[str, forms.Form]


def checks_of(person: Person, by: User) -> list[Check]:
    """All records about `person`, the oldest first. `seen` says whether `by` may see one, `declared` whether a declaration
    was sent with it, `protocol` whether it is an interview whose protocol he may read."""
    lead = access.allows(by, "application.sensitive", person.reach)
    protocols = Interview.objects.filter(evidence_of=OuterRef("pk"))
    rows = person.checks.select_related("check_type", "verified_by", "application").annotate(
        seen=Exists(Check.objects.visible_to(by).filter(pk=OuterRef("pk"))),
        declared=Exists(SelfDisclosure.objects.filter(evidence_of=OuterRef("pk"))),
        protocol=Exists(protocols if lead else protocols.filter(recorded_by=by)),
    )
    return list(rows.order_by("pk"))


def visible(checks: list[Check], *, lead: bool) -> list[Check]:
    """Those of `checks_of` that stand on the page, without cancelled ones. That a declaration counts no more is for the
    lead to see: it tells what was said in it, or in the next one."""
    hidden = {(CheckState.INVALIDATED, True)} if not lead else set()
    return [
        check
        for check in checks
        if check.seen
        and check.state != CheckState.CANCELLED
        and (check.state, check.check_type.is_declaration) not in hidden
    ]


def requirements_of(policy: PolicyVersion) -> list[Requirement]:
    return list(policy.requirements.select_related("check_type", "policy__role"))


def requirement_rows(
    requirements: list[Requirement], facts: Facts, checks: list[Check], reader: Reader
) -> list[RequirementRow]:
    """The requirements in their order, each with the records among `checks` (`visible` ones), the newest first."""
    today = timezone.localdate()
    going_on = {check.check_type_id for check in checks if check.state in GOING_ON}
    records: dict[int, list[CheckRow]] = defaultdict(list)
    for check in reversed(checks):
        renewable = check.check_type_id not in going_on
        records[check.check_type_id].append(_check_row(copy(check), reader, renewable=renewable))
    rows = []
    for requirement in requirements:
        found = records[requirement.check_type_id]
        rows.append(
            RequirementRow(
                check_type=requirement.check_type,
                onboarding=requirement.stage == Requirement.Stage.ONBOARDING,
                until=unbroken_end(intervals_for(requirement, facts), today),
                exempt=any(interval.covers(today) for interval in facts.waived[requirement.check_type_id]),
                checks=[row for row in found if row.check.state != CheckState.INVALIDATED],
                former=[row for row in found if row.check.state == CheckState.INVALIDATED],
            )
        )
    return rows


def _check_row(check: Check, reader: Reader, *, renewable: bool) -> CheckRow:
    """`check` is a copy: what its reader may not see is taken out of it. `renewable` is False where another
    record of the type is asked for, judged or failed already."""
    check_type, by, lead = check.check_type, reader.by, reader.lead
    row = CheckRow(
        check=check,
        state=check.state,
        label=check.get_state_display(),
        css=CSS.get(check.state, ""),
        papers=reader.attached.papers.get(check.pk, []),
        searches=reader.attached.searches.get(check.pk, []),
    )
    if check_type.is_declaration and check.state in JUDGED and not lead:
        row.state, row.css = CheckState.PROVIDED, CSS[CheckState.PROVIDED]
        row.label = _("The safeguarding lead is looking at this")
        check.number = check.issuer = ""
        check.verified_by = check.verified_at = None
        return row
    sealed = check_type.is_declaration or check_type.is_interview
    if not sealed and (lead or check.verified_by_id == by.pk):
        row.note = check.result_note
    open_moves = moves.open_to(OFFERED, check, by)
    if VERIFY in open_moves:
        row.barred = [*recording.unfit_to_verify(check, by), *reader.tied]
    for move in open_moves:
        key = f"{move.name}-{check.uuid}"
        if form := reader.bound.get(key) or (_offered(move, check, row) and _form(move, check)):
            row.forms[move.name] = form
    row.may_read = check.protocol or (lead and check.declared)
    row.may_interview = check_type.is_interview and VERIFY in open_moves and not row.barred
    if not guards.runs_the_system(by):
        row.may_ask_again = ASK_AGAIN in open_moves
        verified = check.state == CheckState.VERIFIED and moves.may_make(PROVIDE_FOR, check, by)
        row.may_renew = (verified and renewable and recording.can_be_renewed(check)) or SET_ASIDE in open_moves
    return row


def _form(move: moves.Move, check: Check) -> forms.Form:
    return FORMS[move.name](key=f"{move.name}-{check.uuid}", check=check)


def _offered(move: moves.Move, check: Check, row: CheckRow) -> bool:
    """Whether the form of a move stands beside the record: an interview has a page of its own, and so has a declaration
    that was sent; what is verified is renewed rather than entered over it."""
    if move in VERDICTS:
        return not (row.barred or check.check_type.is_interview or check.declared)
    if move is PROVIDE_FOR:
        own_way = check.check_type.is_declaration or check.check_type.is_interview
        return check.check_type.provided_by_applicant and not own_way and check.state != CheckState.VERIFIED
    return move is INVALIDATE
