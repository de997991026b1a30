"""The do-not-engage list: entries without names, two people for each step. Each look at an entry is logged."""

from __future__ import annotations

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, ListView

from portal import audit
from portal.staff import NearestPage, StaffAction, StaffDetail, StaffView
from volunteers.forms.safeguarding import LiftForm, ListForm, ListUnknownForm
from volunteers.models import DoNotEngage, Person
from volunteers.services import do_not_engage

PERMISSION = do_not_engage.PERMISSION
TEMPLATE = "volunteers/staff/do_not_engage_entry.html"


def _entries(user):
    return DoNotEngage.objects.visible_to(user).select_related(
        "reason_code", "decided_by", "confirmed_by", "lift_proposed_by", "lifted_by"
    )


class EntryList(NearestPage, StaffView, ListView):
    permission = PERMISSION
    paginate_by = 25
    template_name = "volunteers/staff/do_not_engage.html"

    def get_queryset(self):
        return _entries(self.request.user)


@method_decorator(sensitive_post_parameters(), name="dispatch")
class ListUnknown(StaffView, FormView):
    """Somebody who never applied."""

    permission = PERMISSION
    form_class = ListUnknownForm
    template_name = "volunteers/staff/do_not_engage_new.html"
    person = None

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {"person": self.person}

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form):
        entry = do_not_engage.list_person(by=self.request.user, person=self.person, **form.cleaned_data)
        messages.success(self.request, _("Proposed. It is in force once another safeguarding lead confirms."))
        return redirect("staff_do_not_engage_entry", entry.uuid)


class ListKnown(ListUnknown):
    form_class = ListForm

    @cached_property
    def person(self) -> Person:
        seen = Person.objects.visible_to(self.request.user).exclude(user=self.request.user)
        return get_object_or_404(seen, uuid=self.kwargs["uuid"])


class Entry(StaffDetail):
    permission = PERMISSION
    sensitive = "do_not_engage"
    model = DoNotEngage
    context_object_name = "entry"
    template_name = TEMPLATE

    def get_queryset(self):
        return _entries(self.request.user)

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | _context(self.object, self.request.user)


def _context(entry: DoNotEngage, by, lift_form: LiftForm | None = None) -> dict:
    """The entry, whom it is about where the portal knows him, and the step that `by` may take now."""
    waits = entry.confirmed_at is None and entry.lifted_at is None
    proposed = entry.lift_proposed_by_id is not None and entry.lifted_at is None
    return {
        "entry": entry,
        "person": do_not_engage.person_of(entry),
        "waits": waits,
        "may_confirm": waits and entry.decided_by_id != by.pk,
        "may_confirm_lift": proposed and entry.lift_proposed_by_id != by.pk,
        "lift_form": None if entry.lifted_at or proposed else lift_form or LiftForm(key="lift"),
    }


class EntryAction(StaffAction):
    permission = PERMISSION
    noun = "entry"
    done = _("Noted.")

    def record(self):
        return get_object_or_404(_entries(self.request.user), uuid=self.kwargs["uuid"])

    def page(self, record):
        return reverse("staff_do_not_engage_entry", args=[record.uuid])


class Confirm(EntryAction):
    done = _("The entry is in force.")
    service = staticmethod(do_not_engage.confirm)


class ProposeLift(EntryAction):
    form_class = LiftForm
    done = _("Proposed. The entry stays in force until another safeguarding lead confirms.")
    service = staticmethod(do_not_engage.propose_lift)

    def get_form(self, record):
        return self.form_class(self.request.POST, key="lift")

    def form_invalid(self, record, form):
        audit.viewed(record, "do_not_engage", self.request.user)
        return TemplateResponse(self.request, TEMPLATE, _context(record, self.request.user, form), status=422)


class ConfirmLift(EntryAction):
    done = _("The entry is off the list.")
    service = staticmethod(do_not_engage.confirm_lift)


class Keep(EntryAction):
    done = _("Noted: the entry stays. It is looked at again later.")
    service = staticmethod(do_not_engage.keep)
