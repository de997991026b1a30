"""Those who serve: the list, the page of one person, and what is recorded there."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Prefetch
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.staff import StaffAction, StaffDetail, StaffList
from volunteers.clearance import clearances
from volunteers.filters import PersonFilter
from volunteers.forms.staff import SupervisorForm, SuspendForm
from volunteers.models import Approval, Person, SupervisorAssignment, Suspension
from volunteers.services import standing, supervision
from volunteers.staff import mentor


def _people(user):
    """People whom `user` looks after; never himself."""
    return Person.objects.for_staff(user).select_related("district", "user")


class PersonList(StaffList):
    permission = "standing.view"
    model = Person
    filterset_class = PersonFilter
    template_name = "volunteers/staff/people.html"

    def get_queryset(self):
        approved = Exists(Approval.objects.filter(person=OuterRef("pk")))
        current = SupervisorAssignment.objects.running().by_serving().select_related("supervisor")
        people = _people(self.request.user).filter(approved).order_by("family_name", "given_name", "pk")
        return people.prefetch_related(Prefetch("supervision", current, to_attr="supervised_by"))

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        people = list(context["object_list"])
        answers = clearances(people)
        for person in people:
            person.clearance = answers[person.pk]
        return context | {"people": people}


class PersonDetail(StaffDetail):
    permission = "standing.view"
    model = Person
    template_name = mentor.TEMPLATE

    def get_queryset(self):
        return _people(self.request.user)

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | mentor.context(self.object, self.request.user)


class PersonAction(StaffAction):
    model = Person
    noun = "person"
    key = ""

    def record(self):
        return get_object_or_404(_people(self.request.user), uuid=self.kwargs["uuid"])

    def get_form(self, record):
        return self.form_class(self.request.POST, key=self.key)

    def form_invalid(self, record, form):
        return mentor.page(self.request, record, {self.key: form}, status=422)

    def page(self, record):
        return reverse("staff_person", args=[record.uuid])


class AssignSupervisor(PersonAction):
    permission = "supervisor.assign"
    form_class = SupervisorForm
    key = "supervisor"
    done = _("The supervisor is named.")
    service = staticmethod(supervision.assign_supervisor)

    def get_form(self, record):
        return self.form_class(self.request.POST, person=record, key=self.key)


class Suspend(PersonAction):
    permission = "standing.suspend"
    form_class = SuspendForm
    key = "suspend"
    done = _("Suspended. Agreed visits are cancelled, the schools and the mentor got neutral letters.")
    service = staticmethod(standing.suspend)


class SuspensionAction(StaffAction):
    """Has no form: one of the two signatures that end a suspension."""

    model = Suspension
    noun = "suspension"

    def record(self):
        rows = Suspension.objects.visible_to(self.request.user).exclude(person__user=self.request.user)
        return get_object_or_404(rows.select_related("person"), uuid=self.kwargs["uuid"])

    def page(self, record):
        return reverse("staff_person", args=[record.person.uuid])


class ProposeLift(SuspensionAction):
    permission = "standing.propose_lift"
    done = _("Proposed. The suspension holds until another safeguarding lead confirms.")
    service = staticmethod(standing.propose_lift)


class ConfirmLift(SuspensionAction):
    permission = "standing.confirm_lift"
    done = _("The suspension is lifted. Cancelled visits do not come back by themselves.")
    service = staticmethod(standing.confirm_lift)
