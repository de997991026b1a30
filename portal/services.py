"""Writes that belong to no app above: roles and tasks of the desks."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import access, audit
from portal.models import District, RoleGrant, School, StaffTask, User
from portal.refusals import NotAllowed, Reason

CMS_GROUP = "CMS"


@transaction.atomic
def grant_role(
    *, user: User, role: str, by: User | None, district: District | None = None, school: School | None = None
) -> RoleGrant:
    """Gives a role with its reach; the same grant twice is one. Refuses with `NotAllowed` a grant to oneself, or by
    somebody who is no administrator; `by` None is a command on the server. Editors also enter the CMS's group."""
    if by is not None and (by == user or not access.has_role(by, access.Role.ADMINISTRATOR)):
        raise NotAllowed(Reason("grant", _("Roles are given by an administrator, and never to oneself.")))
    grant, created = RoleGrant.objects.get_or_create(
        user=user, role=role, district=district, school=school, ends_at=None, defaults={"granted_by": by}
    )
    if created:
        user.__dict__.pop("grants", None)
        if role in access.CMS_ROLES:
            user.groups.add(Group.objects.get_or_create(name=CMS_GROUP)[0])
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
    if not user.role_grants.in_force().filter(role__in=access.CMS_ROLES).exists():
        user.groups.remove(*Group.objects.filter(name=CMS_GROUP))
    if ended:
        audit.record(user, "role.end", by, role=role, **_where(district, school))
    return ended


def _where(district: District | None, school: School | None) -> dict:
    return {"district": getattr(district, "slug", ""), "school": getattr(school, "number", "")}


def raise_task(
    kind: str, *, role: str, about: str, url: str = "", district: District | None = None, once: str = ""
) -> StaffTask:
    """Puts a task on a desk; with the same `once` (default: kind and about) only one, for ever."""
    key = f"{kind}:{once or about}"
    return StaffTask.objects.get_or_create(
        dedupe_key=key,
        defaults={"kind": kind, "role": role, "about": about, "url": url, "district": district},
    )[0]


@transaction.atomic
def close_task(*, uuid, by: User) -> StaffTask:
    """Marks a task of one's own desk as done. Raises `StaffTask.DoesNotExist` for another desk's."""
    task = StaffTask.objects.visible_to(by).select_for_update().get(uuid=uuid)
    if task.done_at is None:
        task.done_at, task.done_by = timezone.now(), by
        task.save(update_fields=["done_at", "done_by"])
        audit.record(task, "task.done", by)
    return task
