"""The first of two: approval, refusal or deferral is proposed, with what it rests on; the second may send it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import moves
from portal.access import Role
from portal.models import StaffTask, User
from portal.moves import Move
from portal.refusals import Reason
from portal.services import raise_task, settle_task
from volunteers.models import Application, Decision, ReasonCode
from volunteers.notifications import decisions as letters
from volunteers.services import guards
from volunteers.states import PROPOSE, PROPOSE_DECLINE, PROPOSE_DEFER, SEND_BACK

from .assessing import declare_none
from .snapshots import hash_of, snapshot_of


@transaction.atomic
def propose(*, application: Application, by: User, rationale: str, no_conflict: bool) -> Decision:
    """The first of two proposes approval; what he had before him is kept with a hash. Guards are asked anew. The
    safeguarding leads get a task.

    Raises `NotAllowed` with what ties `by` to the case (`guards.may_decide`), and `Refused` with all of `wrong_state`,
    `reason_missing`, `conflict_undeclared` and what `guards.missing_for_approval` finds.
    """
    application = guards.lock_application(application, by)
    missing = guards.undeclared(no_conflict) + guards.missing_for_approval(application)
    decision = Decision(application=application, outcome=Decision.Outcome.APPROVE)
    return _propose(PROPOSE, decision, by, rationale, missing)


@transaction.atomic
def propose_decline(
    *,
    application: Application,
    by: User,
    rationale: str,
    reason_codes: Sequence[ReasonCode],
    applicant_text: str,
    no_conflict: bool,
) -> Decision:
    """Proposes a refusal: `reason_codes` and `applicant_text` are for the applicant, as far as they may be disclosed;
    `rationale` is for staff. Works while the applicant still owes an answer. The safeguarding leads get a task.

    Raises `NotAllowed` as `propose` does, and `Refused` with all of `wrong_state`, `reason_missing`,
    `conflict_undeclared`, `reason_code_missing`, `applicant_text_missing` (none of the codes may be told him, so that he
    would read no reason at all).
    """
    application = guards.lock_application(application, by)
    missing, codes = guards.undeclared(no_conflict), list(reason_codes)
    if not codes:
        missing.append(Reason("reason_code_missing", _("Choose at least one reason.")))
    elif not applicant_text.strip() and not any(code.disclosable for code in codes):
        text = _("None of these reasons may be told to the applicant: write some words for him.")
        missing.append(Reason("applicant_text_missing", text))
    decision = Decision(
        application=application, outcome=Decision.Outcome.DECLINE, applicant_text=applicant_text.strip()
    )
    return _propose(PROPOSE_DECLINE, decision, by, rationale, missing, codes)


@transaction.atomic
def propose_defer(
    *, application: Application, by: User, rationale: str, defer_until: date, applicant_text: str, no_conflict: bool
) -> Decision:
    """Proposes to wait: from `defer_until` on the applicant may continue, and `applicant_text` says what must happen
    until then. The safeguarding leads get a task.

    Raises `NotAllowed` as `propose` does, and `Refused` with all of `wrong_state`, `reason_missing`,
    `conflict_undeclared`, `defer_in_past`, `applicant_text_missing`.
    """
    application = guards.lock_application(application, by)
    missing = guards.undeclared(no_conflict)
    if defer_until <= timezone.localdate():
        missing.append(Reason("defer_in_past", _("Choose a day after today.")))
    if not applicant_text.strip():
        missing.append(Reason("applicant_text_missing", _("Write what must happen until then.")))
    decision = Decision(
        application=application,
        outcome=Decision.Outcome.DEFER,
        defer_until=defer_until,
        applicant_text=applicant_text.strip(),
    )
    return _propose(PROPOSE_DEFER, decision, by, rationale, missing)


def _propose(
    move: Move,
    decision: Decision,
    by: User,
    rationale: str,
    missing: list[Reason],
    codes: Sequence[ReasonCode] = (),
) -> Decision:
    application = decision.application
    barred = guards.may_decide(application, by)
    guards.demand(move, application, by, reason=rationale, barred=barred, missing=missing)
    declare_none(application, by)
    decision.rationale, decision.proposed_by = rationale.strip(), by
    decision.snapshot = snapshot_of(application)
    decision.snapshot_hash = hash_of(decision.snapshot)
    decision.supersedes = application.decisions.filter(confirmed_at__isnull=False).first()
    decision.save()
    decision.reason_codes.set(codes)
    moves.advance(move, application, by, decision=decision.code, reasons=sorted(code.code for code in codes))
    raise_task(
        StaffTask.Kind.TO_CONFIRM,
        role=Role.SAFEGUARDING_LEAD,
        about=application.code,
        person=application.person.uuid,
        url=reverse("staff_application", args=[application.uuid]),
        district=application.person.district,
        once=decision.code,
    )
    return decision


@transaction.atomic
def send_back(*, application: Application, by: User, reason: str) -> None:
    """The second person is not satisfied: the case goes back to where it was proposed, the proposer gets a letter, the
    note stands in the log. Raises `NotAllowed` (`not_yours`) and `Refused` (`wrong_state`, `reason_missing`)."""
    application = guards.lock_application(application, by)
    decision = guards.open_decision(application)
    guards.demand(SEND_BACK, application, by, reason=reason, barred=guards.may_decide(application, by))
    decision.sent_back_at = timezone.now()
    decision.save(update_fields=["sent_back_at"])
    moves.advance(SEND_BACK, application, by, reason=reason.strip(), decision=decision.code)
    settle_task(StaffTask.Kind.TO_CONFIRM, once=decision.code, by=by)
    letters.sent_back(decision)


def drop(*, application: Application, by: User | None) -> None:
    """What waits for the second person waits no longer, its task is done, and letters that still wait do not leave: the
    case ends. The caller closes it and holds its lock."""
    letters.drop_waiting(application)
    if decision := guards.open_decision(application):
        decision.sent_back_at = timezone.now()
        decision.save(update_fields=["sent_back_at"])
        settle_task(StaffTask.Kind.TO_CONFIRM, once=decision.code, by=by)
