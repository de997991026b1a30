"""The pages of the school's contact person and of the coordinator."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Prefetch, Q
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, ListView

from events import services, states
from events.filters import SessionFilter, StaffSessionFilter
from events.forms import AdultForm, AttendanceForm, ReasonForm, SessionForm
from events.models import Booking, SchoolSession
from events.services.guards import clearances_on, too_few_adults
from events.services.needs import districts_in_need, need_of
from portal import access, moves
from portal.access import Role
from portal.models import LogEntry
from portal.refusals import NotAllowed, Reason
from portal.staff import StaffAction, StaffDetail, StaffList, StaffView


def visits_of(sessions: list[SchoolSession], by, *, internal: bool) -> list[dict]:
    """For each session its visits, each with what `by` may do; costs the same number of queries for any number.

    With `internal` ended bookings are shown too; a school is told who comes and until when he is cleared, no more.
    """
    bookings = [booking for session in sessions for booking in session.shown]
    answers = clearances_on((booking.person, session.day) for session in sessions for booking in session.shown)
    for booking in bookings:
        booking.cleared = answers[booking.person_id, booking.session.day]
        booking.moves = {move.name for move in moves.open_to(states.BOOKING_MOVES, booking, by)}
        booking.over = booking.session.has_begun
        booking.attendance_form = AttendanceForm(auto_id=f"{booking.code}_%s")
    return [
        {
            "session": session,
            "bookings": session.shown
            if internal
            else [row for row in session.shown if row.state in states.SHOWN_TO_SCHOOL],
            "moves": {move.name for move in moves.open_to(states.SESSION_MOVES, session, by)},
            "adult_form": AdultForm(auto_id=f"{session.code}_%s", initial={"name": session.school_adult_name}),
        }
        for session in sessions
    ]


def with_visits(sessions):
    rows = Booking.objects.order_by("seat_no", "pk").select_related("person__user", "session__school")
    return sessions.for_cards().prefetch_related(Prefetch("bookings", queryset=rows, to_attr="shown"))


class SchoolHome(StaffView, ListView):
    """The school's own page: who comes, the adult in the room, and what became of past visits."""

    permission = "session.staff"
    template_name = "events/school_home.html"
    paginate_by = 15

    def dispatch(self, request, *args, **kwargs):
        if not access.has_role(request.user, Role.SCHOOL_CONTACT):
            raise NotAllowed(Reason("no_role", _("This page is for contact persons of schools.")))
        return super().dispatch(request, *args, **kwargs)

    def own(self):
        schools = [grant.school_id for grant in self.request.user.grants if grant.role == Role.SCHOOL_CONTACT]
        return SchoolSession.objects.filter(school__in=schools).exclude(state=states.SessionState.DRAFT)

    def get_queryset(self):
        upcoming = self.own().filter(ends_at__gt=timezone.now()).exclude(state=states.SessionState.CANCELLED)
        return with_visits(upcoming)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        past = with_visits(self.own().filter(ends_at__lte=timezone.now())).filter(taken__gt=0).order_by("-starts_at")
        context["rows"] = visits_of(list(context["object_list"]), self.request.user, internal=False)
        context["awaiting"] = visits_of(list(past[:15]), self.request.user, internal=False)
        context["schools"] = [grant.school for grant in self.request.user.grants if grant.school]
        return context


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


class _SchoolAction(StaffAction):
    """A step that the school or the coordinator makes. A form with errors comes back on a page of its own; who opens
    that address later, or in another language, is led to the page of the record."""

    http_method_names = ["get", "post"]
    permission = "session.staff"
    title = ""
    move = ""

    def session_of(self, record) -> SchoolSession:
        return record.session if isinstance(record, Booking) else record

    def get(self, request, *args, **kwargs):
        return redirect(self.page(self.record()))

    def page(self, record):
        if access.allows(self.request.user, "session.internal", self.session_of(record).reach):
            return reverse("staff_session", args=[self.session_of(record).uuid])
        return reverse("school_home")

    def form_invalid(self, record, form):
        session = SchoolSession.objects.for_cards().get(pk=self.session_of(record).pk)
        context = {"form": form, "session": session, "title": self.title, "move": self.move}
        return render(self.request, "events/act.html", context)


class _SessionAction(_SchoolAction):
    model = SchoolSession


class _BookingAction(_SchoolAction):
    model = Booking


class SessionPublish(_SessionAction):
    permission = "session.plan"

    def act(self, record, data):
        services.publish(session=record, by=self.request.user)
        messages.success(self.request, _("The session is published."))


class SessionNameAdult(_SessionAction):
    form_class = AdultForm
    title, move = gettext_lazy("Name the adult"), "name_adult"

    def act(self, record, data):
        services.name_adult(session=record, by=self.request.user, **data)
        messages.success(self.request, _("The adult is named. You can confirm the visits now."))


class SessionCancel(_SessionAction):
    permission = "session.cancel"
    form_class = ReasonForm
    title, move = gettext_lazy("Cancel the session"), "cancel_session"

    def act(self, record, data):
        services.cancel_session(session=record, by=self.request.user, **data)
        messages.success(self.request, _("The session is cancelled. Everybody who was booked has been told."))


class BookingConfirmVisit(_BookingAction):
    def act(self, record, data):
        services.confirm_visit(booking=record, by=self.request.user)
        messages.success(self.request, _("The visit is confirmed. The mentor gets a letter."))


class VisitCancel(_BookingAction):
    form_class = ReasonForm
    title, move = gettext_lazy("Cancel this visit"), "cancel_visit"

    def act(self, record, data):
        services.cancel_booking(booking=record, by=self.request.user, **data)
        messages.success(self.request, _("The visit is cancelled. The mentor has been told."))


class BookingAttendance(_BookingAction):
    permission = "attendance.confirm"
    form_class = AttendanceForm
    title, move = gettext_lazy("Attendance"), "confirm_attendance"

    def act(self, record, data):
        services.confirm_attendance(booking=record, by=self.request.user, **data)
        messages.success(self.request, _("Thank you. It is written down."))
