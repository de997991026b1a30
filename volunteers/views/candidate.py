"""The candidate's one page: what a coordinator typed for him, and his own word on it. No account is needed."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from portal import access
from portal.refusals import NotAllowed, Reason
from volunteers.forms.applicant import ConsentsForm
from volunteers.forms.summary import read_out
from volunteers.services import answers, candidate


def _refuse_staff(request: HttpRequest) -> None:
    """Otherwise whoever typed it could confirm it himself."""
    if access.is_staff(request.user):
        text = _("You are signed in as staff. Only the candidate opens this link: sign out first.")
        raise NotAllowed(Reason("staff_session", text))


@method_decorator([login_not_required, never_cache, sensitive_post_parameters()], name="dispatch")
class Candidate(View):
    http_method_names = ["get", "head", "post"]

    def dispatch(self, request, token):
        _refuse_staff(request)
        self.application = candidate.by_token(token)
        response = super().dispatch(request, token)
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Referrer-Policy"] = "same-origin"  # nothing to other hosts; "no-referrer" would make Origin null
        return response

    def get(self, request, token):
        return self._page(ConsentsForm(application=self.application))

    def post(self, request, token):
        if "disown" in request.POST:
            candidate.disown(token=token)
            return render(request, "volunteers/candidate_done.html", {"disowned": True})
        form = ConsentsForm(request.POST, application=self.application)
        if not form.is_valid():
            return self._page(form, 422)
        candidate.confirm(token=token, consents=form.answers())
        return render(request, "volunteers/candidate_done.html", {"disowned": False})

    def _page(self, form, status=200):
        context = {
            "form": form,
            "role": self.application.role,
            "sections": read_out(answers.read(self.application)),
        }
        return render(self.request, "volunteers/candidate.html", context, status=status)
