"""What lets somebody come without a paper for a time: exemptions and risk assessments."""

from __future__ import annotations

from datetime import date

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from volunteers.forms.staff import StaffForm, date_field, text_field
from volunteers.services import exemptions


class LimitedForm(StaffForm):
    """Something that counts from day to day inclusive; both days are demanded, and no more than `most` between them."""

    most: int
    starts_on = date_field(_("From"), error_messages={"required": _("The first day is missing.")})
    ends_on = date_field(_("Until"), error_messages={"required": _("The last day is missing.")})

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("initial", {"starts_on": timezone.localdate()})
        super().__init__(*args, **kwargs)
        self.fields["ends_on"].help_text = _("Days at most: %(days)s.") % {"days": self.most}

    def clean(self) -> dict[str, date]:
        cleaned = super().clean()
        days = cleaned.get("starts_on"), cleaned.get("ends_on")
        if all(days):
            for reason in exemptions.wrong_days(*days, self.most):
                self.add_error("ends_on", reason.text)
        return cleaned


class ExemptionForm(LimitedForm):
    most = settings.PROGRAMME["exemption_days"]
    check_type = forms.ModelChoiceField(
        exemptions.exemptible(),
        label=_("Exempt from"),
        empty_label=_("Choose"),
        help_text=_("Identity and the deciding checks are never waived."),
    )
    reason = text_field(_("Reason"), rows=2, max_length=500)
    field_order = ["check_type", "reason", "starts_on", "ends_on"]


class RiskForm(LimitedForm):
    most = settings.PROGRAMME["risk_assessment_days"]
    activity = forms.CharField(label=_("What he comes for"), max_length=300)
    supervision = forms.CharField(
        label=_("Who is with him all the time"), max_length=300, help_text=_("Name and position of the adult.")
    )
    known = text_field(
        _("What is known about him, and what is still missing"),
        max_length=4000,
        help_text=_("Stored encrypted; every look at it is recorded."),
    )
    field_order = ["activity", "supervision", "known", "starts_on", "ends_on"]
