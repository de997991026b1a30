"""Whose case it is: a coordinator takes it, or gives it to a colleague."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portal import audit
from portal.access import PERMISSIONS
from portal.models import RoleGrant, User
from portal.refusals import Reason, Refused
from volunteers.models import Application, ConflictDeclaration
from volunteers.services import guards
from volunteers.states import OPEN, UNSEEN_BY_STAFF

OWN = "application.accept"  # who may own a case


def coordinators_for(application: Application) -> QuerySet[User]:
    """Coordinators whose reach covers the case, without the applicant and those who declared a tie to him."""
    grants = RoleGrant.objects.in_force().covering(application.person.district_id).filter(role__in=PERMISSIONS[OWN])
    tied = ConflictDeclaration.objects.filter(application__person=application.person_id, exists=True)
    users = User.objects.filter(pk__in=grants.values("user")).exclude(pk=application.person.user_id)
    return users.exclude(pk__in=tied.values("user"))


@transaction.atomic
def take(*, application: Application, by: User) -> None:
    """`by` becomes the coordinator of a case that has none. Raises `NotAllowed` (`not_yours`, and what
    `guards.may_decide` finds) and `Refused` with all of `closed`, `has_owner`."""
    application = guards.lock_application(application, by)
    guards.demand_permission(OWN, application.reach, by, barred=guards.may_decide(application, by))
    reasons = _closed(application)
    if application.owner_id and application.owner_id != by.pk:
        reasons.append(Reason("has_owner", _("A colleague has this case already. He can hand it over.")))
    _give(application, by, by, reasons)


@transaction.atomic
def hand_over(*, application: Application, by: User, to: User) -> None:
    """Gives the case to another coordinator; any coordinator of the district may, for a colleague who is away. Raises
    `NotAllowed` as `take` does and `Refused` with all of `closed`, `coordinator_role`, `owner_tied`."""
    application = guards.lock_application(application, by)
    guards.demand_permission(OWN, application.reach, by, barred=guards.may_decide(application, by))
    reasons = _closed(application)
    if not coordinators_for(application).filter(pk=to.pk).exists():
        reasons.append(Reason("coordinator_role", _("Choose a coordinator of this district.")))
    elif guards.may_decide(application, to):
        reasons.append(Reason("owner_tied", _("This colleague may take no part in this case.")))
    _give(application, to, by, reasons)


def _closed(application: Application) -> list[Reason]:
    if application.state in OPEN - UNSEEN_BY_STAFF:
        return []
    return [Reason("closed", _("The case is closed."))]


def _give(application: Application, to: User, by: User, reasons: list[Reason]) -> None:
    if reasons:
        raise Refused(*reasons)
    application.owner = to
    application.save(update_fields=["owner"])
    audit.record(application, "owner", by, owner=to.code)
