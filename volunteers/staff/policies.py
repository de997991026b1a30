"""What each role demands: its versions, a draft of the next one, and its publication by a second person."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.contrib import messages
from django.db import transaction
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, TemplateView, View

from portal.merging import held
from portal.refusals import Reason
from portal.staff import StaffView
from volunteers.forms.policies import PolicyForm
from volunteers.models import PolicyVersion, ProgrammeRole, Requirement
from volunteers.services import policies


@dataclass
class RoleRules:
    """A role with its versions, the one that takes effect last first. `current` holds today."""

    role: ProgrammeRole
    versions: list[PolicyVersion]
    current: PolicyVersion | None
    has_draft: bool
    barred: list[Reason] = field(default_factory=list)


class PolicyList(StaffView, TemplateView):
    permission = "policy.publish"
    template_name = "volunteers/staff/policies.html"

    def get_context_data(self, **kwargs):
        demanded = Prefetch("requirements", Requirement.objects.select_related("check_type"))
        versions = PolicyVersion.objects.select_related("published_by", "confirmed_by").prefetch_related(demanded)
        roles = ProgrammeRole.objects.prefetch_related(Prefetch("policies", versions, to_attr="versions"))
        return super().get_context_data(**kwargs) | {"rules": [self._rules(role) for role in roles]}

    def _rules(self, role: ProgrammeRole) -> RoleRules:
        drafts = [version for version in role.versions if version.published_at is None]
        barred = policies.barred_from_publishing(drafts[0], self.request.user) if drafts else []
        return RoleRules(role, role.versions, PolicyVersion.objects.in_force(role), bool(drafts), barred)


@method_decorator(transaction.atomic, name="post")
class Draft(StaffView, FormView):
    permission = "policy.publish"
    form_class = PolicyForm
    template_name = "volunteers/staff/policy_draft.html"

    @cached_property
    def role(self) -> ProgrammeRole:
        return get_object_or_404(held(ProgrammeRole.objects.all(), self.request), code=self.kwargs["code"])

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"of": self.role, "former": policies.newest(self.role)}

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {"role": self.role}

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form):
        policies.draft(
            role=self.role,
            by=self.request.user,
            effective_from=form.cleaned_data["effective_from"],
            requirements=form.requirements,
        )
        messages.success(self.request, _("Drafted. Another safeguarding lead publishes it."))
        return redirect("staff_policies")


class PolicyAction(StaffView, View):
    """A step with one version, which role and number name; by GET it leads back to the list."""

    permission = "policy.publish"
    http_method_names = ["get", "head", "post"]
    done = ""
    service = None

    def get(self, request, code, number):
        return redirect("staff_policies")

    def post(self, request, code, number):
        policy = get_object_or_404(PolicyVersion, role__code=code, number=number)
        self.service(policy=policy, by=request.user)
        messages.success(request, self.done)
        return redirect(reverse("staff_policies") + f"#{code}")


class Publish(PolicyAction):
    done = _("Published. It takes effect on its day.")
    service = staticmethod(policies.publish)


class Discard(PolicyAction):
    done = _("The draft is gone.")
    service = staticmethod(policies.discard)
