"""Risk assessments of guest speakers: signed on the page of the person, read and confirmed on a page of their own."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.staff import StaffAction, StaffDetail
from volunteers.forms.waivers import RiskForm
from volunteers.models import RiskAssessment
from volunteers.services import risks
from volunteers.staff.people import PersonAction
from volunteers.staff.waivers import risk_row


def _assessments(user):
    rows = RiskAssessment.objects.visible_to(user).exclude(person__user=user)
    return rows.select_related("person__district", "signed_by", "confirmed_by", "revoked_by")


class Sign(PersonAction):
    permission = "risk.sign"
    form_class = RiskForm
    key = "risk"
    done = _("Signed. It counts when another safeguarding lead has confirmed it.")
    service = staticmethod(risks.sign)


class Risk(StaffDetail):
    """The whole text, to read or to print; each reading is in the log."""

    permission = "risk.sign"
    sensitive = "risk"
    model = RiskAssessment
    context_object_name = "assessment"
    template_name = "volunteers/staff/risk.html"

    def get_queryset(self):
        return _assessments(self.request.user)

    def get_context_data(self, **kwargs):
        row = risk_row(self.object.person, self.object, self.request.user)
        return super().get_context_data(**kwargs) | {"row": row, "person": self.object.person}


class RiskAction(StaffAction):
    model = RiskAssessment
    noun = "assessment"

    def record(self):
        return get_object_or_404(_assessments(self.request.user), uuid=self.kwargs["uuid"])

    def page(self, record):
        return reverse("staff_person", args=[record.person.uuid]) + "#risks"


class Confirm(RiskAction):
    permission = "risk.confirm"
    done = _("Confirmed. It counts on its days.")
    service = staticmethod(risks.confirm)


class Revoke(RiskAction):
    permission = "risk.sign"
    done = _("Taken back. It counts no more.")
    service = staticmethod(risks.revoke)
