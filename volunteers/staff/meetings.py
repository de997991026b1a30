"""Training meetings: planned, who comes, what became of everybody."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, ListView

from portal.staff import NearestPage, StaffAction, StaffDetail, StaffView
from volunteers.forms.training import MeetingForm, MeetingRecordForm
from volunteers.models import TrainingMeeting, TrainingPlace
from volunteers.services import meetings

TEMPLATE = "volunteers/staff/meeting.html"


class MeetingList(NearestPage, StaffView, ListView):
    permission = "training.record"
    paginate_by = 25
    template_name = "volunteers/staff/meetings.html"

    def get_queryset(self):
        rows = TrainingMeeting.objects.visible_to(self.request.user).with_taken().nearest_first()
        return rows.select_related("module", "district", "trainer")


class MeetingNew(StaffView, FormView):
    permission = "training.record"
    form_class = MeetingForm
    template_name = "volunteers/staff/meeting_new.html"

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "by": self.request.user}

    def form_valid(self, form):
        meeting = meetings.plan_meeting(by=self.request.user, **form.cleaned_data)
        messages.success(self.request, _("The training is planned. People see it on their page and take places."))
        return redirect("staff_meeting", meeting.uuid)

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)


def _holding(meeting: TrainingMeeting) -> list[TrainingPlace]:
    people = meeting.places.holding().select_related("person__district")
    return list(people.order_by("person__family_name", "person__given_name", "pk"))


def _context(meeting: TrainingMeeting, form: MeetingRecordForm | None = None) -> dict:
    places = _holding(meeting)
    if form is None and places and meeting.has_begun and not meeting.cancelled_at:
        form = MeetingRecordForm(meeting=meeting, places=places)
    return {"meeting": meeting, "places": places, "form": form}


class MeetingDetail(StaffDetail):
    permission = "training.record"
    model = TrainingMeeting
    template_name = TEMPLATE
    context_object_name = "meeting"

    def get_queryset(self):
        return super().get_queryset().select_related("module", "district", "trainer")

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | _context(self.object)


class _MeetingAction(StaffAction):
    permission = "training.record"
    model = TrainingMeeting

    def page(self, record):
        return reverse("staff_meeting", args=[record.uuid])


class MeetingCancel(_MeetingAction):
    def act(self, record, data):
        meetings.cancel_meeting(meeting=record, by=self.request.user)
        messages.success(self.request, _("The training is cancelled. Everybody who held a place has been told."))


@method_decorator(transaction.atomic, name="post")
class MeetingRecord(_MeetingAction):
    form_class = MeetingRecordForm

    def post(self, request, *args, **kwargs):
        meeting = self.record()
        meetings.lock_holders(meeting)  # what stands now stands until it is saved
        form = self.form_class(request.POST, meeting=meeting, places=_holding(meeting))
        if not form.is_valid():
            return TemplateResponse(request, TEMPLATE, _context(meeting, form), status=422)
        in_person = form.cleaned_data["in_person"]
        meetings.record_meeting(meeting=meeting, by=request.user, words=form.words(), in_person=in_person)
        messages.success(request, _("The training is recorded."))
        return redirect(self.page(meeting))
