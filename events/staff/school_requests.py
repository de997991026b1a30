"""The school's own requests: written, sent, answered, withdrawn."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import ListView

from events import states
from events.forms import AnswerForm, RequestForm
from events.models import SessionRequest
from events.services import requests
from events.services.requests.rules import too_many, why_not_send
from events.services.requests.writing import lock_school
from events.staff.pages import PlanPage
from portal import moves
from portal.models import User
from portal.staff import NearestPage, StaffAction, StaffDetail, StaffView

WRITES = "request.write"
TEMPLATE = "events/school_request.html"
SENT = gettext_lazy("The request is sent. The coordinator answers by letter.")


def own_requests(user: User):
    return SessionRequest.objects.written_for(user).for_rows()


class SchoolRequests(NearestPage, StaffView, ListView):
    permission = WRITES
    template_name = "events/school_requests.html"
    paginate_by = 20

    def get_queryset(self):
        return own_requests(self.request.user).order_by("-created_at", "-pk")


def context(asked: SessionRequest, by: User, answer: AnswerForm | None = None) -> dict:
    """The page of one request for the school that wrote it."""
    draft = asked.state == states.RequestState.DRAFT
    return {
        "asked": asked,
        "thread": asked.messages.select_related("author"),
        "sessions": asked.sessions.order_by("starts_at"),
        "moves": {move.name for move in moves.open_to(states.REQUEST_MOVES, asked, by)},
        "editable": asked.state in states.EDITABLE,
        "reasons": why_not_send(asked) if draft else [],
        "answer": answer or AnswerForm(),
    }


class SchoolRequest(StaffDetail):
    permission = WRITES
    model = SessionRequest
    template_name = TEMPLATE

    def get_queryset(self):
        return own_requests(self.request.user)

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | context(self.object, self.request.user)


class RequestNew(PlanPage):
    """The form of a request. It is kept as a draft, and with the button "send" sent as well."""

    permission = WRITES
    form_class = RequestForm
    template_name = "events/school_request_form.html"
    asked = None  # what is changed

    def get_form_kwargs(self):
        sending = self.request.POST.get("then") == "send"
        return super().get_form_kwargs() | {"instance": self.asked, "sending": sending}

    def done(self, form):
        kept = requests.keep_request(request=form.asked, windows=form.windows, by=self.request.user)
        if form.sending:
            requests.submit_request(request=kept, by=self.request.user)
        messages.success(self.request, SENT if form.sending else _("It is kept."))
        return redirect("school_request", kept.uuid)

    def get_context_data(self, **kwargs):
        """A new form says at once if the school may ask for no more."""
        context = super().get_context_data(asked=self.asked, **kwargs)
        schools = context["form"].schools
        if not (self.asked or context["form"].is_bound) and len(schools) == 1:
            context["reasons"] = too_many(schools[0])
        return context


@method_decorator(transaction.atomic, name="post")
class RequestEdit(RequestNew):
    """Of a draft, or while the coordinator asks. At any other time he is led to the page of the request."""

    @cached_property
    def asked(self):
        """The school is locked while he writes: what the form compares with stands until it is saved."""
        rows = own_requests(self.request.user).filter(uuid=self.kwargs["uuid"])
        if self.request.method == "POST":
            lock_school(get_object_or_404(rows).school_id)
        return get_object_or_404(rows)

    def get(self, request, *args, **kwargs):
        if self.asked.state not in states.EDITABLE:
            return redirect("school_request", self.asked.uuid)
        return super().get(request, *args, **kwargs)


class OwnRequestAction(StaffAction):
    permission = WRITES
    model = SessionRequest
    noun = "request"

    def record(self):
        return get_object_or_404(own_requests(self.request.user), uuid=self.kwargs["uuid"])

    def page(self, record):
        return reverse("school_request", args=[record.uuid])


class RequestSend(OwnRequestAction):
    service = staticmethod(requests.submit_request)
    done = SENT


class RequestAnswer(OwnRequestAction):
    form_class = AnswerForm
    service = staticmethod(requests.answer_request)
    done = gettext_lazy("Your answer is sent.")

    def get_form(self, record):
        return self.form_class(self.request.POST)

    def form_invalid(self, record, form):
        shown = context(record, self.request.user, form)
        return TemplateResponse(self.request, TEMPLATE, shown, status=422)


class RequestWithdraw(OwnRequestAction):
    service = staticmethod(requests.withdraw_request)
    done = gettext_lazy("The request is withdrawn.")


class RequestDiscard(OwnRequestAction):
    """Throws a draft away. A second press finds nothing any more and shows the list as well."""

    def post(self, request, *args, **kwargs):
        if asked := own_requests(request.user).filter(uuid=self.kwargs["uuid"]).first():
            requests.discard_request(request=asked, by=request.user)
        messages.success(request, _("The draft is deleted."))
        return redirect("school_requests")
