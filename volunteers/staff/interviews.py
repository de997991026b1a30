"""The interview of a case: its questions for the interviewer, its protocol for him and the safeguarding lead."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from portal import access, audit, step_up
from portal.refusals import Reason, Refused
from portal.staff import StaffView
from volunteers.forms.eligibility import in_current_language
from volunteers.forms.staff_checks import InterviewForm
from volunteers.models import Application, Check, Interview
from volunteers.reference import interview_protocol
from volunteers.services import checks, interviews
from volunteers.staff.case import cases


@dataclass
class Protocol:
    """One talk as it was written down: questions and answers in their order."""

    interview: Interview
    answers: list[tuple[str, str]]


@method_decorator(sensitive_post_parameters(), name="dispatch")
class Record(StaffView, FormView):
    """Earlier protocols, each look logged before the page is made, and the form while the interview waits for its own."""

    permission = "interview.protocol"
    fresh_for = step_up.READING  # a long text can be sent without: it would be lost
    form_class = InterviewForm
    template_name = "volunteers/staff/interview.html"
    http_method_names = ["get", "head", "post"]

    @cached_property
    def application(self) -> Application:
        return get_object_or_404(cases(self.request.user), uuid=self.kwargs["uuid"])

    @cached_property
    def check(self) -> Check | None:
        return interviews.open_check(self.application)

    def get_context_data(self, **kwargs):
        barred = checks.barred_from_verifying(self.check, self.request.user) if self.check else []
        context = super().get_context_data(**kwargs) | {
            "application": self.application,
            "person": self.application.person,
            "barred": barred,
            "protocols": self._protocols(),
        }
        return context if self.check and not barred else context | {"form": None}

    def _protocols(self) -> list[Protocol]:
        """All of them for the lead, his own for the interviewer."""
        held = self.application.interviews.select_related("recorded_by")
        if not access.allows(self.request.user, "application.sensitive", self.application.reach):
            held = held.filter(recorded_by=self.request.user)
        protocols = []
        for interview in held:
            audit.viewed(interview, "interview", self.request.user)
            protocols.append(Protocol(interview, read_out(interview)))
        return protocols

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form):
        if self.check is None:
            raise Refused(Reason("wrong_state", _("No interview waits for its protocol in this case.")))
        interviews.record(check=self.check, by=self.request.user, **form.protocol)
        messages.success(self.request, _("The protocol is kept, and its result stands in the case."))
        return redirect("staff_application", self.application.uuid)


def read_out(interview: Interview) -> list[tuple[str, str]]:
    """The questions as they are worded now, each with the answer that was written down."""
    answers = json.loads(interview.answers)
    return [
        (in_current_language(question["text"]), answers[question["code"]])
        for question in interview_protocol()["question"]
        if answers.get(question["code"])
    ]
