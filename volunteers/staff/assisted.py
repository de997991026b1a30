"""A coordinator types an application for somebody who then confirms it himself."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, View

from portal.refusals import Reason
from portal.staff import StaffAction, StaffView
from volunteers.forms.assisted import AssistAboutForm, AssistForm
from volunteers.forms.steps import FORMS
from volunteers.forms.summary import read_out
from volunteers.models import Application
from volunteers.services import answers, assisted, guards
from volunteers.states import UNSEEN_BY_STAFF, ApplicationState

REVIEW = "review"


def _typed(user):
    """What `user` types for others and the candidates have not confirmed yet."""
    rows = Application.objects.visible_to(user).filter(assisted_by=user, state__in=UNSEEN_BY_STAFF)
    return rows.select_related("person__district", "role", "policy").order_by("-created_at")


@method_decorator(sensitive_post_parameters(), name="dispatch")
class AssistNew(StaffView, FormView):
    """The questions of eligibility, judged and forgotten as everywhere; below, what waits for candidates."""

    permission = assisted.PERMISSION
    form_class = AssistForm
    template_name = "volunteers/staff/assist_new.html"

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"user": self.request.user}

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {"typed": _typed(self.request.user)}

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form):
        if stops := form.stops():
            reasons = [Reason(code, text) for code, text in stops]
            return self.render_to_response(self.get_context_data(form=form, reasons=reasons), status=422)
        chosen = {name: form.cleaned_data[name] for name in ("role", "district")}
        application = assisted.start(by=self.request.user, **chosen)
        return redirect("staff_assist_step", application.uuid, answers.steps_of(application)[0])


@method_decorator(sensitive_post_parameters(), name="dispatch")
@method_decorator(transaction.atomic, name="post")
class AssistStep(StaffView, View):
    """One step of the draft, by the same forms as the applicant's, and the review before it goes to the candidate."""

    permission = assisted.PERMISSION
    http_method_names = ["get", "head", "post"]

    def dispatch(self, request, *args, **kwargs):
        self.step = kwargs["step"]
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def application(self) -> Application:
        application = get_object_or_404(_typed(self.request.user), uuid=self.kwargs["uuid"])
        if self.step not in self.order_of(application):
            raise Http404
        return application

    @staticmethod
    def order_of(application: Application) -> list[str]:
        return [*answers.steps_of(application), REVIEW]

    def get(self, request, *args, **kwargs):
        if self.application.state != ApplicationState.DRAFT:
            return redirect("staff_assist_new")
        draft = answers.read(self.application)
        if self.step == REVIEW:
            return self._page(sections=read_out(draft, for_staff=True), reasons=assisted.unfinished(self.application))
        return self._page(form=self._form(draft))

    def post(self, request, *args, **kwargs):
        uuid = self.application.uuid
        if self.step == REVIEW:
            return redirect("staff_assist_step", uuid, REVIEW)
        if grown := FORMS[self.step].with_one_more(request.POST, self.application):
            return self._page(form=grown)
        self.application = guards.lock_application(
            self.application, request.user
        )  # what stands now stands until it is saved
        form = self._form(answers.read(self.application), request.POST)
        if not form.is_valid():
            return self._page(422, form=form)
        assisted.save_draft(application=self.application, by=request.user, answers={self.step: form.answers()})
        order = self.order_of(self.application)
        following = self.step if form.asks_back() else order[order.index(self.step) + 1]
        return redirect("staff_assist_step", uuid, following)

    def _form(self, draft: dict, data=None):
        saved = FORMS[self.step].from_draft(self.application, draft.get(self.step, {}))
        if self.step == "about":
            return AssistAboutForm(data, initial=saved, application=self.application, user=self.request.user)
        return FORMS[self.step](data, initial=saved, application=self.application)

    def _page(self, status: int = 200, **context) -> TemplateResponse:
        order = self.order_of(self.application)
        number = order.index(self.step)
        labels = [*(answers.READ_BY_STAFF[one] for one in order[:-1]), _("Look through and send")]
        states = ["done"] * number + ["now"] + ["later"] * (len(order) - number - 1)
        context |= {
            "application": self.application,
            "step": self.step,
            "title": labels[number],
            "number": number + 1,
            "back": order[number - 1] if number else "",
            "steps": [{"label": label, "state": state} for label, state in zip(labels, states, strict=True)],
        }
        template = "volunteers/staff/assist_review.html" if self.step == REVIEW else "volunteers/staff/assist_step.html"
        return TemplateResponse(self.request, template, context, status=status)


class AssistSend(StaffAction):
    permission = assisted.PERMISSION
    noun = "application"
    done = _("The link is on its way to the person. The application comes to the queue once the person confirms it.")
    service = staticmethod(assisted.send)

    def record(self):
        return get_object_or_404(_typed(self.request.user), uuid=self.kwargs["uuid"])

    def page(self, record):
        return reverse("staff_assist_new")


class AssistResend(AssistSend):
    done = _("A new link is on its way. The former one no longer works.")
    service = staticmethod(assisted.resend)
