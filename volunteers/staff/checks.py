"""Moves of one check, and its papers."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import View

from portal import access, audit, files, step_up
from portal.staff import StaffAction, StaffView
from volunteers.forms.staff_checks import DoubtForm, FailForm, InvalidateForm, ProvideForm, VerifyForm
from volunteers.models import Check, CheckEvidence
from volunteers.services import checks
from volunteers.staff import case, mentor
from volunteers.states import OPEN


def _on_case_page(check: Check, user) -> bool:
    """A check of an open case is dealt with on the page of the case, one of somebody who serves on his."""
    application = check.application
    return application is not None and (
        application.state in OPEN or not access.allows(user, "standing.view", check.reach)
    )


class CheckAction(StaffAction):
    model = Check
    noun = "check"
    move = ""

    def record(self):
        rows = Check.objects.visible_to(self.request.user).exclude(person__user=self.request.user)
        rows = rows.select_related("person__user", "person__district", "check_type", "application__policy")
        return get_object_or_404(rows, uuid=self.kwargs["uuid"])

    @property
    def key(self) -> str:
        return f"{self.move}-{self.kwargs['uuid']}"

    def get_form(self, record):
        return self.form_class(self.request.POST, self.request.FILES, check=record, key=self.key)

    def form_invalid(self, record, form):
        bound = {self.key: form}
        if _on_case_page(record, self.request.user):
            return case.page(self.request, record.application, bound, status=422)
        return mentor.page(self.request, record.person, bound, status=422)

    def page(self, record):
        if _on_case_page(record, self.request.user):
            return reverse("staff_application", args=[record.application.uuid])
        return reverse("staff_person", args=[record.person.uuid])


class Provide(CheckAction):
    permission = "check.provide"
    form_class = ProvideForm
    move = "provide_for"
    done = _("Entered. It counts when it is verified.")
    service = staticmethod(checks.provide)


class Verify(CheckAction):
    permission = "check.verify"
    form_class = VerifyForm
    move = "verify"
    done = _("Verified.")
    service = staticmethod(checks.verify)


class Fail(CheckAction):
    permission = "check.verify"
    form_class = FailForm
    move = "fail"
    done = _("Marked as failed. The safeguarding lead has a task.")
    service = staticmethod(checks.fail)


class MarkInconclusive(CheckAction):
    permission = "check.verify"
    form_class = DoubtForm
    move = "inconclusive"
    done = _("Marked as inconclusive. It can be asked for again.")
    service = staticmethod(checks.mark_inconclusive)


class AskAgain(CheckAction):
    permission = "check.provide"
    done = _("Asked for again.")
    service = staticmethod(checks.ask_again)


class Invalidate(CheckAction):
    permission = "check.invalidate"
    form_class = InvalidateForm
    move = "invalidate"
    done = _("It counts no more, and a fresh one is asked for.")
    service = staticmethod(checks.invalidate)


class Renew(CheckAction):
    permission = "check.provide"
    done = _("Asked for again.")
    service = staticmethod(checks.renew)


class Evidence(StaffView, View):
    """A paper, to its readers only; that it was read is in the log before the first byte leaves."""

    permission = "application.assigned"
    fresh_for = step_up.READING
    http_method_names = ["get", "head"]

    def get(self, request, uuid):
        rows = CheckEvidence.objects.visible_to(request.user).exclude(evidence_of__person__user=request.user)
        paper = get_object_or_404(rows, uuid=uuid)
        audit.viewed(paper, "evidence", request.user)
        return files.serve(paper.stored_name, paper.sealed_key, paper.mime, paper.code)
