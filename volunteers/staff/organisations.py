"""Who speaks for which organisation: named by an administrator, or by a coordinator in his district."""

from __future__ import annotations

from django.contrib import messages
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import ListView

from portal.staff import NearestPage, StaffAction, StaffView
from volunteers.forms.standing import EndorserForm
from volunteers.models import Organisation
from volunteers.services import memberships


class OrganisationList(NearestPage, StaffView, ListView):
    permission = "organisation.name_endorser"
    template_name = "volunteers/staff/organisations.html"
    paginate_by = 25

    def get_queryset(self):
        rows = Organisation.objects.to_arrange(self.request.user).select_related("endorser", "district")
        return rows.order_by("district__position", "kind", "name_kk", "pk")


class NameEndorser(StaffAction):
    permission = "organisation.name_endorser"
    model = Organisation
    form_class = EndorserForm

    def record(self):
        return get_object_or_404(Organisation.objects.to_arrange(self.request.user), pk=self.kwargs["pk"])

    def get(self, request, *args, **kwargs):
        return self._page(self.record(), EndorserForm())

    def get_form(self, record):
        return self.form_class(self.request.POST)

    def form_invalid(self, record, form):
        return self._page(record, form, status=422)

    def _page(self, organisation: Organisation, form: EndorserForm, status: int = 200):
        context = {"organisation": organisation, "form": form}
        return render(self.request, "volunteers/staff/endorser.html", context, status=status)

    def act(self, record, data):
        memberships.name_endorser(organisation=record, user=data["contact"], by=self.request.user)
        messages.success(self.request, _("Saved."))

    def page(self, record):
        return reverse("staff_organisations")
