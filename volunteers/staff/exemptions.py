"""Exemptions: granted, confirmed and taken back on the page of the person."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.staff import StaffAction
from volunteers.forms.waivers import ExemptionForm
from volunteers.models import Exemption
from volunteers.services import exemptions
from volunteers.staff.people import PersonAction


class Grant(PersonAction):
    permission = "exemption.grant"
    form_class = ExemptionForm
    key = "exemption"
    done = _("Granted. It counts when another safeguarding lead has confirmed it.")
    service = staticmethod(exemptions.grant)


class ExemptionAction(StaffAction):
    model = Exemption
    noun = "exemption"

    def record(self):
        rows = Exemption.objects.visible_to(self.request.user).exclude(person__user=self.request.user)
        return get_object_or_404(rows.select_related("person"), uuid=self.kwargs["uuid"])

    def page(self, record):
        return reverse("staff_person", args=[record.person.uuid]) + "#exemptions"


class Confirm(ExemptionAction):
    permission = "exemption.confirm"
    done = _("Confirmed. It counts on its days.")
    service = staticmethod(exemptions.confirm)


class Revoke(ExemptionAction):
    permission = "exemption.grant"
    done = _("Taken back. It counts no more.")
    service = staticmethod(exemptions.revoke)
