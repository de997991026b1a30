"""Those who serve: the list, the page of one person, and what is recorded there."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.contrib import messages
from django.db.models import Exists, OuterRef, Prefetch
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal import access
from portal.models import User
from portal.staff import StaffAction, StaffDetail, StaffList
from volunteers.clearance import clearance, clearances
from volunteers.filters import PersonFilter
from volunteers.forms.staff import SupervisorForm, SuspendForm
from volunteers.forms.training import TrainingForm
from volunteers.models import Approval, Person, PolicyVersion, SupervisorAssignment, Suspension
from volunteers.services import standing, supervision, training
from volunteers.staff import serving, waivers
from volunteers.staff.history import timeline
from volunteers.staff.rows import requirement_rows

TEMPLATE = "volunteers/staff/person.html"


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


def page(request, person: Person, bound: Mapping[str, forms.Form], status: int = 200) -> TemplateResponse:
    """The page of the person, with `bound` forms (by key) in place of empty ones: what was typed is kept."""
    return TemplateResponse(request, TEMPLATE, context(person, request.user, bound), status=status)


def context(person: Person, by: User, bound: Mapping[str, forms.Form] | None = None) -> dict:
    bound = bound or {}
    approvals = list(person.approvals.select_related("role"))
    policy = _policy(person, approvals)
    suspensions = list(person.suspensions.select_related("reason_code", "opened_by", "lift_proposed_by", "lifted_by"))
    suspended = next((item for item in suspensions if not item.lifted_at and not item.ended_in_exit_at), None)
    return {
        "person": person,
        "approvals": approvals,
        "clearance": clearance(person),
        "rows": requirement_rows(person, policy, by, bound) if policy else [],
        "applications": person.applications.visible_to(by).select_related("role"),
        "training": person.training.select_related("module", "recorded_by"),
        "modules": training.progress_of(person),
        "suspensions": suspensions,
        "suspended": suspended,
        "barred": standing.barred_from_lifting(suspended, by) if suspended else [],
        "forms": _forms(person, by, bound, bool(suspended)),
        "may_list": access.allows(by, "do_not_engage.decide", person.reach),
        "may_propose_lift": access.allows(by, "standing.propose_lift", person.reach),
        "may_confirm_lift": access.allows(by, "standing.confirm_lift", person.reach),
        "timeline": timeline(person),
        **waivers.panel(person, by, bound),
        **serving.panel(person, by, bound),
    }


def _policy(person: Person, approvals: list[Approval]) -> PolicyVersion | None:
    """What is asked of him today: of the role he is approved for, or of the one he applies for."""
    application = person.applications.filter(submitted_at__isnull=False).order_by("-submitted_at").first()
    if not approvals:
        return application.policy if application else None
    return PolicyVersion.objects.in_force(approvals[0].role)


def _forms(person: Person, by: User, bound: Mapping[str, forms.Form], suspended: bool) -> dict[str, forms.Form]:
    offered: dict[str, forms.Form] = {}
    if Person.objects.to_train(by).filter(pk=person.pk).exists():
        offered["training"] = bound.get("training") or TrainingForm(key="training")
    if access.allows(by, "supervisor.assign", person.reach):
        offered["supervisor"] = bound.get("supervisor") or SupervisorForm(person=person, key="supervisor")
    if not suspended and access.allows(by, "standing.suspend", person.reach):
        offered["suspend"] = bound.get("suspend") or SuspendForm(key="suspend")
    return offered


class PersonDetail(StaffDetail):
    permission = "standing.view"
    model = Person
    template_name = TEMPLATE

    def get_queryset(self):
        return _people(self.request.user)

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | context(self.object, self.request.user)


class PersonAction(StaffAction):
    model = Person
    key = ""
    done = ""
    service = None

    def record(self):
        return get_object_or_404(_people(self.request.user), uuid=self.kwargs["uuid"])

    def get_form(self, record):
        return self.form_class(self.request.POST, key=self.key)

    def form_invalid(self, record, form):
        return page(self.request, record, {self.key: form}, status=422)

    def act(self, record, data):
        self.service(person=record, by=self.request.user, **data)
        messages.success(self.request, self.done)

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
    done = ""
    service = None

    def record(self):
        rows = Suspension.objects.visible_to(self.request.user).exclude(person__user=self.request.user)
        return get_object_or_404(rows.select_related("person"), uuid=self.kwargs["uuid"])

    def act(self, record, data):
        self.service(suspension=record, by=self.request.user)
        messages.success(self.request, self.done)

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
