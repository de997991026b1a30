"""Roles: given by one administrator or, where much hangs on them, by two people; ended by one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.contrib.auth.models import Group
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import access, audit, notifications
from portal.access import Role
from portal.models import District, RoleGrant, RoleProposal, School, StaffTask, User
from portal.refusals import NotAllowed, Reason, Refused

from .desk import raise_task, settle_task

BY_AN_ADMINISTRATOR = Reason("grant", _("Roles are given by an administrator, and never to oneself."))
BY_TWO = Reason("two_people", _("This role is given by two people: one proposes it, another one confirms it."))
LAST = Reason("last", _("Nobody else holds this role. Give it to somebody else first."))


@transaction.atomic
def grant_role(
    *, user: User, role: str, by: User | None, district: District | None = None, school: School | None = None
) -> RoleGrant:
    """Gives a role with its reach; the same grant twice is one. `by` None is a command on the server, which gives any
    role alone. Refuses with `NotAllowed` a grant to oneself, by somebody who is no administrator, and what two people
    give (`propose_role`); with `Refused` one to a closed account (`account_closed`), and a second role beside that of an
    auditor (`auditor_alone`). Who works in the CMS also enters its group there. Of a role that two give everybody who
    answers for roles has a letter."""
    if by is not None:
        _demand_administrator(by, user)
        if role in access.GIVEN_BY_TWO:
            raise NotAllowed(BY_TWO)
    grant, created = give(user=user, role=role, granted_by=by, district=district, school=school)
    if created:
        audit.record(user, "role.grant", by, role=role, **_where(district, school))
        if role in access.GIVEN_BY_TWO:
            notifications.role_given(grant)
    return grant


@transaction.atomic
def give(
    *,
    user: User,
    role: str,
    granted_by: User | None = None,
    confirmed_by: User | None = None,
    district: District | None = None,
    school: School | None = None,
) -> tuple[RoleGrant, bool]:
    """Writes the grant where it may stand, and enters the CMS's group, without a letter and without the log: for the
    services here and for the invented people of the demonstration. Says whether it is new."""
    account = User.objects.select_for_update().get(pk=user.pk)  # of two grants at once one waits for the other
    if unfit := _unfit(account, role):
        raise Refused(*unfit)
    reach = {"district": district, "school": school}
    by = {"granted_by": granted_by, "confirmed_by": confirmed_by}
    grant, created = RoleGrant.objects.get_or_create(user=user, role=role, ends_at=None, **reach, defaults=by)
    user.__dict__.pop("grants", None)
    if created and role in access.CMS_GROUPS:
        user.groups.add(Group.objects.get_or_create(name=access.CMS_GROUPS[role])[0])
    return grant, created


def _demand_administrator(by: User, user: User) -> None:
    if by == user or not access.has_role(by, Role.ADMINISTRATOR):
        raise NotAllowed(BY_AN_ADMINISTRATOR)


def _unfit(user: User, role: str) -> list[Reason]:
    """Why this role cannot stand beside what the user is and holds."""
    reasons = []
    if user.is_closed:
        reasons.append(Reason("account_closed", _("This account is closed.")))
    runs_it = user.is_superuser and role == Role.AUDITOR
    if runs_it or any((grant.role == Role.AUDITOR) != (role == Role.AUDITOR) for grant in user.grants):
        reasons.append(
            Reason("auditor_alone", _("An auditor holds no other role: who inspects has no part in the work."))
        )
    return reasons


@transaction.atomic
def propose_role(*, user: User, role: str, by: User, district: District | None = None) -> RoleProposal:
    """Proposes one of the roles that two people give; whoever may confirm it has a task and a letter. Refuses as
    `grant_role` does, and with `Refused` what he holds already (`held`) or what waits for a second person already
    (`proposed`)."""
    _demand_administrator(by, user)
    reach = {"user": user, "role": role, "district": district}
    for lapsed in RoleProposal.objects.filter(closed_at=None, **reach).exclude(pk__in=RoleProposal.objects.waiting()):
        _close(lapsed, None)
    reasons = _unfit(user, role)
    if RoleGrant.objects.in_force().filter(**reach).exists():
        reasons.append(Reason("held", _("This person holds the role already.")))
    if RoleProposal.objects.filter(**reach, closed_at=None).exists():
        reasons.append(Reason("proposed", _("This role is proposed already and waits for a second person.")))
    if reasons:
        raise Refused(*reasons)
    proposal = RoleProposal.objects.create(**reach, proposed_by=by)
    audit.record(user, "role.propose", by, role=role, **_where(district, None))
    desk = desk_of(proposal)
    raise_task(
        StaffTask.Kind.TO_CONFIRM, role=desk, about=user.code, url=reverse("staff_roles"), once=_task_of(proposal)
    )
    seconds = [second for second in notifications.holders(desk) if second not in (by, user)]
    notifications.role_proposed(proposal, seconds)
    return proposal


def desk_of(proposal: RoleProposal, administrators: Iterable[int] | None = None) -> str:
    """The role of those who may confirm it: another administrator; where there is none, a safeguarding lead.
    `administrators` are the accounts of all, where a list asks for many."""
    if administrators is None:
        administrators = [user.pk for user in notifications.holders(Role.ADMINISTRATOR)]
    others = set(administrators) - {proposal.user_id, proposal.proposed_by_id}
    return Role.ADMINISTRATOR if others else Role.SAFEGUARDING_LEAD


def may_confirm(proposal: RoleProposal, by: User, administrators: Iterable[int] | None = None) -> bool:
    """Whether `by` is the second person: neither who proposes nor who is proposed, and of the right desk."""
    if by.pk in {proposal.user_id, proposal.proposed_by_id}:
        return False
    return access.has_role(by, desk_of(proposal, administrators))


@transaction.atomic
def confirm_role(*, proposal: RoleProposal, by: User) -> RoleGrant:
    """Gives the role that was proposed. Refuses with `NotAllowed` (`two_people`) whoever is not the second person, with
    `Refused` what is decided or lapsed (`not_waiting`), what somebody proposed who is no administrator any more
    (`proposer_gone`), and what `grant_role` refuses. Everybody who answers for roles has a letter."""
    proposal = _lock(proposal, by)
    if not may_confirm(proposal, by):
        raise NotAllowed(BY_TWO)
    if not access.has_role(proposal.proposed_by, Role.ADMINISTRATOR):
        raise Refused(Reason("proposer_gone", _("Who proposed it is no administrator any more. Propose it anew.")))
    user, role = proposal.user, proposal.role
    grant, created = give(
        user=user, role=role, granted_by=proposal.proposed_by, confirmed_by=by, district=proposal.district
    )
    _close(proposal, by, confirmed_by=by)
    if created:
        where = _where(proposal.district, None)
        audit.record(user, "role.grant", by, role=role, proposed_by=proposal.proposed_by.code, **where)
        notifications.role_given(grant)
    return grant


@transaction.atomic
def decline_role(*, proposal: RoleProposal, by: User) -> None:
    """Closes a proposal without giving the role: its proposer takes it back, or who might confirm it refuses. Raises
    `NotAllowed` (`two_people`) for anybody else, `Refused` (`not_waiting`) for what is decided or lapsed."""
    proposal = _lock(proposal, by)
    if by != proposal.proposed_by and not may_confirm(proposal, by):
        raise NotAllowed(BY_TWO)
    _close(proposal, by)
    audit.record(proposal.user, "role.decline", by, role=proposal.role)


def lapse(on: date) -> list[str]:
    """The job of the night: closes what nobody confirmed in time; returns the codes."""
    lapsed = list(RoleProposal.objects.filter(closed_at=None, proposed_at__date__lt=on - RoleProposal.lasts()))
    for proposal in lapsed:
        _close(proposal, None)
    return [proposal.code for proposal in lapsed]


def _lock(proposal: RoleProposal, by: User) -> RoleProposal:
    proposal = RoleProposal.objects.visible_to(by).select_for_update().get(pk=proposal.pk)
    if not RoleProposal.objects.waiting().filter(pk=proposal.pk).exists():
        raise Refused(Reason("not_waiting", _("This proposal does not wait any more.")))
    return proposal


def _close(proposal: RoleProposal, by: User | None, **more) -> None:
    RoleProposal.objects.filter(pk=proposal.pk).update(closed_at=timezone.now(), **more)
    settle_task(StaffTask.Kind.TO_CONFIRM, once=_task_of(proposal), by=by)


def _task_of(proposal: RoleProposal) -> str:
    return f"role:{proposal.uuid}"


@transaction.atomic
def end_role(
    *, user: User, role: str, by: User | None, district: District | None = None, school: School | None = None
) -> int:
    """Ends the grants of exactly this role and reach from now on; returns how many. Refuses with `NotAllowed` whoever is
    no administrator, with `Refused` (`last`) the role of the last administrator or safeguarding lead; giving up one's own
    role is allowed. Of a role that two give everybody who answers for roles has a letter."""
    if by is not None and not access.has_role(by, Role.ADMINISTRATOR):
        raise NotAllowed(BY_AN_ADMINISTRATOR)
    ended = end_grants(user.role_grants.filter(role=role, district=district, school=school), by=by)
    user.__dict__.pop("grants", None)
    left = {access.CMS_GROUPS[grant.role] for grant in user.grants if grant.role in access.CMS_GROUPS}
    user.groups.remove(*Group.objects.filter(name__in=set(access.CMS_GROUPS.values()) - left))
    if ended:
        audit.record(user, "role.end", by, role=role, **_where(district, school))
    return ended


def end_grants(grants, *, by: User | None) -> int:
    """Ends those of `grants` that have no end yet, with the letters about them; refuses the last (`last`). The caller is in a
    transaction and writes the log."""
    ending = list(grants.filter(ends_at=None).select_related("user", "district"))
    keys = {grant.pk for grant in ending}
    for role in {grant.role for grant in ending} & access.NEVER_EMPTY:
        # All of that role are locked: of the last two, ended at once, one stays.
        holding = RoleGrant.objects.select_for_update(of=["self"]).filter(role=role, ends_at=None, user__is_active=True)
        left = [grant for grant in holding.order_by("pk") if grant.pk not in keys]
        of_all = any(grant.role == role and grant.district_id is None for grant in ending)
        if not any(grant.district_id is None or not of_all for grant in left):
            raise Refused(LAST)
    RoleGrant.objects.filter(pk__in=keys).update(ends_at=timezone.now())
    for grant in ending:
        if grant.role in access.GIVEN_BY_TWO:
            notifications.role_ended(grant, by)
    return len(ending)


def _where(district: District | None, school: School | None) -> dict:
    return {"district": getattr(district, "slug", ""), "school": getattr(school, "number", "")}
