"""Tasks of the desks."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from portal import audit
from portal.models import District, StaffTask, User


def raise_task(
    kind: str,
    *,
    role: str,
    about: str,
    url: str = "",
    district: District | None = None,
    once: str = "",
    person: UUID | None = None,
) -> StaffTask:
    """Puts a task on a desk; with the same `once` (default: kind and about) only one, for ever. Whoever it speaks of
    (`person`) does not see it, nor somebody tied to him."""
    key = f"{kind}:{once or about}"
    return StaffTask.objects.get_or_create(
        dedupe_key=key,
        defaults={"kind": kind, "role": role, "about": about, "url": url, "district": district, "person": person},
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
