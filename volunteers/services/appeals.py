"""Somebody who took no part looks at a refusal again (T19)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import moves
from portal.access import Role
from portal.models import StaffTask, User
from portal.refusals import Reason, Refused
from portal.services import settle_task
from volunteers.models import Appeal, Application
from volunteers.notifications import decisions as letters
from volunteers.services import checks, guards, references, screening
from volunteers.states import ACCEPT_APPEAL, REJECT_APPEAL

MOVES = {Appeal.Outcome.ACCEPTED: ACCEPT_APPEAL, Appeal.Outcome.REJECTED: REJECT_APPEAL}


def barred(appeal: Appeal, by: User) -> list[Reason]:
    """Why `by` may not decide about this appeal; empty when nothing speaks against it."""
    decision = appeal.decision
    reasons = guards.may_decide(decision.application, by)
    if by.pk in {decision.proposed_by_id, decision.confirmed_by_id, decision.closed_by_id}:
        reasons.append(Reason("took_part", _("You took part in the refusal: a third person decides.")))
    return reasons


@transaction.atomic
def decide(*, appeal: Appeal, by: User, outcome: str, applicant_text: str, reason: str) -> None:
    """Accepted, the case is ready for another proposal, whose decision takes the place of this one, and what is missing is
    asked for again; rejected, the refusal stands. `reason` is for staff, `applicant_text` for the applicant, who gets a
    letter.

    Raises `Appeal.DoesNotExist` out of `by`'s reach, `NotAllowed` with what bars him (`barred`), and `Refused` with all of
    `wrong_state`, `reason_missing`, `outcome_unknown`, `already_decided`, `applicant_text_missing`, `already_open`.
    """
    guards.lock_person(appeal.decision.application.person_id)
    rows = Appeal.objects.visible_to(by).select_for_update(of=("self",))
    appeal = rows.select_related("decision__application__person").get(pk=appeal.pk)
    application = Application.objects.select_for_update(of=("self",)).get(pk=appeal.decision.application_id)
    if outcome not in MOVES:
        raise Refused(Reason("outcome_unknown", _("Say how you decide.")))
    move = MOVES[outcome]
    guards.demand(
        move,
        application,
        by,
        reason=reason,
        barred=barred(appeal, by),
        missing=_why_not(appeal, application, outcome, applicant_text),
    )
    appeal.outcome, appeal.applicant_text = outcome, applicant_text.strip()
    appeal.decided_by, appeal.decided_at = by, timezone.now()
    appeal.save(update_fields=["outcome", "applicant_text", "decided_by", "decided_at"])
    moves.advance(move, application, by, reason=reason.strip(), appeal=appeal.code)
    if move is ACCEPT_APPEAL:
        checks.request(application=application)
        references.ask(application=application, by=by)
        screening.screen(application)  # entries of the do-not-engage list pass closed cases by
    for role in (Role.APPEAL_MEMBER, Role.SAFEGUARDING_LEAD):
        settle_task(StaffTask.Kind.APPEAL, once=f"{appeal.code}:{role}", by=by)
    letters.appeal_decided(appeal)


def _why_not(appeal: Appeal, application: Application, outcome: str, applicant_text: str) -> list[Reason]:
    reasons = []
    if appeal.decided_at:
        reasons.append(Reason("already_decided", _("This appeal was decided already.")))
    if not applicant_text.strip():
        reasons.append(Reason("applicant_text_missing", _("Write some words for the applicant.")))
    others = application.person.applications.open().filter(kind=application.kind).exclude(pk=application.pk)
    if outcome == Appeal.Outcome.ACCEPTED and others.exists():
        text = _("The person has a newer application that is open: it is decided on its own.")
        reasons.append(Reason("already_open", text))
    return reasons
