"""The applicant's answers when the case waits for him: what was asked, a notice of refusal, a refusal, silence, a deferral."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_http_methods

from volunteers.forms.words import ObjectionForm
from volunteers.services import answers, information, objections, own, silence
from volunteers.states import ANSWER, ANSWER_NOTICE, APPEAL
from volunteers.views.applicant import own_application


class ApplyAnswer(View):
    """What a coordinator asks for, each thing with the way to its form; sent together."""

    http_method_names = ["get", "head", "post"]

    def get(self, request, uuid):
        application = own_application(request, uuid)
        if own.stage(application) not in ANSWER.sources:
            return redirect("my_home")
        asked = answers.asked(application)
        missing = {reason.code.split(":")[1] for reason in information.unanswered(application)}
        items = [
            {**item, "label": information.label(item["step"]), "done": item["step"] not in missing}
            for item in (asked.items if asked else [])
        ]
        context = {"application": application, "items": items, "ready": not missing}
        return render(request, "volunteers/apply_answer.html", context)

    def post(self, request, uuid):
        information.answer(application=own_application(request, uuid), by=request.user)
        messages.success(request, _("Thank you. Your answer has reached us."))
        return redirect("my_home")


class _Objection(View):
    """The reasons that he may read, and a form for his words."""

    http_method_names = ["get", "head", "post"]
    move = name = thanks = still_open = None

    def get(self, request, uuid):
        application = own_application(request, uuid)
        decision = objections.refusal_of(application)
        if own.stage(application) not in self.move.sources or not (decision and self.still_open(decision)):
            return redirect("my_home")
        return self._page(application, ObjectionForm())

    def post(self, request, uuid):
        application, form = own_application(request, uuid), ObjectionForm(request.POST)
        if not form.is_valid():
            return self._page(application, form, 422)
        self.send(application, form.cleaned_data["text"])
        messages.success(request, self.thanks)
        return redirect("my_home")

    def _page(self, application, form, status=200) -> HttpResponse:
        decision = objections.refusal_of(application)
        context = {
            "form": form,
            "move": self.move,
            "decision": decision,
            "reasons": objections.told_reasons(decision) if decision else [],
        }
        return render(self.request, f"volunteers/{self.name}.html", context, status=status)


class ApplyNotice(_Objection):
    move, name, still_open = ANSWER_NOTICE, "apply_notice", staticmethod(objections.may_answer)

    @property
    def thanks(self):
        return _("Thank you. Your answer has reached us.")

    def send(self, application, text):
        objections.answer_notice(application=application, by=self.request.user, text=text)


class ApplyAppeal(_Objection):
    move, name, still_open = APPEAL, "apply_appeal", staticmethod(objections.may_appeal)

    @property
    def thanks(self):
        return _("Thank you. Somebody who had no part in the decision will look at it and write to you.")

    def send(self, application, text):
        objections.appeal(application=application, by=self.request.user, text=text)


@require_http_methods(["GET", "HEAD", "POST"])
def apply_reopen(request: HttpRequest, uuid) -> HttpResponse:
    """Takes up an application that was closed for silence."""
    application = own_application(request, uuid)
    if request.method == "POST":
        silence.reopen(application=application, by=request.user)
        messages.success(request, _("Your application is open again."))
    return redirect("my_home")


@require_http_methods(["GET", "HEAD", "POST"])
def apply_continue(request: HttpRequest, uuid) -> HttpResponse:
    """Goes on after a deferral."""
    application = own_application(request, uuid)
    if request.method == "POST":
        silence.resume(application=application, by=request.user)
        messages.success(request, _("Thank you. Your application goes on."))
    return redirect("my_home")
