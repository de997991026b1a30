"""The second of two: what was proposed becomes an approval, a notice of refusal, a refusal at once, or a deferral."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import moves
from portal.models import StaffTask, User
from portal.moves import Move
from portal.refusals import Reason
from portal.services import settle_task
from volunteers.models import Application, Approval, Decision
from volunteers.notifications import decisions as letters
from volunteers.services import checks, guards, references
from volunteers.states import CONFIRM, CONFIRM_DECLINE, CONFIRM_DEFER, DECLINE_AT_ONCE

from .assessing import declare_none
from .snapshots import hash_of, snapshot_of

FACTUAL = frozenset({"under_18", "outside_oblast"})  # reasons that leave nothing to answer (T15)


@transaction.atomic
def confirm(*, application: Application, by: User, no_conflict: bool) -> Approval:
    """The person is approved for `PROGRAMME["approval_days"]` days, from today, or from the day after a running approval
    that this one renews; he gets a letter with what is left before the first session. Unless it is a renewal, the first
    `PROGRAMME["probation_visits"]` visits are beside an experienced mentor. Papers are marked for erasure, waiting
    referees are told no longer to answer.

    Raises `NotAllowed` with what bars `by` (`guards.may_confirm`), and `Refused` with everything `why_not_confirm` finds.
    """
    application, decision = _second_of_two(CONFIRM, application, by, no_conflict)
    starts_on = guards.first_day_of_approval(application)
    renews = application.kind == Application.Kind.RENEWAL
    approval = Approval.objects.create(
        person=application.person,
        role=application.role,
        decision=decision,
        valid_from=starts_on,
        valid_to=starts_on + timedelta(days=settings.PROGRAMME["approval_days"]),
        probation_visits=0 if renews else settings.PROGRAMME["probation_visits"],
    )
    moves.advance(CONFIRM, application, by, decision=decision.code)
    checks.mark_papers_for_erasure(application=application)
    references.cancel(application=application)
    letters.approved(application, approval)
    return approval


@transaction.atomic
def confirm_decline(*, application: Application, by: User, no_conflict: bool) -> Decision:
    """The applicant learns that a refusal is considered, with the reasons that may be told him, and may answer for
    `PROGRAMME["notice_days"]` days, the last one included (T13). Raises as `confirm` does."""
    application, decision = _second_of_two(CONFIRM_DECLINE, application, by, no_conflict)
    decision.answer_until = timezone.localdate() + timedelta(days=settings.PROGRAMME["notice_days"])
    decision.save(update_fields=["answer_until"])
    moves.advance(CONFIRM_DECLINE, application, by, decision=decision.code)
    letters.notice(decision)
    return decision


@transaction.atomic
def decline_at_once(*, application: Application, by: User, no_conflict: bool) -> Decision:
    """Refuses without notice, by a rule that is published and purely factual (T15). He may appeal for
    `PROGRAMME["appeal_days"]` days. Raises as `confirm` does, with `notice_needed` among the reasons of `Refused`."""
    application, decision = _second_of_two(DECLINE_AT_ONCE, application, by, no_conflict)
    refuse(application, decision, by)
    moves.advance(DECLINE_AT_ONCE, application, by, decision=decision.code)
    letters.declined(decision)
    return decision


@transaction.atomic
def confirm_defer(*, application: Application, by: User, no_conflict: bool) -> Decision:
    """The case rests until the proposed day; from then on the applicant may continue (T16). Raises as `confirm` does."""
    application, decision = _second_of_two(CONFIRM_DEFER, application, by, no_conflict)
    application.deferred_until = decision.defer_until
    moves.advance(CONFIRM_DEFER, application, by, decision=decision.code)
    letters.deferred(decision)
    return decision


def refuse(application: Application, decision: Decision, by: User, note: str = "") -> None:
    """What every refusal does besides its move: the decision is closed, appeals run, and nothing is waited for."""
    decision.closed_by, decision.closed_at, decision.closing_note = by, timezone.now(), note
    decision.appeal_until = timezone.localdate() + timedelta(days=settings.PROGRAMME["appeal_days"])
    decision.save(update_fields=["closed_by", "closed_at", "closing_note", "appeal_until"])
    checks.cancel(application=application)
    checks.mark_papers_for_erasure(application=application)
    references.cancel(application=application)


def at_once(decision: Decision) -> bool:
    """Whether each of its reasons is a published rule that leaves nothing to answer."""
    codes = list(decision.reason_codes.all())
    return bool(codes) and all(code.published_disqualifier and code.code in FACTUAL for code in codes)


_OUTCOMES = {
    CONFIRM: Decision.Outcome.APPROVE,
    CONFIRM_DECLINE: Decision.Outcome.DECLINE,
    DECLINE_AT_ONCE: Decision.Outcome.DECLINE,
    CONFIRM_DEFER: Decision.Outcome.DEFER,
}


def why_not_confirm(
    move: Move, application: Application, decision: Decision | None, known: guards.Known | None = None
) -> list[Reason]:
    """What speaks against confirming today what was proposed: `other_outcome`, everything an approval lacks,
    `notice_needed`, `proposer_tied` (he has declared a tie since), `defer_in_past`, `changed` (the case is not what was
    proposed). Empty when nothing is proposed: then the state is wrong. `known` as in `guards.missing_for_approval`, the
    answer to `guards.proposer_ties` among its `true`."""
    if decision is None:
        return []
    if decision.outcome != _OUTCOMES[move]:
        return [Reason("other_outcome", _("Something else was proposed: %s.") % decision.get_outcome_display())]
    reasons = guards.missing_for_approval(application, known) if move is CONFIRM else []
    if move is DECLINE_AT_ONCE and not at_once(decision):
        text = _("Without notice only by a published rule on age or place. Confirm the notice instead.")
        reasons.append(Reason("notice_needed", text))
    if move is CONFIRM_DEFER and decision.defer_until <= timezone.localdate():
        reasons.append(Reason("defer_in_past", _("Choose a day after today.")))
    ties = guards.proposer_ties(application, decision)
    if "proposer" in (known.true if known else guards.true_of(application.person, **ties)):
        text = _("Whoever proposed this has since declared a tie to the applicant. Send it back.")
        reasons.append(Reason("proposer_tied", text))
    if hash_of(snapshot_of(application)) != decision.snapshot_hash:
        text = _("The case has changed since it was proposed. Send it back, so that it is looked at again.")
        reasons.append(Reason("changed", text))
    return reasons


def _second_of_two(move: Move, application: Application, by: User, no_conflict: bool) -> tuple[Application, Decision]:
    application = guards.lock_application(application, by)
    decision = guards.open_decision(application)
    guards.demand(
        move,
        application,
        by,
        barred=guards.may_confirm(application, by),
        missing=guards.undeclared(no_conflict) + why_not_confirm(move, application, decision),
    )
    declare_none(application, by)
    decision.confirmed_by, decision.confirmed_at = by, timezone.now()
    decision.save(update_fields=["confirmed_by", "confirmed_at"])
    settle_task(StaffTask.Kind.TO_CONFIRM, once=decision.code, by=by)
    return application, decision
