"""The coordinator's sessions: lists, one of them, planning."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Q
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView

from events import services, states
from events.filters import SessionFilter, StaffSessionFilter
from events.forms import AdultForm, ReasonForm, SessionForm
from events.models import SchoolSession
from events.services.guards import too_few_adults
from events.services.needs import districts_in_need, need_of
from events.staff.base import SessionAction, visits_of, with_visits
from portal import access
from portal.models import LogEntry
from portal.staff import StaffDetail, StaffList, StaffView


class StaffSessions(StaffList):
    permission = "session.view"
    model = SchoolSession
    filterset_class = StaffSessionFilter
    template_name = "events/staff_sessions.html"

    def get_queryset(self):
        return super().get_queryset().for_cards().nearest_first()

    def get_context_data(self, **kwargs):
        may_plan = access.has_role(self.request.user, *access.PERMISSIONS["session.plan"])
        return super().get_context_data(may_plan=may_plan, **kwargs)


class StaffNeeds(StaffList):
    """What the coming sessions lack, the most urgent first."""

    permission = "session.view"
    model = SchoolSession
    filterset_class = SessionFilter
    template_name = "events/staff_needs.html"

    def get_queryset(self):
        self.now = timezone.now()
        return super().get_queryset().for_cards().in_need(self.now)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context["needs"] = [need_of(session, self.now) for session in context["object_list"]]
        context["districts"] = districts_in_need(self.get_queryset(), self.now)
        return context


class StaffSession(StaffDetail):
    permission = "session.view"
    model = SchoolSession
    template_name = "events/staff_session.html"
    context_object_name = "session"

    def get_queryset(self):
        return with_visits(super().get_queryset())

    def get_context_data(self, **kwargs):
        context, session, user = super().get_context_data(**kwargs), self.object, self.request.user
        internal = access.allows(user, "session.internal", session.reach)
        context["row"] = visits_of([session], user, internal=internal)[0]
        holding = [booking.person for booking in session.shown if booking.holds]
        context["at_risk"] = too_few_adults(session, holding) if session.state == states.SessionState.PUBLISHED else []
        context["timeline"] = self._timeline(session) if internal else None
        return context

    @staticmethod
    def _timeline(session: SchoolSession):
        bookings = [str(booking.pk) for booking in session.shown]
        own = Q(model="events.SchoolSession", object_id=str(session.pk))
        entries = LogEntry.objects.filter(own | Q(model="events.Booking", object_id__in=bookings), kind="change")
        for entry in entries:
            entry.action = states.IN_THE_LOG.get(entry.action, entry.action)
            entry.state_from, entry.state_to = states.in_words(entry.state_from), states.in_words(entry.state_to)
            yield entry


class StaffSessionNew(StaffView, FormView):
    permission = "session.plan"
    form_class = SessionForm
    template_name = "events/staff_session_new.html"

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "by": self.request.user}

    def form_valid(self, form):
        session = services.plan_session(session=form.session, by=self.request.user)
        messages.success(self.request, _("The session is planned. Mentors see it when you publish it."))
        return redirect("staff_session", session.uuid)


class SessionPublish(SessionAction):
    permission = "session.plan"

    def act(self, record, data):
        services.publish(session=record, by=self.request.user)
        messages.success(self.request, _("The session is published."))


class SessionNameAdult(SessionAction):
    form_class = AdultForm
    title, move = gettext_lazy("Name the adult"), "name_adult"

    def act(self, record, data):
        services.name_adult(session=record, by=self.request.user, **data)
        messages.success(self.request, _("The adult is named. You can confirm the visits now."))


class SessionCancel(SessionAction):
    permission = "session.cancel"
    form_class = ReasonForm
    title, move = gettext_lazy("Cancel the session"), "cancel_session"

    def act(self, record, data):
        services.cancel_session(session=record, by=self.request.user, **data)
        messages.success(self.request, _("The session is cancelled. Everybody who was booked has been told."))
