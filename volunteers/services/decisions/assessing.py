"""The queue's first steps: accept for checks, name the interviewer, all checks are in."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portal import audit, moves
from portal.access import Role
from portal.models import RoleGrant, User
from portal.refusals import Reason, Refused
from volunteers.models import Application, ConflictDeclaration
from volunteers.notifications import decisions as letters
from volunteers.services import checks, guards, references
from volunteers.states import ACCEPT, OPEN, READY


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
    declare_none(application, by)
    application.owner, application.interviewer = by, interviewer
    moves.advance(ACCEPT, application, by)
    checks.request(application=application)
    references.ask(application=application, by=by)
    letters.accepted(application)


def declare_none(application: Application, by: User) -> None:
    """Keeps that `by` said that nothing ties him to the applicant (G3)."""
    ConflictDeclaration.objects.get_or_create(application=application, user=by)


def interviewers_for(application: Application) -> QuerySet[User]:
    """Interviewers whose reach covers the case, the applicant excepted."""
    grants = RoleGrant.objects.in_force().covering(application.person.district_id).filter(role=Role.INTERVIEWER)
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
