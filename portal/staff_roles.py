"""Roles that two people give: what waits for a second person, and who holds them. For administrators and safeguarding leads."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from portal import access, services, step_up
from portal.models import RoleGrant, RoleProposal
from portal.services.roles import may_confirm
from portal.staff import StaffAction, StaffView


class Roles(StaffView, TemplateView):
    permission = "role.confirm"
    template_name = "staff/roles.html"

    def get_context_data(self, **kwargs):
        user = self.request.user
        waiting = RoleProposal.objects.visible_to(user).waiting().select_related("user", "proposed_by", "district")
        held = RoleGrant.objects.in_force().filter(role__in=access.GIVEN_BY_TWO)
        held = list(held.select_related("user", "district", "school").order_by("role", "user__last_name", "pk"))
        administrators = {grant.user_id for grant in held if grant.role == access.Role.ADMINISTRATOR}
        rows = [
            {
                "proposal": proposal,
                "may_confirm": may_confirm(proposal, user, administrators),
                "may_decline": user == proposal.proposed_by or may_confirm(proposal, user, administrators),
            }
            for proposal in waiting
        ]
        return super().get_context_data(rows=rows, held=held, **kwargs)


class RoleAction(StaffAction):
    permission = "role.confirm"
    fresh_for = step_up.ACTING
    model = RoleProposal
    noun = "proposal"

    def page(self, record):
        return reverse("staff_roles")


class ConfirmRole(RoleAction):
    service = staticmethod(services.confirm_role)
    done = _("The role is given. It works from the next click on.")


class DeclineRole(RoleAction):
    service = staticmethod(services.decline_role)
    done = _("The proposal is closed. The role is not given.")
