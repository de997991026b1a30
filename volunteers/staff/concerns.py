"""Writing a concern down, and the register that only safeguarding leads read."""

from __future__ import annotations

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from portal import access, audit
from portal.access import Role
from portal.staff import StaffAction, StaffDetail, StaffList, StaffView
from volunteers.filters import ConcernFilter
from volunteers.forms.safeguarding import ActForm, CloseForm, ConcernForm
from volunteers.models import Concern, Person
from volunteers.services import concerns

TEMPLATE = "volunteers/staff/concern.html"
# What somebody most likely tells, by his role.
SOURCES = {Role.SCHOOL_CONTACT: Concern.Source.SCHOOL, Role.TRAINER: Concern.Source.TRAINER}


@method_decorator(sensitive_post_parameters("text"), name="dispatch")
class ConcernNew(StaffView, FormView):
    """Write-only: the page shows a name and an empty form; what was sent is not shown again."""

    permission = "concern.write"
    form_class = ConcernForm
    template_name = "volunteers/staff/concern_new.html"

    @cached_property
    def person(self) -> Person:
        return get_object_or_404(concerns.may_be_about(self.request.user), uuid=self.kwargs["uuid"])

    def get_initial(self):
        source = next((SOURCES[grant.role] for grant in self.request.user.grants if grant.role in SOURCES), None)
        return {"source": source or Concern.Source.STAFF}

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {"person": self.person}

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form):
        concerns.raise_concern(person=self.person, by=self.request.user, **form.cleaned_data)
        messages.success(self.request, _("Thank you. The person responsible for the safety of children reads it."))
        return redirect("home_of_user")


class ConcernList(StaffList):
    """Codes, names and levels; the words stand on the page of each concern."""

    permission = "concern.read"
    model = Concern
    filterset_class = ConcernFilter
    template_name = "volunteers/staff/concerns.html"

    def get_queryset(self):
        return super().get_queryset().select_related("person__district", "application")

    def get_filterset_kwargs(self, filterset_class):
        return super().get_filterset_kwargs(filterset_class) | {"data": self.request.GET}  # also when it is empty


class ConcernDetail(StaffDetail):
    permission = "concern.read"
    sensitive = "concern"
    model = Concern
    template_name = TEMPLATE

    def get_queryset(self):
        return _rows(self.request.user)

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | _context(self.object, self.request.user, {})


def _rows(user):
    return Concern.objects.visible_to(user).select_related("person", "application", "raised_by", "closed_by")


def _context(concern: Concern, by, bound: dict) -> dict:
    """The record with the forms for what `by` may do about it, and the reasons where he may not."""
    open_to_him = concern.closed_at is None and not concerns.barred_from(concern, by)
    barred = [] if concern.closed_at else concerns.barred_from_closing(concern, by)
    answers = concern.application.referees.filter(response__names_a_reason=True) if concern.application else []
    return {
        "concern": concern,
        "answers": answers if concern.source == Concern.Source.REFEREE else [],
        "act_form": bound.get("act") or ActForm(key="act") if open_to_him else None,
        "close_form": bound.get("close") or CloseForm(key="close") if open_to_him and not barred else None,
        "barred": barred,
        "sees_person": access.allows(by, "standing.view", concern.reach),
    }


class ConcernAction(StaffAction):
    """A form with errors shows the concern again, which is a look at it."""

    permission = "concern.read"
    noun = "concern"
    key = ""
    done = _("Noted.")

    def record(self):
        return get_object_or_404(_rows(self.request.user), uuid=self.kwargs["uuid"])

    def get_form(self, record):
        return self.form_class(self.request.POST, key=self.key)

    def form_invalid(self, record, form):
        audit.viewed(record, "concern", self.request.user)
        context = _context(record, self.request.user, {self.key: form})
        return TemplateResponse(self.request, TEMPLATE, context, status=422)

    def page(self, record):
        return reverse("staff_concern", args=[record.uuid])


class Act(ConcernAction):
    form_class = ActForm
    key = "act"
    service = staticmethod(concerns.act)


class Close(ConcernAction):
    form_class = CloseForm
    key = "close"
    done = _("Closed. A case on hold is released on its own page.")
    service = staticmethod(concerns.close)
