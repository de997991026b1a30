"""Somebody approved applies again: to go on after his term, or in another role."""

from __future__ import annotations

from django.shortcuts import get_object_or_404, redirect, render
from django.views import View

from volunteers.models import Person, ProgrammeRole
from volunteers.services import answers, renewal, terms


class MyRenewal(View):
    """What a renewal asks for, and its beginning."""

    http_method_names = ["get", "head", "post"]

    def get(self, request):
        person = get_object_or_404(Person, user=request.user)
        return render(request, "volunteers/renewal.html", {"opens_on": terms.renewal_opens_on(person)})

    def post(self, request):
        application = renewal.start_renewal(by=request.user)
        return redirect("apply_step", application.uuid, answers.steps_of(application)[0])


class MyRoleChange(View):
    http_method_names = ["get", "head", "post"]

    def get(self, request, code):
        get_object_or_404(Person, user=request.user)
        role = get_object_or_404(ProgrammeRole, code=code, is_open=True)
        return render(request, "volunteers/role_change.html", {"role": role})

    def post(self, request, code):
        role = get_object_or_404(ProgrammeRole, code=code, is_open=True)
        application = renewal.start_role_change(by=request.user, role=role)
        return redirect("apply_step", application.uuid, answers.steps_of(application)[0])
