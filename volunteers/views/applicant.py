"""The application, one idea per page: begin, fill in, look through, send, confirm the contact, withdraw."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_http_methods

from portal.refusals import Refused
from volunteers.forms.applicant import ContactCodeForm, WithdrawForm
from volunteers.forms.steps import FORMS
from volunteers.forms.summary import read_out
from volunteers.models import Application, ProgrammeRole
from volunteers.services import answers, applications, guards, information, outreach, own
from volunteers.states import WITHDRAW, ApplicationState
from volunteers.views.public import INVITATION_KEY, eligible_key

REVIEW = "review"


def own_application(request: HttpRequest, uuid) -> Application:
    """One's own application, whatever roles one holds besides; another's is a 404."""
    own = Application.objects.visible_to(request.user).filter(person__user=request.user)
    return get_object_or_404(own.select_related("person__user", "role", "policy"), uuid=uuid)


class ApplyStart(View):
    """Only after the questions of eligibility; the page says what to have at hand, the button opens a draft."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request, code):
        self.role = get_object_or_404(ProgrammeRole, code=code, is_open=True)
        if not request.session.get(eligible_key(self.role)):
            return redirect("eligibility", code)
        return super().dispatch(request, code)

    def get(self, request, code):
        return render(request, "volunteers/apply_start.html", {"role": self.role})

    def post(self, request, code):
        application = applications.start(by=request.user, role=self.role)
        del request.session[eligible_key(self.role)]
        if invitation := request.session.pop(INVITATION_KEY, None):
            outreach.accept(invitation_uuid=invitation, application=application, by=request.user)
        return redirect("apply_step", application.uuid, answers.steps_of(application)[0])


@method_decorator(transaction.atomic, name="post")
class ApplyStep(View):
    """One step of the draft; or, after the sending, one of the steps that a coordinator asks for (`views.answering`)."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request, uuid, step):
        self.application = own_application(request, uuid)
        self.answering = own.stage(self.application) == ApplicationState.MORE_INFO
        order = answers.steps_of(self.application)
        self.order = list(FORMS) if self.answering else [*order, REVIEW]
        if step not in self.order:
            raise Http404
        return super().dispatch(request, uuid, step)

    def get(self, request, uuid, step):
        if self.answering:
            if not self._asked(step):
                return redirect("apply_answer", uuid)
        elif self.application.state != ApplicationState.DRAFT:
            return redirect("my_home")
        draft = answers.read(self.application)
        if step == REVIEW:
            reasons = answers.unfinished(self.application)
            return self._page("volunteers/apply_review.html", step, sections=read_out(draft), reasons=reasons)
        return self._form(step, self._filled(step, draft))

    def post(self, request, uuid, step):
        if step == REVIEW:
            return redirect("apply_step", uuid, REVIEW)
        if grown := FORMS[step].with_one_more(request.POST, self.application):
            return self._form(step, grown)
        self.application = guards.lock_application(
            self.application, request.user
        )  # what stands now stands until it is saved
        form = self._filled(step, answers.read(self.application), request.POST)
        if not form.is_valid():
            return self._form(step, form)
        applications.save_draft(application=self.application, by=request.user, answers={step: form.answers()})
        messages.success(request, _("Saved. You can stop here and come back any day: your answers stay."))
        return redirect(*self._next(step, form))

    def _filled(self, step: str, draft: dict, data=None):
        saved = FORMS[step].from_draft(self.application, draft.get(step, {}))
        return FORMS[step](data, initial=saved, application=self.application)

    def _next(self, step: str, form) -> tuple:
        uuid = self.application.uuid
        if form.asks_back():
            return "apply_step", uuid, step
        if self.answering:
            return "apply_answer", uuid
        self.application.refresh_from_db()
        ready = not answers.unfinished(self.application)
        return "apply_step", uuid, REVIEW if ready else self.order[self.order.index(step) + 1]

    def _asked(self, step: str) -> list[dict]:
        request = answers.asked(self.application)
        return [item for item in request.items if item["step"] == step] if request else []

    def _form(self, step: str, form) -> HttpResponse:
        own_words = step == answers.QUESTION  # then they stand at their fields
        asked = [] if own_words or not self.answering else [item["text"] for item in self._asked(step)]
        return self._page("volunteers/apply_step.html", step, form=form, asked=list(filter(None, asked)))

    def _page(self, template: str, step: str, **context) -> HttpResponse:
        title = information.label(step) if step != REVIEW else _("Look through and send")
        context |= {"application": self.application, "step": step, "title": title}
        return render(self.request, template, context if self.answering else context | self._place(step))

    def _place(self, step: str) -> dict:
        """Where the step stands among the others."""
        number = self.order.index(step)
        labels = [*(answers.STEPS[one] for one in self.order[:-1]), _("Look through and send")]
        states = ["done"] * number + ["now"] + ["later"] * (len(self.order) - number - 1)
        return {
            "number": number + 1,
            "back": self.order[number - 1] if number else "",
            "steps": [{"label": label, "state": state} for label, state in zip(labels, states, strict=True)],
        }


@require_http_methods(["GET", "HEAD", "POST"])
def apply_send(request: HttpRequest, uuid) -> HttpResponse:
    """Sends on POST. Who comes by GET, say after signing in again, looks through his answers first."""
    application = own_application(request, uuid)
    if request.method != "POST":
        return redirect("apply_step", uuid, REVIEW)
    if application.state == ApplicationState.DRAFT and (reasons := answers.unfinished(application)):
        messages.warning(request, reasons[0].text)
        return redirect(reasons[0].url)
    applications.send(application=application, by=request.user)
    return redirect("apply_confirm", uuid)


class ApplyConfirm(View):
    """The code from the letter. A wrong one is explained at the field."""

    http_method_names = ["get", "head", "post"]

    def get(self, request, uuid):
        application = own_application(request, uuid)
        if application.state != ApplicationState.UNCONFIRMED:
            return redirect("my_home")
        return self._page(application, ContactCodeForm())

    def post(self, request, uuid):
        application = own_application(request, uuid)
        form = ContactCodeForm(request.POST)
        if not form.is_valid():
            return self._page(application, form)
        try:
            applications.confirm_contact(application=application, by=request.user, code=form.cleaned_data["code"])
        except Refused as refusal:
            for reason in refusal.reasons:
                form.add_error("code", reason.text)
            return self._page(application, form, refusal.status)
        messages.success(request, _("Thank you. Your application has reached the coordinator."))
        return redirect("my_home")

    def _page(self, application, form, status=200) -> HttpResponse:
        context = {"application": application, "form": form, "person": application.person}
        return render(self.request, "volunteers/apply_confirm.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def apply_code(request: HttpRequest, uuid) -> HttpResponse:
    application = own_application(request, uuid)
    if request.method != "POST":
        return redirect("apply_confirm", uuid)
    applications.send_code(application=application, by=request.user)
    messages.success(request, _("A new code is on its way. The former one no longer works."))
    return redirect("apply_confirm", uuid)


class ApplyWithdraw(View):
    """Asks once more, then ends the application."""

    http_method_names = ["get", "head", "post"]

    def get(self, request, uuid):
        application = own_application(request, uuid)
        if application.state not in WITHDRAW.sources:
            return redirect("my_home")
        return render(request, "volunteers/apply_withdraw.html", {"application": application, "form": WithdrawForm()})

    def post(self, request, uuid):
        application, form = own_application(request, uuid), WithdrawForm(request.POST)
        if not form.is_valid():
            return render(request, "volunteers/apply_withdraw.html", {"application": application, "form": form})
        applications.withdraw(application=application, by=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, _("You withdrew your application. You may apply again at any time."))
        return redirect("my_home")
