"""The small page of an organisation: who named it, what became of them, and whether it knows them. Nothing more."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views import View
from django.views.generic import ListView

from portal.refusals import NotAllowed, Reason
from portal.staff import NearestPage
from volunteers.clearance import clearances
from volunteers.models import Membership, Person
from volunteers.services import memberships

ANSWERS = {"confirm": memberships.confirm_membership, "refuse": memberships.refuse_membership}


class MyOrganisation(NearestPage, ListView):
    """People who named an organisation that the reader speaks for, once their application has come in."""

    template_name = "volunteers/organisation.html"
    paginate_by = 25

    def dispatch(self, request):
        self.organisations = list(request.user.endorses.filter(is_active=True))
        if not self.organisations:
            raise NotAllowed(Reason("not_endorser", _("This page is for people who speak for an organisation.")))
        return super().dispatch(request)

    def get_queryset(self):
        return Membership.objects.of_endorser(self.request.user)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        shown = list(context["object_list"])
        standings = clearances([membership.person for membership in shown])
        for membership in shown:
            membership.outcome = _outcome(membership.person, standings[membership.person_id].shown_standing)
        return context | {"memberships": shown, "organisations": self.organisations}


def _outcome(person: Person, standing: str) -> str:
    """`approved`, `in_checks` or `not`: all that an organisation learns."""
    if person.serves and standing != "suspended":
        return "approved"
    return "in_checks" if person.in_checks else "not"


class Answer(View):
    """Confirms or refuses on POST. Who comes by GET, say after signing in again, is led to the list."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request, organisation, uuid, answer):
        if answer not in ANSWERS:
            raise Http404
        rows = Membership.objects.of_endorser(request.user)
        self.membership = get_object_or_404(rows, organisation=organisation, person__uuid=uuid)
        return super().dispatch(request, answer)

    def get(self, request, answer):
        return redirect("my_organisation")

    def post(self, request, answer):
        ANSWERS[answer](membership=self.membership, by=request.user)
        messages.success(request, _("Thank you. It is written down."))
        return redirect("my_organisation")
