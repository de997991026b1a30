"""Letters about pages: to the specialists when one waits for their word, to who wrote it when the word was given.

Wagtail's signals call these (content/apps.py), in the transaction of what happened. Each is written once for a page and
submission; nobody gets a letter about what he did himself, nor one that he switched off in his settings of the CMS.
"""

from __future__ import annotations

from collections.abc import Iterable

from wagtail.models import TaskState, WorkflowState

from portal import mail
from portal.access import Role
from portal.models import User
from portal.notifications import holders


def page_waits(instance: TaskState, user: User | None, **_signal) -> None:
    """To the specialists who may approve it: neither who sent it in nor who wrote it."""
    own = {user, instance.workflow_state.requested_by, instance.revision.user}
    _write("page_waits", set(holders(Role.SPECIALIST)) - own, instance, by=user, choice="submitted_notifications")


def page_approved(instance: WorkflowState, user: User | None, **_signal) -> None:
    _to_writers("page_approved", instance, by=user, choice="approved_notifications")


def page_sent_back(instance: WorkflowState, user: User | None, **_signal) -> None:
    """With the words in which the specialist refused."""
    _to_writers("page_sent_back", instance, by=user, choice="rejected_notifications")


def _to_writers(letter: str, state: WorkflowState, *, by: User | None, choice: str) -> None:
    """To who sent it in and who wrote the draft last."""
    task = state.current_task_state
    _write(letter, {state.requested_by, task.revision.user} - {by, None}, task, by=by, choice=choice)


def _write(letter: str, to: Iterable[User], task: TaskState, *, by: User | None, choice: str) -> None:
    """`choice` is the field of Wagtail's profile by which somebody declines such letters."""
    wanted = User.objects.filter(pk__in=[user.pk for user in to], is_active=True)
    wanted = wanted.exclude(**{f"wagtail_userprofile__{choice}": False})
    page = task.workflow_state.object_id
    # What it is called in the draft that was sent in: the page that readers see may have another title.
    context = {"page": task.revision.object_str, "by": by, "words": task.get_comment()}
    mail.queue_many(
        mail.Letter(
            name=f"content/{letter}",
            to=user,
            context=context,
            dedupe_key=f"page:{page}:{task.pk}:{letter}:{user.pk}",
            action=("wagtailadmin_pages:edit", page),
        )
        for user in wanted.order_by("pk")
    )
