"""What a coordinator fills in before he types an application for somebody."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.models import District, User
from volunteers.forms.applicant import AboutForm
from volunteers.forms.eligibility import EligibilityForm
from volunteers.forms.outreach import districts_of
from volunteers.models import ProgrammeRole
from volunteers.services import assisted


class AssistForm(EligibilityForm):
    """Role and district of the candidate, and his answers to the questions that everybody answers before applying."""

    role = forms.ModelChoiceField(ProgrammeRole.objects.filter(is_open=True), label=_("Role"), empty_label=_("Choose"))
    district = forms.ModelChoiceField(District.objects.none(), label=_("District"), empty_label=_("Choose"))

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["age"].label = _("How old is the person?")
        self.fields["district"].queryset = districts_of(user, assisted.PERMISSION)
        self.order_fields(["role", "district"])


class AssistAboutForm(AboutForm):
    """The step "about" with the rules for addresses that a coordinator types."""

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["email"].help_text = _("The person's own. A link to confirm the application goes there.")

    def clean(self):
        cleaned = super().clean()
        if not self.errors:
            for field, reason in assisted.contact_problems(self.answers(), self.user).items():
                self.add_error(field, reason.text)
        return cleaned
