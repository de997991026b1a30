"""Requests of schools: the coordinator's list, one of them with what he decides, and the plan of its sessions."""

from __future__ import annotations

from typing import NamedTuple

from django.contrib import messages
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import states
from events.filters import RequestFilter, request_tabs
from events.forms import BeginForm, DeclineForm, HandRequestForm, PlanForm, QuestionForm
from events.models import SchoolSession, SessionRequest
from events.services import requests
from events.services.session_templates import STAFFING, templates_for
from events.staff.pages import AskOnce
from portal import access, audit, moves
from portal.models import User
from portal.staff import StaffAction, StaffDetail, StaffList

STAFF = "session.internal"  # the page permission of coordinators and leads; which rows: `visible_to`
TEMPLATE = "events/staff_request.html"


class Tab(NamedTuple):
    name: str
    title: str
    count: int
    current: bool


class StaffRequests(StaffList):
    """New ones first, the longest waiting on top."""

    permission = STAFF
    model = SessionRequest
    filterset_class = RequestFilter
    template_name = "events/staff_requests.html"

    def get_queryset(self):
        order = "-state_since" if self.request.GET.get("tab") == "all" else "state_since"
        return rows_of(self.request.user).order_by(order, "pk")

    def get_filterset_kwargs(self, filterset_class):
        return super().get_filterset_kwargs(filterset_class) | {"data": self.request.GET}  # also when it is empty

    def get_context_data(self, **kwargs):
        return super().get_context_data(tabs=self._tabs(), **kwargs)

    def _tabs(self) -> list[Tab]:
        """Each with its number, counted in one query."""
        parts = request_tabs(self.request.user)
        counts = {f"tab_{name}": Count("pk", filter=condition) for name, (_title, condition) in parts.items()}
        found = rows_of(self.request.user).order_by().aggregate(**counts)
        chosen = self.request.GET.get("tab", "")
        return [Tab(name, title, found[f"tab_{name}"], name == chosen) for name, (title, _condition) in parts.items()]


def rows_of(user: User):
    """What `user` sees at this desk: drafts are the schools', also of a coordinator who is a contact person too."""
    return SessionRequest.objects.visible_to(user).exclude(state=states.RequestState.DRAFT).for_rows()


def context(asked: SessionRequest, by: User, **bound) -> dict:
    """The page of one request; `bound` forms (by the name of their move) take the place of empty ones."""
    entries = list(audit.history(asked))
    labels = dict(states.RequestState.choices)
    for entry in entries:
        entry.action = states.REQUEST_IN_THE_LOG.get(entry.action, entry.action)
        entry.state_from, entry.state_to = (labels.get(state, state) for state in (entry.state_from, entry.state_to))
    open_moves = {move.name for move in moves.open_to(states.REQUEST_MOVES, asked, by)}
    hands = asked.state in states.ACTIVE and access.allows(by, "request.decide", asked.reach)
    return {
        "asked": asked,
        "thread": asked.messages.select_related("author"),
        "sessions": asked.sessions.order_by("starts_at"),
        "moves": open_moves | ({"hand_request"} if hands else set()),
        "ask_school": bound.get("ask_school") or QuestionForm(auto_id="ask_%s"),
        "decline": bound.get("decline") or DeclineForm(auto_id="decline_%s"),
        "hand": bound.get("hand_request") or HandRequestForm(asked=asked, auto_id="hand_%s"),
        "wrong": {name for name, form in bound.items() if form.errors},
        "timeline": entries,
    }


class StaffRequest(StaffDetail):
    permission = STAFF
    model = SessionRequest
    template_name = TEMPLATE

    def get_queryset(self):
        return rows_of(self.request.user)

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | context(self.object, self.request.user)


class RequestAction(StaffAction):
    """A move of a request. A form with errors shows the page of the request again, with status 422."""

    permission = "request.decide"
    model = SessionRequest
    noun = "request"
    move = ""

    def record(self):
        return get_object_or_404(rows_of(self.request.user), uuid=self.kwargs["uuid"])

    def page(self, record):
        return reverse("staff_request", args=[record.uuid])

    def get_form(self, record):
        return self.form_class(self.request.POST, auto_id=f"{self.move}_%s")

    def form_invalid(self, record, form):
        shown = context(record, self.request.user, **{self.move: form})
        return TemplateResponse(self.request, TEMPLATE, shown, status=422)


class RequestAccept(RequestAction):
    move = "accept"
    service = staticmethod(requests.accept_request)
    done = gettext_lazy("Accepted: the request is yours. Plan the sessions next.")


class RequestAsk(RequestAction):
    move = "ask_school"
    form_class = QuestionForm
    service = staticmethod(requests.ask_school)
    done = gettext_lazy("The question is on its way to the school.")


class RequestDecline(RequestAction):
    move = "decline"
    form_class = DeclineForm
    service = staticmethod(requests.decline_request)
    done = gettext_lazy("Declined: the school reads your reason in a letter.")


class RequestHand(RequestAction):
    move = "hand_request"
    form_class = HandRequestForm
    service = staticmethod(requests.hand_request)
    done = gettext_lazy("Handed over.")

    def get_form(self, record):
        return self.form_class(self.request.POST, asked=record, auto_id="hand_%s")


class RequestPlan(AskOnce):
    """The sessions of an accepted request on a page of their own, filled in as the school asked: `?window=2` begins
    with the second of its times. How many mentors and adults is as in the first of `templates_for` its topic, or as in the
    template that `?template=` names. Whoever may not plan it now is led to the page of the request."""

    form_class = PlanForm
    template_name = "events/staff_request_plan.html"
    skipped = ()

    @cached_property
    def asked(self) -> SessionRequest:
        return get_object_or_404(rows_of(self.request.user), uuid=self.kwargs["uuid"])

    def get(self, request, *args, **kwargs):
        if states.SCHEDULE not in moves.open_to(states.REQUEST_MOVES, self.asked, request.user):
            return redirect("staff_request", self.asked.uuid)
        return super().get(request, *args, **kwargs)

    @cached_property
    def begin(self) -> tuple:
        """The form by which another template is chosen, and the template."""
        offered = templates_for(self.asked.topic, self.asked.school.district, self.request.user)
        return BeginForm.asked(self.request.GET, offered, usual=offered.first())

    def get_initial(self):
        _form, template = self.begin
        return {name: getattr(template, name) for name in STAFFING} if template else {}

    def get_form_kwargs(self):
        kwargs = super().get_form_kwargs() | {"asked": self.asked}
        del kwargs["by"]
        return kwargs if self.request.method == "POST" else kwargs | {"proposed": self._proposed()}

    def _proposed(self) -> list[SchoolSession]:
        windows = {str(number): window for number, window in enumerate(self.asked.windows.all(), start=1)}
        rows = requests.suggest(self.asked, windows.get(self.request.GET.get("window", "")))
        proposed = [row.session for row in rows if row.ok]
        self.skipped = [row for row in rows if not row.ok] if proposed else ()
        return proposed

    def done(self, form):
        published = self.request.POST.get("then") != "keep"
        requests.schedule_request(
            request=self.asked, sessions=form.cleaned_data["sessions"], by=self.request.user, published=published
        )
        text = _("The sessions are published, and the school has the days in a letter.")
        draft = _("The sessions are kept as drafts, and the school has the days in a letter.")
        messages.success(self.request, text if published else draft)
        return redirect("staff_request", self.asked.uuid)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(asked=self.asked, **kwargs)  # makes the form, which finds what is skipped
        begin, template = self.begin
        return context | {"skipped": self.skipped, "begin": begin, "template": template}
