"""The trainer's desk: whom he may train, and his word on each. He sees names and results, no case."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import DetailView, ListView

from portal import access
from portal.staff import NearestPage, StaffAction, StaffView
from volunteers.forms.training import SuitabilityForm, TrainingForm
from volunteers.models import Person, TrainingRecord
from volunteers.services import training
from volunteers.staff import mentor
from volunteers.staff.lines import lines_of

TEMPLATE = "volunteers/staff/trainee.html"


def _trainees(user):
    trainees = Person.objects.to_train(user).select_related("district", "user")
    return trainees.order_by("family_name", "given_name", "pk")


def _page(request, person: Person, *, status: int = 200, **bound) -> TemplateResponse:
    """The page of the trainee, with `bound` forms in place of empty ones: what was typed is kept."""
    return TemplateResponse(request, TEMPLATE, _context(person, **bound), status=status)


def _context(person: Person, **bound) -> dict:
    forms = {"form": TrainingForm(key="training"), "doubt": SuitabilityForm(key="doubt")}
    records = lines_of(person).trainings
    return {"person": person, "records": records, "modules": mentor.modules_of(person, records), **forms, **bound}


class TrainingList(NearestPage, StaffView, ListView):
    permission = "training.record"
    paginate_by = 25
    template_name = "volunteers/staff/training.html"

    def get_queryset(self):
        records = TrainingRecord.objects.select_related("module", "recorded_by")
        return _trainees(self.request.user).prefetch_related(Prefetch("training", records))


class Trainee(StaffView, DetailView):
    permission = "training.record"
    slug_field = slug_url_kwarg = "uuid"
    context_object_name = "person"
    template_name = TEMPLATE

    def get_queryset(self):
        return _trainees(self.request.user)

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | _context(self.object)


class _TraineeAction(StaffAction):
    permission = "training.record"
    model = Person

    def record(self):
        return get_object_or_404(_trainees(self.request.user), uuid=self.kwargs["uuid"])


class RecordTraining(_TraineeAction):
    """From the trainer's desk or from the page of the person, and back there."""

    form_class = TrainingForm

    def get_form(self, record):
        return self.form_class(self.request.POST, key="training")

    def form_invalid(self, record, form):
        if access.allows(self.request.user, "standing.view", record.reach):
            return mentor.page(self.request, record, {"training": form}, status=422)
        return _page(self.request, record, form=form, status=422)

    def act(self, record, data):
        training.record_training(person=record, by=self.request.user, **data)
        messages.success(self.request, _("The training is recorded."))

    def page(self, record):
        sees_person = access.allows(self.request.user, "standing.view", record.reach)
        return reverse("staff_person" if sees_person else "staff_trainee", args=[record.uuid])


class Doubt(_TraineeAction):
    """Leads back to the list: the trainee may have left it with this very remark."""

    form_class = SuitabilityForm

    def get_form(self, record):
        return self.form_class(self.request.POST, key="doubt")

    def form_invalid(self, record, form):
        return _page(self.request, record, doubt=form, status=422)

    def act(self, record, data):
        training.suitability_remark(person=record, by=self.request.user, text=data["text"])
        messages.success(self.request, _("Thank you. The safeguarding lead looks into it."))

    def page(self, record):
        return reverse("staff_training")
