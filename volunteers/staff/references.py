"""References on the desks: reading and judging the words of a referee, and what is done while none come."""

from __future__ import annotations

import json

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from portal import access
from portal.staff import StaffAction, StaffDetail, StaffView
from volunteers.forms.referee import OfflineForm, ReplacementForm, read_out
from volunteers.forms.staff import AssessForm
from volunteers.models import RefereeRequest
from volunteers.services import chasing, guards, references, replacing
from volunteers.staff import case
from volunteers.staff.case import cases
from volunteers.states import REFEREE_GAVE_ONE


def _requests(user):
    """Requests of the cases that `user` works on."""
    rows = RefereeRequest.objects.visible_to(user).exclude(application__person__user=user)
    return rows.select_related("application__person__district", "application__person__user")


def _answered(user):
    """Answers that `user` may read: as the lead of the district, not as somebody who sees the case otherwise."""
    here = access.within(user, "application.sensitive", district="application__person__district")
    return _requests(user).filter(here, response__isnull=False).select_related("response__recorded_by")


def _page_of_case(request: RefereeRequest) -> str:
    return reverse("staff_application", args=[request.application.uuid]) + f"#referee-{request.uuid}"


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
        answers = read_out(json.loads(self.object.response.answers))
        return super().get_context_data(**kwargs) | {"answers": answers, "form": self._assess_form()}

    def _assess_form(self) -> AssessForm | None:
        response = self.object.response
        if self.object.state not in REFEREE_GAVE_ONE or response.recorded_by_id == self.request.user.pk:
            return None
        return AssessForm(key=f"assess-{self.object.uuid}", response=response)


@method_decorator(transaction.atomic, name="post")
class Assess(StaffAction):
    permission = "reference.assess"
    model = RefereeRequest
    form_class = AssessForm

    def record(self):
        return get_object_or_404(_answered(self.request.user), uuid=self.kwargs["uuid"])

    def get_form(self, record):
        """The person is locked, as the service does: what the form compares with stands until it is saved."""
        guards.lock_person(record.application.person_id)
        record.response.refresh_from_db()
        return self.form_class(self.request.POST, key=f"assess-{record.uuid}", response=record.response)

    def form_invalid(self, record, form):
        application = get_object_or_404(cases(self.request.user), pk=record.application_id)
        return case.page(self.request, application, {f"assess-{record.uuid}": form}, status=422)

    def act(self, record, data):
        references.assess(response=record.response, by=self.request.user, **data)
        messages.success(self.request, _("Noted."))

    def page(self, record):
        return reverse("staff_application", args=[record.application.uuid])


class Resend(StaffAction):
    permission = "reference.arrange"
    noun = "request"
    done = _("A new link is on its way. The former one no longer works.")
    service = staticmethod(chasing.resend)

    def record(self):
        return get_object_or_404(_requests(self.request.user), uuid=self.kwargs["uuid"])

    def page(self, record):
        return _page_of_case(record)


class Bounced(Resend):
    done = _("Noted. The applicant is asked to name another referee.")
    service = staticmethod(chasing.mark_bounced)


class RefereePage(StaffView, FormView):
    """A page of its own with one form about a referee who has not answered."""

    permission = "reference.arrange"
    done = ""

    @cached_property
    def referee(self) -> RefereeRequest:
        return get_object_or_404(_requests(self.request.user), uuid=self.kwargs["uuid"])

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        return context | {"referee": self.referee, "back": _page_of_case(self.referee)}

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form):
        self.act(form)
        messages.success(self.request, self.done)
        return redirect(_page_of_case(self.referee))


@method_decorator(sensitive_post_parameters(), name="dispatch")
class Offline(RefereePage):
    form_class = OfflineForm
    template_name = "volunteers/staff/reference_offline.html"
    done = _("Thank you. It is written down.")

    def act(self, form):
        data = form.cleaned_data
        references.record_offline(
            request=self.referee,
            by=self.request.user,
            channel=data["channel"],
            data=form.said(),
            shareable=data["shareable"],
        )


class Replace(RefereePage):
    form_class = ReplacementForm
    template_name = "volunteers/staff/referee_replace.html"
    done = _("This person is asked for a reference. The former link no longer works.")

    def get_form_kwargs(self):
        replacing.demand_replaceable(self.referee, by_staff=True)
        return super().get_form_kwargs() | {"old": self.referee, "by_staff": True}

    def act(self, form):
        replacing.replace(request=self.referee, by=self.request.user, referee=form.cleaned_data)
