"""What the school and the coordinator do with one visit."""

from __future__ import annotations

from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import services
from events.forms import AttendanceForm, ReasonForm
from events.staff.base import BookingAction


class BookingConfirmVisit(BookingAction):
    def act(self, record, data):
        services.confirm_visit(booking=record, by=self.request.user)
        messages.success(self.request, _("The visit is confirmed. The mentor gets a letter."))


class VisitCancel(BookingAction):
    form_class = ReasonForm
    title, move = gettext_lazy("Cancel this visit"), "cancel_visit"

    def act(self, record, data):
        services.cancel_booking(booking=record, by=self.request.user, **data)
        messages.success(self.request, _("The visit is cancelled. The mentor has been told."))


class BookingAttendance(BookingAction):
    permission = "attendance.confirm"
    form_class = AttendanceForm
    title, move = gettext_lazy("Attendance"), "confirm_attendance"

    def act(self, record, data):
        services.confirm_attendance(booking=record, by=self.request.user, **data)
        messages.success(self.request, _("Thank you. It is written down."))
