"""A text that a mentor reads and accepts."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views import View

from volunteers.models import Person
from volunteers.services import agreements


class MyAgreement(View):
    """The version of a text that he is to accept now, and his acceptance of it."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request, code):
        mentors = Person.objects.filter(approvals__isnull=False).distinct()
        self.person = get_object_or_404(mentors, user=request.user)
        self.version = agreements.version_to_read(self.person, code)
        if self.version is None or code not in agreements.demanded_codes() | {agreements.MENTOR_AGREEMENT}:
            raise Http404
        return super().dispatch(request, code)

    def get(self, request, code):
        return render(request, "volunteers/agreement.html", {"version": self.version})

    def post(self, request, code):
        agreements.accept_agreement(
            person=self.person, version=self.version, by=request.user, language=get_language() or "kk"
        )
        messages.success(request, _("Thank you. Your acceptance is recorded."))
        return redirect("my_home")
