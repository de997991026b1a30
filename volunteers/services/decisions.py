"""From the queue to an approval: accept for checks, all in, proposed by one, confirmed by another."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import audit, moves
from portal.access import Role
from portal.models import RoleGrant, User
from portal.refusals import Reason, Refused
from volunteers.models import (
    Application,
    Approval,
    CheckEvidence,
    ConflictDeclaration,
    Decision,
    ReferenceResponse,
)
from volunteers.notifications import staff as letters
from volunteers.services import checks, guards, references
from volunteers.states import ACCEPT, CONFIRM, OPEN, PROPOSE, READY, SEND_BACK, CheckState


@transaction.atomic
def accept(*, application: Application, by: User, interviewer: User | None = None, no_conflict: bool) -> None:
    """`by` takes the case: the checks of its policy are asked for, the referees get their links, the applicant a letter.

    Raises `NotAllowed` with what ties `by` to the case (`guards.may_decide`) and `Refused` with all of `wrong_state`,
    `conflict_undeclared`, `interviewer_role`.
    """
    application = guards.lock_application(application, by)
    missing = guards.undeclared(no_conflict)
    if interviewer:
        missing += _not_an_interviewer(application, interviewer)
    guards.demand(ACCEPT, application, by, barred=guards.may_decide(application, by), missing=missing)
    _declare(application, by)
    application.owner, application.interviewer = by, interviewer
    moves.advance(ACCEPT, application, by)
    checks.request(application=application)
    references.ask(application=application, by=by)
    letters.accepted(application)


def interviewers_for(application: Application) -> QuerySet[User]:
    """Interviewers whose reach covers the case, the applicant excepted."""
    grants = RoleGrant.objects.in_force().filter(
        Q(district=None) | Q(district=application.person.district_id), role=Role.INTERVIEWER
    )
    return User.objects.filter(pk__in=grants.values("user")).exclude(pk=application.person.user_id)


def _not_an_interviewer(application: Application, interviewer: User) -> list[Reason]:
    if interviewers_for(application).filter(pk=interviewer.pk).exists():
        return []
    return [Reason("interviewer_role", _("Choose an interviewer of this district, not the applicant."))]


@transaction.atomic
def name_interviewer(*, application: Application, by: User, interviewer: User) -> None:
    """Gives the case to an interviewer, in place of the former one. Raises `NotAllowed` (`not_yours`) and `Refused`
    (`closed`, `interviewer_role`)."""
    application = guards.lock_application(application, by)
    guards.demand_permission("application.accept", application.reach, by, barred=guards.may_decide(application, by))
    reasons = _not_an_interviewer(application, interviewer)
    if application.state not in OPEN:
        reasons.append(Reason("closed", _("The case is closed.")))
    if reasons:
        raise Refused(*reasons)
    application.interviewer = interviewer
    application.save(update_fields=["interviewer"])
    audit.record(application, "interviewer", by, interviewer=interviewer.code)


@transaction.atomic
def ready(*, application: Application, by: User) -> None:
    """All that approval needs is in. Raises `NotAllowed` as `accept` does, and `Refused` with the wrong state and
    everything `guards.missing_for_approval` finds, in one list."""
    application = guards.lock_application(application, by)
    guards.demand(
        READY,
        application,
        by,
        barred=guards.may_decide(application, by),
        missing=guards.missing_for_approval(application),
    )
    moves.advance(READY, application, by)


@transaction.atomic
def propose(*, application: Application, by: User, rationale: str, no_conflict: bool) -> Decision:
    """The first of two proposes approval; what he had before him is kept with a hash. Guards are asked anew.

    Raises `NotAllowed` as `accept` does, and `Refused` with all of `wrong_state`, `reason_missing`,
    `conflict_undeclared` and what `guards.missing_for_approval` finds.
    """
    application = guards.lock_application(application, by)
    guards.demand(
        PROPOSE,
        application,
        by,
        reason=rationale,
        barred=guards.may_decide(application, by),
        missing=guards.undeclared(no_conflict) + guards.missing_for_approval(application),
    )
    _declare(application, by)
    snapshot = snapshot_of(application)
    decision = Decision.objects.create(
        application=application,
        outcome=Decision.Outcome.APPROVE,
        rationale=rationale.strip(),
        proposed_by=by,
        snapshot=snapshot,
        snapshot_hash=hash_of(snapshot),
    )
    moves.advance(PROPOSE, application, by, decision=decision.code)
    return decision


@transaction.atomic
def confirm(*, application: Application, by: User, no_conflict: bool) -> Approval:
    """The second of two: the person is approved from today for `PROGRAMME["approval_days"]` days and gets a letter with
    what is left before the first session. Papers are marked for erasure, waiting referees are told no longer to answer.

    Raises `NotAllowed` with what bars `by` (`guards.may_confirm`), and `Refused` with all of `wrong_state`,
    `conflict_undeclared`, `changed` (the case is not what was proposed) and what is missing today.
    """
    application = guards.lock_application(application, by)
    decision = guards.open_decision(application)
    guards.demand(
        CONFIRM,
        application,
        by,
        barred=guards.may_confirm(application, by),
        missing=_not_confirmable(application, decision, no_conflict),
    )
    _declare(application, by)
    today = timezone.localdate()
    decision.confirmed_by, decision.confirmed_at = by, timezone.now()
    decision.save(update_fields=["confirmed_by", "confirmed_at"])
    approval = Approval.objects.create(
        person=application.person,
        role=application.role,
        decision=decision,
        valid_from=today,
        valid_to=today + timedelta(days=settings.PROGRAMME["approval_days"]),
    )
    moves.advance(CONFIRM, application, by, decision=decision.code)
    _mark_papers_for_erasure(application)
    references.cancel(application=application)
    letters.approved(application, approval)
    return approval


def _not_confirmable(application: Application, decision: Decision | None, no_conflict: bool) -> list[Reason]:
    if decision is None:
        return []
    reasons = guards.undeclared(no_conflict) + guards.missing_for_approval(application)
    if hash_of(snapshot_of(application)) != decision.snapshot_hash:
        text = _("The case has changed since it was proposed. Send it back, so that it is looked at again.")
        reasons.append(Reason("changed", text))
    return reasons


def _mark_papers_for_erasure(application: Application) -> None:
    today = timezone.localdate()
    papers = CheckEvidence.objects.filter(evidence_of__application=application, purge_after=None)
    for paper in papers.select_related("evidence_of__check_type"):
        paper.purge_after = today + timedelta(days=paper.evidence_of.check_type.purge_after_days)
        paper.save(update_fields=["purge_after"])


@transaction.atomic
def send_back(*, application: Application, by: User, reason: str) -> None:
    """The second person is not satisfied: the case is ready for another proposal, the proposer gets a letter, the note
    stands in the log. Raises `NotAllowed` (`not_yours`) and `Refused` (`wrong_state`, `reason_missing`)."""
    application = guards.lock_application(application, by)
    decision = guards.open_decision(application)
    guards.demand(SEND_BACK, application, by, reason=reason, barred=guards.may_decide(application, by))
    decision.sent_back_at = timezone.now()
    decision.save(update_fields=["sent_back_at"])
    moves.advance(SEND_BACK, application, by, reason=reason.strip(), decision=decision.code)
    letters.sent_back(decision)


def _declare(application: Application, by: User) -> None:
    ConflictDeclaration.objects.get_or_create(application=application, user=by)


def snapshot_of(application: Application) -> dict:
    """What a decision rests on: codes and dates, no names and no words of anybody."""
    verified = application.person.checks.filter(state=CheckState.VERIFIED).select_related("check_type", "verified_by")
    accepted = ReferenceResponse.objects.filter(
        request__application__person=application.person, result=ReferenceResponse.Result.ACCEPTED
    )
    return {
        "role": application.role.code,
        "policy": application.policy.number,
        "revision": application.revisions.count(),
        "checks": [
            {
                "code": check.code,
                "type": check.check_type.code,
                "issued_on": str(check.issued_on),
                "expires_on": str(check.expires_on or ""),
                "method": check.method,
                "verified_by": check.verified_by.code,
                "verified_at": check.verified_at.isoformat(),
            }
            for check in verified.order_by("pk")
        ],
        "references": [
            {
                "code": response.code,
                "called_back": response.called_back,
                "assessed_at": response.assessed_at.isoformat(),
            }
            for response in accepted.order_by("pk")
        ],
    }


def hash_of(snapshot: dict) -> str:
    return hashlib.sha256(json.dumps(snapshot, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
