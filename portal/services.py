"""Writes that belong to no app above: roles, accounts, and tasks of the desks."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import access, audit, mail
from portal.models import District, LogEntry, OutgoingMessage, RoleGrant, School, StaffTask, User
from portal.refusals import NotAllowed, Reason, Refused


@transaction.atomic
def grant_role(
    *, user: User, role: str, by: User | None, district: District | None = None, school: School | None = None
) -> RoleGrant:
    """Gives a role with its reach; the same grant twice is one. Refuses with `NotAllowed` a grant to oneself, or by
    somebody who is no administrator, with `Refused` (`account_closed`) one to a closed account; `by` None is a command
    on the server. Who works in the CMS also enters its group there."""
    if by is not None and (by == user or not access.has_role(by, access.Role.ADMINISTRATOR)):
        raise NotAllowed(Reason("grant", _("Roles are given by an administrator, and never to oneself.")))
    if user.is_closed:
        raise Refused(Reason("account_closed", _("This account is closed.")))
    grant, created = RoleGrant.objects.get_or_create(
        user=user, role=role, district=district, school=school, ends_at=None, defaults={"granted_by": by}
    )
    if created:
        user.__dict__.pop("grants", None)
        if role in access.CMS_GROUPS:
            user.groups.add(Group.objects.get_or_create(name=access.CMS_GROUPS[role])[0])
        audit.record(user, "role.grant", by, role=role, **_where(district, school))
    return grant


@transaction.atomic
def end_role(
    *, user: User, role: str, by: User | None, district: District | None = None, school: School | None = None
) -> int:
    """Ends the grants of exactly this role and reach from now on; returns how many. Refuses whoever is no
    administrator; giving up one's own role is allowed."""
    if by is not None and not access.has_role(by, access.Role.ADMINISTRATOR):
        raise NotAllowed(Reason("grant", _("Roles are given by an administrator, and never to oneself.")))
    ended = RoleGrant.objects.filter(user=user, role=role, district=district, school=school, ends_at=None).update(
        ends_at=timezone.now()
    )
    user.__dict__.pop("grants", None)
    left = {access.CMS_GROUPS[grant.role] for grant in user.grants if grant.role in access.CMS_GROUPS}
    user.groups.remove(*Group.objects.filter(name__in=set(access.CMS_GROUPS.values()) - left))
    if ended:
        audit.record(user, "role.end", by, role=role, **_where(district, school))
    return ended


def _where(district: District | None, school: School | None) -> dict:
    return {"district": getattr(district, "slug", ""), "school": getattr(school, "number", "")}


@transaction.atomic
def close_account(*, user: User, by: User | None) -> None:
    """Ends an account for good: its roles, its second factor, the way in, the address and the phone; the letters to it
    keep nothing but their kind. The row stays, for what was done with it.

    Whoever ever held a role keeps his name: it stands in records of office (docs/decisions/0006). Everybody else's is
    erased, in the log too. Refuses with `NotAllowed` one's own account, and whoever is no administrator; `by` None is
    the job of the night. An account that is closed already stays as it is.
    """
    if by is not None and (by == user or not access.has_role(by, access.Role.ADMINISTRATOR)):
        raise NotAllowed(Reason("account", _("Accounts are closed by an administrator, and never one's own.")))
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_closed:
        return
    audit.record(user, "account.close", by, roles=user.role_grants.in_force().count())
    user.role_grants.filter(ends_at=None).update(ends_at=timezone.now())
    contacts = [contact for contact in (user.email, user.phone) if contact]
    mail.forget(OutgoingMessage.objects.filter(Q(recipient=user) | Q(address__in=contacts)))
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    user.groups.clear()
    if not (user.is_superuser or user.role_grants.exists()):
        user.first_name = user.last_name = ""
        # Append-only for everybody else: here the law on personal data asks for the name, and nothing but the name.
        LogEntry.objects.filter(actor=user).update(actor_name=user.code)
    user.email = user.phone = user.district = user.last_login = None
    user.phone_verified = user.is_active = user.is_staff = user.is_superuser = False
    user.set_unusable_password()
    user.save()


@transaction.atomic
def choose_texts(*, user: User, wanted: bool) -> None:
    """Whether urgent letters come to him by text message too; the same again changes nothing. What waits already is
    cancelled when its hour comes, if he does not want it then."""
    changed = User.objects.filter(pk=user.pk).exclude(urgent_texts=wanted).update(urgent_texts=wanted)
    user.urgent_texts = wanted
    if changed:
        audit.record(user, "account.texts", user, wanted=wanted)


@transaction.atomic
def open_account(
    *, email: str, phone: str, language: str, family_name: str, given_name: str, district: District | None
) -> User:
    """An account without a password for somebody whose address was confirmed just now: he signs in by a code. One of
    `email` and `phone` (E.164) is given; neither may belong to another account."""
    user = User.objects.create_user(
        email=email,
        phone=phone or None,
        phone_verified=bool(phone),
        language=language,
        last_name=family_name,
        first_name=given_name,
        district=district,
    )
    if email:
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    audit.record(user, "account.open", None)
    return user


def raise_task(
    kind: str, *, role: str, about: str, url: str = "", district: District | None = None, once: str = ""
) -> StaffTask:
    """Puts a task on a desk; with the same `once` (default: kind and about) only one, for ever."""
    key = f"{kind}:{once or about}"
    return StaffTask.objects.get_or_create(
        dedupe_key=key,
        defaults={"kind": kind, "role": role, "about": about, "url": url, "district": district},
    )[0]


def settle_task(kind: str, *, once: str, by: User | None) -> None:
    """Marks the task that `raise_task` made with this `once` as done: what it asked for has happened."""
    open_one = StaffTask.objects.filter(dedupe_key=f"{kind}:{once}", done_at=None)
    open_one.update(done_at=timezone.now(), done_by=by)


@transaction.atomic
def close_task(*, uuid, by: User) -> StaffTask:
    """Marks a task of one's own desk as done. Raises `StaffTask.DoesNotExist` for another desk's."""
    task = StaffTask.objects.visible_to(by).select_for_update().get(uuid=uuid)
    if task.done_at is None:
        task.done_at, task.done_by = timezone.now(), by
        task.save(update_fields=["done_at", "done_by"])
        audit.record(task, "task.done", by)
    return task
