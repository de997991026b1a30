"""What staff fill in. Rules are the services'; a form asks them beforehand, to show what is wrong at its field."""

from __future__ import annotations

from datetime import date

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.merging import Merging
from portal.models import User
from volunteers.models import (
    Person,
    ReasonCode,
    ReferenceResponse,
)
from volunteers.services import supervision


class StaffChoice(forms.ModelChoiceField):
    def label_from_instance(self, user: User) -> str:
        return user.display_name


def date_field(label: str, **more) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more)


def text_field(label: str, *, rows: int = 3, **more) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": rows}), **more)


def not_in_future(day: date, message: str) -> date:
    if day > timezone.localdate():
        raise forms.ValidationError(message, code="future")
    return day


class StaffForm(forms.Form):
    """Several of these stand on one page: `key` keeps the ids of their fields apart, names stay as they are."""

    use_required_attribute = False

    def __init__(self, *args, key: str = "", **kwargs):
        super().__init__(*args, auto_id=f"{key}-%s" if key else "id_%s", **kwargs)


class AssessForm(Merging, StaffForm):
    result = forms.ChoiceField(label=_("Result"), choices=ReferenceResponse.Result.choices, widget=forms.RadioSelect)
    called_back = forms.BooleanField(label=_("I called the referee back"), required=False)

    def __init__(self, *args, response: ReferenceResponse, **kwargs):
        given = {"result": response.result, "called_back": response.called_back}
        super().__init__(*args, of=response, initial=given, **kwargs)


class SupervisorForm(StaffForm):
    supervisor = StaffChoice(User.objects.none(), label=_("Supervisor"))

    def __init__(self, *args, person: Person, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["supervisor"].queryset = supervision.supervisors_for(person)


class SuspendForm(StaffForm):
    reason_code = forms.ModelChoiceField(
        ReasonCode.objects.filter(is_active=True), label=_("Reason"), empty_label=_("Choose")
    )
    note = text_field(_("Internal note"), max_length=2000, help_text=_("Never shown to the mentor or the school."))
