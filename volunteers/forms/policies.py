"""A new version of what a role demands."""

from __future__ import annotations

from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.merging import Merging
from volunteers.forms.staff import date_field
from volunteers.models import CheckType, PolicyVersion, Requirement
from volunteers.services import policies

STAGES = [("", _("not needed")), *Requirement.Stage.choices]


class PolicyForm(Merging, forms.Form):
    """A choice for every check type, as the version `former` has it; what is indispensable has no choice."""

    effective_from = date_field(_("Takes effect on"), help_text=_("Tomorrow at the earliest."))

    def __init__(self, *args, former: PolicyVersion | None, **kwargs):
        super().__init__(*args, **kwargs)
        self.types = list(CheckType.objects.all())
        stages = dict(former.requirements.values_list("check_type", "stage")) if former else {}
        for check_type in self.types:
            fixed = check_type.indispensable
            self.fields[check_type.code] = forms.ChoiceField(
                label=check_type.name,
                choices=[choice for choice in STAGES if choice[0] == Requirement.Stage.APPROVAL] if fixed else STAGES,
                required=fixed,
                initial=stages.get(check_type.pk, ""),
                help_text=_("Needed in every role.") if fixed else "",
            )

    def clean_effective_from(self) -> date:
        day = self.cleaned_data["effective_from"]
        if day < policies.first_day():
            raise forms.ValidationError(_("A new version takes effect tomorrow at the earliest."), code="too_early")
        return day

    @property
    def requirements(self) -> dict[CheckType, str]:
        """The chosen stage of each check type that is needed."""
        chosen = {check_type: self.cleaned_data[check_type.code] for check_type in self.types}
        return {check_type: stage for check_type, stage in chosen.items() if stage}
