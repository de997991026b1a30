"""What anybody may read and answer before he has an account."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from volunteers.forms.eligibility import EligibilityForm, in_current_language
from volunteers.forms.outreach import InterestForm
from volunteers.models import ProgrammeRole
from volunteers.services import outreach

# What a page of a role tells, in this order: key in `ProgrammeRole.texts`, heading.
LISTS = [
    ("benefits", _("What it gives you")),
    ("demands", _("What we ask of you")),
    ("checked", _("What we check, and why")),
    ("disqualifiers", _("Who cannot be accepted")),
]


INVITATION_KEY = "invitation"  # where the session remembers by which invitation somebody came


def eligible_key(role: ProgrammeRole) -> str:
    """Where the session remembers that the questions for `role` were answered well; the answers themselves it does not."""
    return f"eligible_for:{role.code}"


@login_not_required
@require_safe
def roles(request: HttpRequest) -> HttpResponse:
    return render(request, "volunteers/roles.html", {"roles": ProgrammeRole.objects.filter(is_open=True)})


@login_not_required
@require_safe
def role_detail(request: HttpRequest, code: str) -> HttpResponse:
    role = get_object_or_404(ProgrammeRole, code=code)
    lists = [(key, heading, in_current_language(role.texts[key])) for key, heading in LISTS if role.texts.get(key)]
    time = in_current_language(role.texts["time"]) if role.texts.get("time") else ""
    form = InterestForm(initial={"role": role.code}) if role.is_open else None
    return render(request, "volunteers/role.html", {"role": role, "lists": lists, "time": time, "interest": form})


@method_decorator(login_not_required, name="dispatch")
class Eligibility(View):
    """Judges and forgets: answers come by POST, so that no address, history or server log keeps them."""

    http_method_names = ["get", "head", "post"]

    def get(self, request, code):
        return self._page(request, code, EligibilityForm())

    def post(self, request, code):
        form = EligibilityForm(request.POST)
        if not form.is_valid():
            return self._page(request, code, form)
        role = self._role(code)
        if stops := form.stops():
            return render(request, "volunteers/not_eligible.html", {"role": role, "stops": stops})
        request.session[eligible_key(role)] = True
        start = reverse("apply_start", args=[code])
        return redirect(start if request.user.is_authenticated else f"{reverse('account_signup')}?next={start}")

    def _page(self, request, code, form):
        return render(request, "volunteers/eligibility.html", {"role": self._role(code), "form": form})

    def _role(self, code) -> ProgrammeRole:
        return get_object_or_404(ProgrammeRole, code=code, is_open=True)


@method_decorator([login_not_required, never_cache], name="dispatch")
class Interest(View):
    """ "I am interested": name and phone for a call back, so many an hour from one address."""

    http_method_names = ["get", "head", "post"]

    def get(self, request):
        return render(request, "volunteers/interest.html", {"form": InterestForm()})

    def post(self, request):
        form = InterestForm(request.POST)
        if not form.is_valid():
            return render(request, "volunteers/interest.html", {"form": form}, status=422)
        outreach.ask_for_call(language=get_language() or "kk", **form.cleaned_data)
        messages.success(request, _("Thank you. The coordinator of your district will call you."))
        return redirect("roles")


@method_decorator([login_not_required, never_cache], name="dispatch")
class Invitation(View):
    """The link of an invitation: opening it changes nothing; whoever goes on is remembered until he applies."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request, token):
        self.invitation = outreach.by_token(token)
        response = super().dispatch(request, token)
        response["X-Robots-Tag"] = "noindex, nofollow"
        response["Referrer-Policy"] = "same-origin"  # nothing to other hosts; "no-referrer" would make Origin null
        return response

    def get(self, request, token):
        return render(request, "volunteers/invitation.html", {"invitation": self.invitation})

    def post(self, request, token):
        request.session[INVITATION_KEY] = str(self.invitation.uuid)
        return redirect("role_detail", self.invitation.role.code)
