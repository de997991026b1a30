"""Locks, and the question whether a move may be made: the person first, then whatever belongs to him."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from portal import access, moves
from portal.access import Reach
from portal.models import User
from portal.moves import Move
from portal.refusals import NotAllowed, Reason, Refused
from volunteers.models import Application, Check, Person


def lock_person(person_id: int) -> Person:
    return Person.objects.select_for_update().get(pk=person_id)


def lock_application(application: Application, by: User) -> Application:
    """The row as it is now, its person locked before it. Raises `Application.DoesNotExist` out of `by`'s reach."""
    lock_person(application.person_id)
    rows = Application.objects.visible_to(by).select_for_update(of=("self",))
    return rows.select_related("person", "policy", "role").get(pk=application.pk)


def lock_check(check: Check, by: User) -> Check:
    """The row as it is now, its person locked before it. Raises `Check.DoesNotExist` out of `by`'s reach."""
    lock_person(check.person_id)
    rows = Check.objects.visible_to(by).select_for_update(of=("self",))
    return rows.select_related("person", "check_type").get(pk=check.pk)


def demand(
    move: Move, case, by: User, *, reason: str = "", barred: Sequence[Reason] = (), missing: Sequence[Reason] = ()
) -> None:
    """Raises `NotAllowed` when `by` is barred or has not the role, else `Refused` with the wrong state, the missing
    reason and everything in `missing` in one list."""
    if barred:
        raise NotAllowed(*barred)
    refusals: list[Reason] = []
    try:
        moves.demand(move, case, by, reason)
    except NotAllowed:
        raise
    except Refused as refusal:
        refusals = refusal.reasons
    if refusals or missing:
        raise Refused(*refusals, *missing)


def demand_permission(permission: str, reach: Reach, by: User, *, barred: Sequence[Reason] = ()) -> None:
    """For acts on a person, who has no state. Raises `NotAllowed`."""
    if barred:
        raise NotAllowed(*barred)
    if not access.allows(by, permission, reach):
        raise NotAllowed(Reason("not_yours", _("Your role does not make this step for this person.")))


def holds(by: User, roles: Sequence[str], reach: Reach) -> bool:
    """Whether a grant of `by` has one of `roles` where `reach` lies."""
    return any(grant.role in roles and grant.district_id in (None, reach.district_id) for grant in by.grants)
