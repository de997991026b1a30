"""Two people stand behind each word that children read, whoever they are in the CMS."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _
from wagtail.models import AbstractGroupApprovalTask, Page, PagePermissionTester, TaskState

from content.editing import missing_care


def wrote_last(page: Page, user) -> bool:
    """Whether the draft as it stands is his."""
    last = page.revisions.order_by("created_at", "pk").last()
    return last is not None and last.user_id == user.pk


def changed_since_sent(task_state: TaskState) -> bool:
    """Whether the draft as it stands is younger than the request for approval; the CMS saves while somebody types."""
    return task_state.workflow_state.content_object.get_latest_revision().created_at > task_state.started_at


def is_ready(page: Page) -> bool:
    """Whether the draft as it stands, perhaps changed since it was sent in, has what its subject needs."""
    draft, asked = page.get_latest_revision_as_object(), ("sensitive", "warning", "reviewed_by", "body")
    return not missing_care({name: getattr(draft, name, None) for name in asked})


class SpecialistApproval(AbstractGroupApprovalTask):
    """A specialist reads a text before it is published, and never one that he sent in or changed himself, nor a hard one
    without what that needs. Superusers get no way round it here."""

    class Meta:
        verbose_name = _("approval by a specialist")
        verbose_name_plural = _("approvals by a specialist")

    def get_actions(self, obj, user):
        state = obj.current_workflow_state
        own = (state is not None and state.requested_by_id == user.pk) or wrote_last(obj, user)
        if own or not self._user_in_groups(user):
            return []
        actions = super().get_actions(obj, user)
        return actions if is_ready(obj) else [action for action in actions if action[0] != "approve"]

    def on_action(self, task_state, user, action_name, **kwargs):
        """Asked again here: the editor's form saves first and approves then."""
        if action_name == "approve" and wrote_last(task_state.workflow_state.content_object, user):
            raise PermissionDenied
        return super().on_action(task_state, user, action_name, **kwargs)

    @classmethod
    def get_description(cls):
        return _("A specialist other than the one who sent it in approves the page")


class TwoPeople(PagePermissionTester):
    """Nobody publishes by hand, superusers included: an approval does (`content.publishing`)."""

    def can_publish(self):
        return False

    def can_publish_subpage(self):
        return False

    def can_unschedule(self):
        return super().can_publish()
