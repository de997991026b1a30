"""The queue of applications, the page of a case, and the moves made there."""

from __future__ import annotations

import json

from django.contrib import messages
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import access
from portal.staff import StaffAction, StaffDetail, StaffList
from volunteers.filters import ApplicationFilter
from volunteers.forms.referee import ReferenceForm
from volunteers.forms.staff import AcceptForm, AssessForm, ConfirmForm, InterviewerForm, ProposeForm, SendBackForm
from volunteers.models import Application, RefereeRequest
from volunteers.services import decisions, references
from volunteers.staff import case
from volunteers.states import USUAL_DAYS, RefereeState


def _cases(user):
    """Cases that `user` works on; never his own."""
    rows = Application.objects.visible_to(user).exclude(person__user=user)
    return rows.select_related("person__district", "person__user", "role", "policy", "owner", "interviewer")


class ApplicationList(StaffList):
    permission = "application.assigned"
    model = Application
    filterset_class = ApplicationFilter
    template_name = "volunteers/staff/applications.html"

    def get_queryset(self):
        return _cases(self.request.user)

    def get_filterset_kwargs(self, filterset_class):
        return super().get_filterset_kwargs(filterset_class) | {"data": self.request.GET}  # also when it is empty

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        today = timezone.localdate()
        for application in context["object_list"]:
            application.days = (today - timezone.localdate(application.state_since)).days
            usual, most = USUAL_DAYS.get(application.state, (None, None))
            application.days_css = "" if usual is None or application.days <= usual else "wait"
            if most is not None and application.days > most:
                application.days_css = "bad"
            application.state_css = case.STATE_CSS.get(application.state, "wait")
        return context | {"only_assigned": not access.allows(self.request.user, "application.view")}


class ApplicationDetail(StaffDetail):
    permission = "application.assigned"
    model = Application
    template_name = case.TEMPLATE

    def get_queryset(self):
        return _cases(self.request.user)

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | case.context(self.object, self.request.user)


class CaseAction(StaffAction):
    """A move of a case. A form with errors shows the page of the case again, with status 422."""

    model = Application
    key = ""
    done = ""

    def record(self):
        return get_object_or_404(_cases(self.request.user), uuid=self.kwargs["uuid"])

    def get_form(self, record):
        return self.form_class(self.request.POST, key=self.key)

    def form_invalid(self, record, form):
        return case.page(self.request, record, {self.key: form}, status=422)

    def act(self, record, data):
        self.service(application=record, by=self.request.user, **data)
        messages.success(self.request, self.done)

    def page(self, record):
        return reverse("staff_application", args=[record.uuid])


class Accept(CaseAction):
    permission = "application.accept"
    form_class = AcceptForm
    key = "accept"
    done = _("Accepted: the checks were asked for and the referees got their letters.")
    service = staticmethod(decisions.accept)

    def get_form(self, record):
        return self.form_class(self.request.POST, application=record, key=self.key)


class NameInterviewer(Accept):
    form_class = InterviewerForm
    key = "interviewer"
    done = _("The interviewer now sees the case.")
    service = staticmethod(decisions.name_interviewer)


class Ready(CaseAction):
    permission = "application.ready"
    done = _("All checks are in: the case is ready for a proposal.")
    service = staticmethod(decisions.ready)


class Propose(CaseAction):
    permission = "application.propose"
    form_class = ProposeForm
    key = "propose"
    done = _("Proposed: a safeguarding lead confirms it or sends it back.")
    service = staticmethod(decisions.propose)


class Confirm(CaseAction):
    permission = "application.confirm"
    form_class = ConfirmForm
    key = "confirm"
    done = _("Approved. The applicant got a letter with what is left before the first session.")
    service = staticmethod(decisions.confirm)


class SendBack(CaseAction):
    permission = "application.send_back"
    form_class = SendBackForm
    key = "send_back"
    done = _("Sent back. The proposer got a letter.")
    service = staticmethod(decisions.send_back)


def _answered(user):
    """Answers that `user` may read: as the lead of the district, not as somebody who sees the case otherwise."""
    here = access.within(user, "application.sensitive", district="application__person__district")
    rows = RefereeRequest.objects.visible_to(user).exclude(application__person__user=user)
    return rows.filter(here, response__isnull=False).select_related("response", "application__person__district")


class Reference(StaffDetail):
    """The words of a referee, for the safeguarding lead; each reading is in the log."""

    permission = "application.sensitive"
    sensitive = "reference"
    model = RefereeRequest
    context_object_name = "referee"
    template_name = "volunteers/staff/reference.html"

    def get_queryset(self):
        return _answered(self.request.user)

    def get_context_data(self, **kwargs):
        said = json.loads(self.object.response.answers)
        answers = [
            (field.label, dict(getattr(field, "choices", ())).get(said[name], said[name]))
            for name, field in ReferenceForm.base_fields.items()
            if said.get(name)
        ]
        return super().get_context_data(**kwargs) | {"answers": answers, "form": self._assess_form()}

    def _assess_form(self) -> AssessForm | None:
        if self.object.state != RefereeState.COMPLETED:
            return None
        response = self.object.response
        initial = {"result": response.result, "called_back": response.called_back}
        return AssessForm(key=f"assess-{self.object.uuid}", initial=initial)


class Assess(StaffAction):
    permission = "reference.assess"
    model = RefereeRequest
    form_class = AssessForm

    def record(self):
        return get_object_or_404(_answered(self.request.user), uuid=self.kwargs["uuid"])

    def get_form(self, record):
        return self.form_class(self.request.POST, key=f"assess-{record.uuid}")

    def form_invalid(self, record, form):
        application = get_object_or_404(_cases(self.request.user), pk=record.application_id)
        return case.page(self.request, application, {f"assess-{record.uuid}": form}, status=422)

    def act(self, record, data):
        references.assess(response=record.response, by=self.request.user, **data)
        messages.success(self.request, _("Noted."))

    def page(self, record):
        return reverse("staff_application", args=[record.application.uuid])
