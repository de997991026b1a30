"""Letters about roles and about lists that were taken out of the portal: to those who answer for them."""

from __future__ import annotations

from collections.abc import Iterable

from portal import access, mail
from portal.models import LogEntry, RoleGrant, RoleProposal, User


def holders(*roles: str) -> list[User]:
    """Whoever holds one of the roles now, once."""
    grants = RoleGrant.objects.in_force().filter(role__in=roles)
    return list(User.objects.filter(pk__in=grants.values("user")).order_by("pk"))


def role_proposed(proposal: RoleProposal, to: Iterable[User]) -> None:
    """To those who may confirm it."""
    for user in to:
        key = f"role:{proposal.uuid}:proposed:{user.pk}"
        mail.queue("portal/role_proposed", user, {"proposal": proposal}, dedupe_key=key, action=("staff_roles",))


def role_given(grant: RoleGrant) -> None:
    _to_those_who_answer_for(grant, "role_given", {"grant": grant})


def role_ended(grant: RoleGrant, by: User | None) -> None:
    _to_those_who_answer_for(grant, "role_ended", {"grant": grant, "by": by})


def _to_those_who_answer_for(grant: RoleGrant, letter: str, context: dict) -> None:
    """To every administrator and safeguarding lead, and to whom the role was given or taken; he gets no link, his may lead
    nowhere now."""
    keepers = holders(*access.NEVER_EMPTY)
    letters = [
        mail.Letter(
            name=f"portal/{letter}",
            to=user,
            context=context,
            dedupe_key=f"role:{grant.pk}:{letter}:{user.pk}",
            action=() if user == grant.user else ("staff_roles",),
        )
        for user in {user.pk: user for user in [*keepers, grant.user]}.values()
    ]
    mail.queue_many(letters)


def second_factor_reset(entry: LogEntry, user: User) -> None:
    """To the owner of the account, and to every administrator and safeguarding lead."""
    letters = [
        mail.Letter(
            name="portal/second_factor_reset",
            to=reader,
            context={"user": user, "by": entry.actor},
            dedupe_key=f"second_factor:{entry.seal}:{reader.pk}",
        )
        for reader in {reader.pk: reader for reader in [*holders(*access.NEVER_EMPTY), user]}.values()
    ]
    mail.queue_many(letters)


def list_taken(entry: LogEntry, what: str, by: User) -> None:
    """To the safeguarding leads other than himself; where there is none, to the auditors. `what` names the list."""
    to = [user for user in holders(access.Role.SAFEGUARDING_LEAD) if user != by] or holders(access.Role.AUDITOR)
    context = {"entry": entry, "what": what, "count": entry.data["count"]}
    letters = [
        mail.Letter(
            name="portal/list_taken",
            to=user,
            context=context,
            dedupe_key=f"list:{entry.seal}:{user.pk}",
            action=("staff_log",),
        )
        for user in to
    ]
    mail.queue_many(letters)
