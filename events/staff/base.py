"""What the pages of school and coordinator share: the visits of sessions, and the step made on one of them."""

from __future__ import annotations

from django.db.models import Prefetch, prefetch_related_objects
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from events import states
from events.forms import AdultForm, AttendanceForm
from events.models import Booking, Feedback, SchoolSession
from events.services.assuring import awaits_word
from events.services.guards import clearances_on
from portal import access, moves
from portal.staff import StaffAction


def visits_of(sessions: list[SchoolSession], by, *, internal: bool) -> list[dict]:
    """For each session its visits, each with what `by` may do; costs the same number of queries for any number.

    With `internal` ended bookings are shown too; a school is told who comes and until when he is cleared, no more.
    """
    now, bookings = timezone.now(), [booking for session in sessions for booking in session.shown]
    answers = clearances_on((booking.person, session.day) for session in sessions for booking in session.shown)
    for booking in bookings:
        booking.cleared = answers[booking.person_id, booking.session.day]
        booking.moves = {move.name for move in moves.open_to(states.BOOKING_MOVES, booking, by)}
        booking.over = booking.session.has_begun
        booking.attendance_form = AttendanceForm(auto_id=f"{booking.code}_%s", booking=booking)
        booking.is_own = booking.person.user_id == by.pk
        booking.awaits_word = awaits_word(booking, now)
    if internal:
        told = Feedback.objects.visible_to(by).order_by("side")
        prefetch_related_objects(bookings, Prefetch("feedback", queryset=told, to_attr="said"))
    return [
        {
            "session": session,
            "internal": internal,
            "bookings": session.shown
            if internal
            else [row for row in session.shown if row.state in states.SHOWN_TO_SCHOOL],
            "moves": {move.name for move in moves.open_to(states.SESSION_MOVES, session, by)},
            "unsaid": sum(row.over and "complete" in row.moves for row in session.shown),
            "shows_code": session.takes_arrivals() and access.allows(by, "attendance.confirm", session.reach),
            "adult_form": AdultForm(auto_id=f"{session.code}_%s", session=session),
        }
        for session in sessions
    ]


def with_visits(sessions):
    rows = Booking.objects.order_by("seat_no", "pk").select_related("person__user", "session__school", "arrival")
    return sessions.for_cards().prefetch_related(Prefetch("bookings", queryset=rows, to_attr="shown"))


class SchoolAction(StaffAction):
    """A step that the school or the coordinator makes. A form with errors comes back on a page of its own; who opens
    that address later, or in another language, is led to the page of the record."""

    http_method_names = ["get", "head", "post"]
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


class SessionAction(SchoolAction):
    model = SchoolSession
    noun = "session"


class BookingAction(SchoolAction):
    model = Booking
    noun = "booking"
