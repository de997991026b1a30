"""The coordinator's sessions: lists, one of them, planning."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import services, states
from events.filters import SessionFilter, StaffSessionFilter
from events.forms import AdultForm, BeginForm, ReasonForm, SessionForm, clone_of
from events.models import SchoolSession, SessionTemplate
from events.services.locks import lock_session
from events.services.needs import districts_in_need, need_of
from events.services.planning import closed_by
from events.services.readiness import risks_of
from events.services.session_templates import PLAN
from events.staff.base import SessionAction, visits_of, with_visits
from events.staff.history import timeline
from events.staff.line import line_of
from events.staff.pages import PlanPage
from events.staff.paging import NextFirst
from portal import access
from portal.staff import StaffDetail, StaffList


class StaffSessions(StaffList):
    permission = "session.view"
    model = SchoolSession
    filterset_class = StaffSessionFilter
    template_name = "events/staff_sessions.html"

    paginator_class = NextFirst

    def rows(self):
        return super().rows().for_cards()

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
        return super().get_queryset().in_need(self.now).order_by("starts_at", "pk")

    def rows(self):
        return SchoolSession.objects.visible_to(self.request.user).for_cards().with_waiting()

    @cached_property
    def now(self) -> datetime:
        return timezone.now()

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context["needs"] = [need_of(session, self.now) for session in context["object_list"]]
        context["districts"] = districts_in_need(self.get_queryset(), self.now, self.filterset.lists["district"])
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
        published = session.state == states.SessionState.PUBLISHED
        context["at_risk"] = risks_of([session])[session.pk] if published else []
        closed = published and not session.has_begun and not session.calendar_reason
        context["closed_by"] = closed_by(session.school, session.grade, session.day) if closed else ""
        context["timeline"] = timeline(session, user) if internal else None
        return context | (line_of(session) if internal else {})


class StaffSessionNew(PlanPage):
    """From an empty form, from a session that is there, or from the template that `?template=` names."""

    form_class = SessionForm
    template_name = "events/staff_session_new.html"

    @cached_property
    def begin(self) -> tuple:
        """The form by which a template is chosen, and the template."""
        return BeginForm.asked(self.request.GET, SessionTemplate.objects.visible_to(self.request.user).in_use())

    def get_initial(self):
        if "uuid" in self.kwargs:
            return clone_of(self.session)
        _form, template = self.begin
        return {name: getattr(template, name) for name in PLAN} if template else {}

    def get_context_data(self, **kwargs):
        begin = None if "uuid" in self.kwargs else self.begin[0]
        return super().get_context_data(begin=begin, **kwargs)

    def done(self, form):
        session = services.plan_session(session=form.session, by=self.request.user)
        messages.success(self.request, _("The session is planned. Mentors see it when you publish it."))
        return redirect("staff_session", session.uuid)


class SessionPublish(SessionAction):
    permission = "session.plan"

    service = staticmethod(services.publish)
    done = gettext_lazy("The session is published.")


class SessionStart(SessionAction):
    service = staticmethod(services.start_session)
    done = gettext_lazy("Thank you. The session has begun.")


@method_decorator(transaction.atomic, name="post")
class SessionNameAdult(SessionAction):
    form_class = AdultForm
    title, move = gettext_lazy("Name the adult"), "name_adult"

    service = staticmethod(services.name_adult)
    done = gettext_lazy("The adult is named. You can confirm the visits now.")

    def get_form(self, record):
        return AdultForm(self.request.POST, session=lock_session(record, self.request.user))


class SessionCancel(SessionAction):
    permission = "session.cancel"
    form_class = ReasonForm
    title, move = gettext_lazy("Cancel the session"), "cancel_session"

    service = staticmethod(services.cancel_session)
    done = gettext_lazy("The session is cancelled. Everybody who was booked has been told.")
