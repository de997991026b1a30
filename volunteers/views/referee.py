"""The referee's one page: no account, no name but the applicant's, nothing kept by the browser."""

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
from volunteers.forms.referee import ReferenceForm
from volunteers.models import RefereeRequest
from volunteers.services import references


def _refuse_insiders(request: HttpRequest, asked: RefereeRequest) -> None:
    """Staff must not write a reference themselves, nor the person it is about."""
    if access.is_staff(request.user):
        text = _("You are signed in as staff. Only the referee opens this link: sign out first.")
        raise NotAllowed(Reason("staff_session", text))
    if request.user.is_authenticated and asked.application.person.user_id == request.user.pk:
        raise NotAllowed(Reason("own_reference", _("This link belongs to the person whom you named.")))


@method_decorator([login_not_required, never_cache, sensitive_post_parameters()], name="dispatch")
class Reference(View):
    http_method_names = ["get", "head", "post"]

    def dispatch(self, request, token):
        self.asked = references.by_token(token)
        _refuse_insiders(request, self.asked)
        response = super().dispatch(request, token)
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Referrer-Policy"] = "same-origin"  # nothing to other hosts; "no-referrer" would make Origin null
        return response

    def get(self, request, token):
        return self._page(ReferenceForm())

    def post(self, request, token):
        form = ReferenceForm(request.POST)
        if not form.is_valid():
            return self._page(form, 422)
        data = form.cleaned_data
        if data["can_give"] == "no":
            references.decline(token=token, reason=data["reason"])
        else:
            references.answer(token=token, data=form.said(), shareable=data["shareable"])
        return render(request, "volunteers/reference_done.html")

    def _page(self, form, status=200):
        application = self.asked.application
        context = {"form": form, "applicant": application.person.full_name, "role": application.role}
        return render(self.request, "volunteers/reference.html", context, status=status)
