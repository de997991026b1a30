"""What the case page and the person page share: the requirements, their proofs, and what one may do with each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from django import forms
from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import access, moves
from portal.models import User
from portal.refusals import Reason
from volunteers.clearance import FOREVER, Facts, intervals_for, load_facts, unbroken_end
from volunteers.forms.staff_checks import DoubtForm, FailForm, InvalidateForm, ProvideForm, VerifyForm
from volunteers.models import (
    Check,
    CheckEvidence,
    CheckType,
    Interview,
    Person,
    PolicyVersion,
    Requirement,
    SearchLog,
    SelfDisclosure,
)
from volunteers.services import checks, guards
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
    papers: list[CheckEvidence]
    searches: list[SearchLog]
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


def requirement_rows(
    person: Person, policy: PolicyVersion, by: User, bound: Mapping[str, forms.Form], facts: Facts | None = None
) -> list[RequirementRow]:
    """The requirements of `policy` in their order, with the records about `person` that `by` may see. `facts` are the
    person's, where the caller has loaded them."""
    facts, today = facts or load_facts([person.pk])[person.pk], timezone.localdate()
    records = _records(person, by, bound)
    exempt = set(person.exemptions.in_force(today).values_list("check_type", flat=True))
    rows = []
    for requirement in policy.requirements.select_related("check_type", "policy__role"):
        found = records[requirement.check_type_id]
        rows.append(
            RequirementRow(
                check_type=requirement.check_type,
                onboarding=requirement.stage == Requirement.Stage.ONBOARDING,
                until=unbroken_end(intervals_for(requirement, facts), today),
                exempt=requirement.check_type_id in exempt,
                checks=[row for row in found if row.check.state != CheckState.INVALIDATED],
                former=[row for row in found if row.check.state == CheckState.INVALIDATED],
            )
        )
    return rows


def _records(person: Person, by: User, bound: Mapping[str, forms.Form]) -> dict[int, list[CheckRow]]:
    """The newest record of each type first; cancelled ones are left out."""
    tied = guards.tied_by_organisation(person, by)
    lead = access.allows(by, "application.sensitive", person.reach)
    papers = Prefetch("evidence", CheckEvidence.objects.visible_to(by), to_attr="papers")
    searches = Prefetch("searches", SearchLog.objects.select_related("searched_by"), to_attr="searched")
    protocols = Interview.objects.filter(evidence_of=OuterRef("pk"))
    visible = (
        Check.objects.visible_to(by)
        .filter(person=person)
        .exclude(state=CheckState.CANCELLED)
        .select_related("check_type", "verified_by", "application")
        .prefetch_related(papers, searches)
        .annotate(
            declared=Exists(SelfDisclosure.objects.filter(evidence_of=OuterRef("pk"))),
            protocol=Exists(protocols if lead else protocols.filter(recorded_by=by)),
        )
    )
    rows: dict[int, list[CheckRow]] = defaultdict(list)
    if not lead:  # that a declaration counts no more tells what was said in it, or in the next one
        visible = visible.exclude(check_type__code=CheckType.DECLARATION, state=CheckState.INVALIDATED)
    for check in visible.order_by("-pk"):
        check.person = person
        rows[check.check_type_id].append(_check_row(check, by, lead, tied, bound))
    return rows


def _check_row(check: Check, by: User, lead: bool, tied: list[Reason], bound: Mapping[str, forms.Form]) -> CheckRow:
    check_type = check.check_type
    row = CheckRow(
        check, check.state, check.get_state_display(), CSS.get(check.state, ""), check.papers, check.searched
    )
    if check_type.is_declaration and check.state in JUDGED and not lead:
        row.state, row.css = CheckState.PROVIDED, CSS[CheckState.PROVIDED]
        row.label = _("The safeguarding lead is looking at this")
        check.number = check.issuer = ""
        check.verified_by = check.verified_at = None  # of the copy on this page
        return row
    sealed = check_type.is_declaration or check_type.is_interview
    if not sealed and (lead or check.verified_by_id == by.pk):
        row.note = check.result_note
    open_moves = moves.open_to(OFFERED, check, by)
    if VERIFY in open_moves:
        row.barred = [*checks.unfit_to_verify(check, by), *tied]
    for move in open_moves:
        if form := bound.get(f"{move.name}-{check.uuid}") or (_offered(move, check, row) and _form(move, check)):
            row.forms[move.name] = form
    row.may_read = check.protocol or (lead and check.declared)
    row.may_interview = check_type.is_interview and VERIFY in open_moves and not row.barred
    row.may_ask_again = ASK_AGAIN in open_moves
    verified = check.state == CheckState.VERIFIED and moves.may_make(PROVIDE_FOR, check, by)
    row.may_renew = (verified and checks.can_be_renewed(check)) or SET_ASIDE in open_moves
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
