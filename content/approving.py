"""The CMS's one-click approval, from a list of what waits: of what was sent in, and of nothing that was written since."""

from __future__ import annotations

from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.admin.views.pages.workflow import WorkflowActionView
from wagtail.admin.viewsets.pages import PageViewSet

from content.models.approval import changed_since_sent


class ApproveWhatWasSent(WorkflowActionView):
    """The list may be older than the draft. The editor's form is not: with a draft that changed meanwhile it no longer
    agrees, which makes its sender the last who wrote (`SpecialistApproval.on_action`)."""

    def post(self, request, *args, **kwargs):
        if self.action_name != "approve" or not changed_since_sent(self.task_state):
            return super().post(request, *args, **kwargs)
        messages.warning(request, _("This page was changed after it was sent in. Read it here, then approve it here."))
        here = reverse("wagtailadmin_pages:edit", args=[self.object.pk])
        if request.headers.get("x-requested-with") == "XMLHttpRequest":  # from the dialogue with a comment
            return self.render_modal_json(request, {"step": "success", "redirect": here})
        return redirect(here)


class ApprovedPageViewSet(PageViewSet):
    workflow_action_view_class = ApproveWhatWasSent
