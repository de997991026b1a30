from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail.models import AbstractGroupApprovalTask


class SpecialistApproval(AbstractGroupApprovalTask):
    """A specialist reads a text before it is published, and never one that he sent in himself: two people stand behind
    each word that children read. Superusers get no way round it here."""

    class Meta:
        verbose_name = _("approval by a specialist")
        verbose_name_plural = _("approvals by a specialist")

    def get_actions(self, obj, user):
        state = obj.current_workflow_state
        own = state is not None and state.requested_by_id == user.pk
        return [] if own or not self._user_in_groups(user) else super().get_actions(obj, user)

    @classmethod
    def get_description(cls):
        return _("A specialist other than the one who sent it in approves the page")
