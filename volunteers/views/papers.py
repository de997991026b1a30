"""One's own papers and referees: what is recorded, sending and renewing, another referee."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_http_methods, require_safe

from portal import audit, files
from volunteers.forms.check import ProvideForm
from volunteers.forms.referee import ReplacementForm, read_out
from volunteers.models import Check, CheckEvidence, RefereeRequest
from volunteers.services import checks, references, replacing
from volunteers.states import PROVIDE, CheckState

CHECK_LOOKS = {CheckState.VERIFIED: "good", CheckState.FAILED: "bad", CheckState.REQUESTED: "wait"}


class MyCheck(View):
    """One of his own papers: what is recorded, the file he sent, the form to send it or to correct it."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request, uuid):
        own = Check.objects.visible_to(request.user).filter(person__user=request.user)
        self.check = get_object_or_404(own.select_related("check_type", "person"), uuid=uuid)
        if self.check.check_type.is_declaration:
            return redirect("my_disclosure")
        return super().dispatch(request, uuid)

    def get(self, request, uuid):
        fields = ("number", "issuer", "issued_on")
        return self._page(ProvideForm(check=self.check, initial={name: getattr(self.check, name) for name in fields}))

    def post(self, request, uuid):
        form = ProvideForm(request.POST, request.FILES, check=self.check)
        if not form.is_valid():
            return self._page(form)
        checks.provide(check=self.check, by=request.user, **form.cleaned_data)
        messages.success(request, _("Thank you. We will look at it; the result will stand on your page."))
        return redirect("my_home")

    def _page(self, form):
        open_to_him = self.check.check_type.provided_by_applicant and self.check.state in PROVIDE.sources
        context = {
            "check": self.check,
            "form": form if open_to_him else None,
            "look": CHECK_LOOKS.get(self.check.state, ""),
            "evidence": self.check.evidence.filter(purged_at=None),
        }
        return render(self.request, "volunteers/check.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def my_check_renew(request: HttpRequest, uuid) -> HttpResponse:
    own = Check.objects.visible_to(request.user).filter(person__user=request.user)
    check = get_object_or_404(own, uuid=uuid)
    if request.method != "POST":
        return redirect("my_home")
    fresh = checks.renew(check=check, by=request.user)
    return redirect("my_check", fresh.uuid)  # leads on to the questions where it is a declaration


@require_safe
def my_evidence(request: HttpRequest, uuid) -> HttpResponse:
    """A file that he sent himself; the look is logged before the first byte."""
    own = CheckEvidence.objects.filter(evidence_of__person__user=request.user, purged_at=None)
    evidence = get_object_or_404(own, uuid=uuid)
    audit.viewed(evidence, "own_file", request.user)
    return files.serve(evidence.stored_name, evidence.sealed_key, evidence.mime, evidence.code)


@require_safe
def my_reference(request: HttpRequest, uuid) -> HttpResponse:
    """What a referee said of him, where he may read it; each reading is in the log."""
    given = references.shared_with(request.user).select_related("response")
    referee = get_object_or_404(given, uuid=uuid)
    audit.viewed(referee.response, "own_reference", request.user)
    answers = read_out(json.loads(referee.response.answers), references.SHARED)
    return render(request, "volunteers/my_reference.html", {"referee": referee, "answers": answers})


class MyReferee(View):
    """Another person in the place of one who cannot give a reference."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request, uuid):
        own = RefereeRequest.objects.filter(application__person__user=request.user)
        self.old = get_object_or_404(own.select_related("application__person__user"), uuid=uuid)
        replacing.demand_replaceable(self.old)
        return super().dispatch(request, uuid)

    def get(self, request, uuid):
        return render(request, "volunteers/referee.html", {"form": ReplacementForm(old=self.old)})

    def post(self, request, uuid):
        form = ReplacementForm(request.POST, old=self.old)
        if not form.is_valid():
            return render(request, "volunteers/referee.html", {"form": form})
        replacing.replace(request=self.old, by=request.user, referee=form.cleaned_data)
        messages.success(request, _("Thank you. We ask this person for a reference."))
        return redirect("my_home")
