"""How words go live: by the end of an approval, which Wagtail imports by its name (WAGTAIL_FINISH_WORKFLOW_ACTION) while it makes
its models, and at the time that was set in what was approved."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.core.management import call_command


def publish_approved(state, user=None) -> None:
    """Publishes the draft as it stands, at once or on its day. Raises PermissionDenied unless `user` has just approved it and
    another wrote it: an approval also ends when somebody closes its task."""
    from wagtail.models import TaskState  # noqa: PLC0415 - made by the module that imports this one

    draft = state.content_object.get_latest_revision()
    approved = TaskState.objects.filter(
        pk=state.current_task_state_id, status=TaskState.STATUS_APPROVED, finished_by=user
    )
    if user is None or draft.user_id == user.pk or not approved.exists():
        raise PermissionDenied
    draft.publish(user=user, skip_permission_checks=True)


def publish_on_time(now: datetime) -> None:
    """Publishes what was approved for a time that has come, and takes back what was to stand until then."""
    call_command("publish_scheduled")
