"""Concerns, the do-not-engage list, and joining two records of one person."""

from __future__ import annotations

import re
from datetime import date

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from volunteers.forms.applicant import no_identification_number, only_letters
from volunteers.forms.staff import StaffForm
from volunteers.iin import valid_iin
from volunteers.models import Concern, ReasonCode


def _words(label: str, *, rows: int = 4, **more) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": rows}),
        validators=[no_identification_number],
        **more,
    )


class ConcernForm(forms.Form):
    level = forms.ChoiceField(
        label=_("How serious is it?"),
        choices=[
            (Concern.Level.LOW, _("Something small that did not feel right")),
            (Concern.Level.SERIOUS, _("A child was or may be in danger, or a rule was broken")),
        ],
        widget=forms.RadioSelect,
    )
    source = forms.ChoiceField(
        label=_("Who noticed it?"),
        choices=[choice for choice in Concern.Source.choices if choice[0] != Concern.Source.REFEREE],
    )
    text = _words(
        _("What happened, when and where?"),
        rows=6,
        help_text=_("What was seen or heard, in plain words. Please name no child."),
    )


class ActForm(StaffForm):
    action = _words(_("What was done"), rows=3, help_text=_("It is added under today's date."))
    referred_to = forms.CharField(label=_("Passed on to"), max_length=200, required=False)


class CloseForm(StaffForm):
    outcome = _words(_("What came of it"), rows=3)


class ListForm(forms.Form):
    """Why somebody known to the portal is to be put on the do-not-engage list."""

    reason_code = forms.ModelChoiceField(
        ReasonCode.objects.filter(is_active=True), label=_("Reason"), empty_label=_("Choose")
    )
    note = forms.CharField(
        label=_("What it rests on"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_(
            "Kept encrypted. The second person decides by it, so say whom it is about and where the papers are."
        ),
    )


class ListUnknownForm(ListForm):
    """The same about somebody who never applied: number, names and birth date, kept as hashes."""

    iin = forms.CharField(
        label=_("Individual identification number (IIN)"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    family_name = forms.CharField(label=_("Family name"), max_length=100, validators=[only_letters])
    given_name = forms.CharField(label=_("Given name"), max_length=100, validators=[only_letters])
    birth_date = forms.DateField(
        label=_("Date of birth"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    field_order = ["iin", "family_name", "given_name", "birth_date"]

    def clean_iin(self) -> str:
        iin = re.sub(r"[\s-]", "", self.cleaned_data["iin"])
        if not valid_iin(iin):
            text = _("There is a mistake in the number: compare it with the identity card.")
            raise forms.ValidationError(text, code="iin")
        return iin

    def clean_birth_date(self) -> date:
        if self.cleaned_data["birth_date"] > timezone.localdate():
            raise forms.ValidationError(_("This day is in the future."), code="future")
        return self.cleaned_data["birth_date"]


class LiftForm(StaffForm):
    reason = forms.CharField(
        label=_("Why this person may come off the list"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class MergeForm(forms.Form):
    reason = forms.CharField(
        label=_("How you know that this is one person"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
