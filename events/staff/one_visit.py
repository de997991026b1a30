"""One visit with all that is known of it, the correction of its hours, and the visits behind the facts about a mentor."""

from __future__ import annotations

from django import forms
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy
from django.views.generic import ListView

from events import services
from events.forms import AttendanceCorrectionForm, CorrectionForm
from events.models import Booking, Feedback, HoursEntry
from events.services.locks import lock_people
from events.services.reliability import Fact, facts_of, visits_behind
from portal import access
from portal.refusals import NotAllowed, Refused
from portal.staff import NearestPage, StaffAction, StaffDetail, StaffView
from volunteers.models import Person

# where a reason of the service belongs
FIELDS = {"minutes": "minutes", "minutes_missing": "minutes", "reason_missing": "reason"}


def visits_in_reach(user):
    """Staff look at the visits in their reach, and never at their own."""
    reach = access.within(user, "session.internal", district="session__school__district", school="session__school")
    return Booking.objects.filter(reach).exclude(person__user=user).with_session()


def context_of(booking: Booking, user, form: forms.Form | None = None) -> dict:
    """`form` is one of the two corrections as it was sent."""
    entries = list(booking.hours.select_related("confirmed_by").order_by("pk"))
    said, attendance = _said(booking, entries), getattr(booking, "attendance", None)
    may_correct = attendance is not None and access.allows(user, "hours.correct", booking.reach)
    forms_shown = {
        "form": CorrectionForm(of=booking, initial=said) if entries and booking.state == "completed" else None,
        "attendance_form": AttendanceCorrectionForm(of=booking, initial=said, auto_id="attendance_%s"),
    }
    if form is not None:
        forms_shown["attendance_form" if isinstance(form, AttendanceCorrectionForm) else "form"] = form
    return (forms_shown if may_correct else {}) | {
        "booking": booking,
        "session": booking.session,
        "attendance": attendance,
        "arrival": getattr(booking, "arrival", None),
        "entries": entries,
        "total": said["minutes"] or 0,
        "feedback": Feedback.objects.visible_to(user).filter(booking=booking).order_by("side"),
    }


def _said(booking: Booking, entries: list[HoursEntry]) -> dict:
    """What stands of a visit, as the forms show it."""
    attendance = getattr(booking, "attendance", None)
    total = sum(entry.minutes for entry in entries)
    return {"state": attendance and attendance.state, "minutes": total or None}


class StaffVisit(StaffDetail):
    permission = "session.internal"
    model = Booking
    template_name = "events/staff_visit.html"
    context_object_name = "booking"

    def get_queryset(self):
        return visits_in_reach(self.request.user).select_related("attendance__confirmed_by", "arrival")

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | context_of(self.object, self.request.user)


@method_decorator(transaction.atomic, name="post")
class Correction(StaffAction):
    """A correction. What was typed stays on the page, also when the service refuses."""

    permission = "hours.correct"
    model = Booking
    noun = "booking"

    def record(self):
        return get_object_or_404(visits_in_reach(self.request.user), uuid=self.kwargs["uuid"])

    def page(self, record):
        return reverse("staff_visit", args=[record.uuid])

    def post(self, request, *args, **kwargs):
        try:
            return super().post(request, *args, **kwargs)
        except NotAllowed:
            raise
        except Refused as refusal:
            record = self.record()
            form = self.get_form(record)
            for reason in refusal.reasons:
                form.add_error(FIELDS.get(reason.code), reason.text)
            return self.form_invalid(record, form)

    def get_form(self, record, **kwargs):
        """What the form compares with stands until it is saved: the mentor is locked first, as the services do."""
        lock_people(record.person_id)
        return self.form_class(self.request.POST, of=record, initial=_said(record, list(record.hours.all())), **kwargs)

    def form_invalid(self, record, form):
        context = context_of(record, self.request.user, form)
        return TemplateResponse(self.request, StaffVisit.template_name, context, status=422)


class VisitHours(Correction):
    form_class = CorrectionForm
    service = staticmethod(services.correct_hours)
    done = gettext_lazy("The hours are corrected. The mentor gets a letter.")


class VisitAttendance(Correction):
    form_class = AttendanceCorrectionForm
    service = staticmethod(services.correct_attendance)
    done = gettext_lazy("The attendance is corrected. The mentor gets a letter.")

    def get_form(self, record):
        return super().get_form(record, auto_id="attendance_%s")


class PersonVisits(NearestPage, StaffView, ListView):
    """The visits of a mentor's last twelve months behind one of the facts; `?fact=` names it. Those in other districts
    stand in the list too, without a link."""

    permission = "reliability.view"
    template_name = "events/staff_person_visits.html"
    paginate_by = 25

    def get_queryset(self):
        within = access.within(self.request.user, self.permission, district="district")
        people = Person.objects.for_staff(self.request.user).filter(within)
        self.person = get_object_or_404(people, uuid=self.kwargs["uuid"])
        self.now, asked = timezone.now(), self.request.GET.get("fact", Fact.HELD)
        if asked not in Fact.values:
            raise Http404
        self.fact = Fact(asked)
        return visits_behind(self.person.bookings.all(), self.fact, self.now)

    def get_context_data(self, **kwargs):
        context, user = super().get_context_data(**kwargs), self.request.user
        for visit in context["object_list"]:
            visit.may_open = access.allows(user, "session.internal", visit.reach)
        facts = facts_of(self.person, self.now)
        return context | {"person": self.person, "fact": self.fact, "facts": facts}
