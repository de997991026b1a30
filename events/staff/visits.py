"""What the school and the coordinator do with one visit, and with all visits of a session after it."""

from __future__ import annotations

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import services
from events.forms import AttendanceForm, AttendanceSheet, NoteAnswerForm, ReasonForm
from events.models import SchoolSession
from events.staff.base import BookingAction, SessionAction
from portal import access


class BookingConfirmVisit(BookingAction):
    service = staticmethod(services.confirm_visit)
    done = gettext_lazy("The visit is confirmed. The mentor gets a letter.")


class VisitCancel(BookingAction):
    form_class = ReasonForm
    title, move = gettext_lazy("Cancel this visit"), "cancel_visit"

    service = staticmethod(services.cancel_booking)
    done = gettext_lazy("The visit is cancelled. The mentor has been told.")


class NoteAnswer(BookingAction):
    form_class = NoteAnswerForm
    title, move = gettext_lazy("Answer to the mentor"), "answer_note"

    service = staticmethod(services.answer_note)
    done = gettext_lazy("The mentor gets your answer by letter.")


class BookingAttendance(BookingAction):
    permission = "attendance.confirm"
    form_class = AttendanceForm
    title, move = gettext_lazy("Attendance"), "confirm_attendance"

    def get_form(self, record):
        return AttendanceForm(self.request.POST, booking=record)

    service = staticmethod(services.confirm_attendance)
    done = gettext_lazy("Thank you. It is written down.")


class SessionAttendance(SessionAction):
    """All visits of a session on one page, written down together or not at all."""

    permission = "attendance.confirm"

    def record(self):
        reach = access.within(self.request.user, self.permission, district="school__district", school="school")
        return get_object_or_404(SchoolSession.objects.filter(reach).for_cards(), uuid=self.kwargs["uuid"])

    def get(self, request, *args, **kwargs):
        record = self.record()
        return self.sheet_page(record, AttendanceSheet(self.visits(record)))

    def post(self, request, *args, **kwargs):
        record = self.record()
        sheet = AttendanceSheet(self.visits(record), request.POST)
        if not sheet.is_valid():
            return self.sheet_page(record, sheet, status=422)
        services.confirm_session(
            session=record, by=request.user, words=sheet.words, pupils_present=sheet.pupils_present
        )
        messages.success(request, _("Thank you. It is written down."))
        return redirect(self.page(record))

    def visits(self, record):
        """Those about which nothing was said yet; nobody speaks of his own."""
        return (
            record.bookings.holding()
            .exclude(person__user=self.request.user)
            .select_related("person", "session", "arrival")
            .order_by("seat_no", "pk")
        )

    def sheet_page(self, record, sheet, status=200):
        context = {"session": record, "sheet": sheet, "back": self.page(record)}
        return render(self.request, "events/session_attendance.html", context, status=status)
