"""The self-declaration: ten questions, sent once, read by the safeguarding lead only and never shown back."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from volunteers.forms.words import DisclosureForm
from volunteers.models import Person
from volunteers.services import disclosures
from volunteers.states import CheckState


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class MyDisclosure(View):
    """Where one was sent already, the form opens with `?new=1`: something has changed."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request):
        self.person = get_object_or_404(Person, user=request.user)
        self.check = disclosures.open_check(self.person)
        if self.check is None:
            raise Http404
        return super().dispatch(request)

    def get(self, request):
        asked = self.check.state == CheckState.REQUESTED or "new" in request.GET
        return self._page(DisclosureForm(person=self.person) if asked else None)

    def post(self, request):
        form = DisclosureForm(request.POST, person=self.person)
        if not form.is_valid():
            return self._page(form, 422)
        signed_name = form.cleaned_data["signed_name"]
        disclosures.disclose(check=self.check, by=request.user, answers=form.answers(), signed_name=signed_name)
        messages.success(
            request, _("Thank you. Your declaration has reached the person responsible for the safety of children.")
        )
        return redirect("my_home")

    def _page(self, form, status=200):
        context = {"check": self.check, "form": form}
        return render(self.request, "volunteers/disclosure.html", context, status=status)
