from __future__ import annotations

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mentors.models import CheckIn
from portal.models import District, Topic


class ProfileForm(forms.Form):
    districts = forms.ModelMultipleChoiceField(
        District.objects.all(),
        label=_("Where can you go?"),
        help_text=_("Sessions in these districts are shown to you first. Your own district counts until you choose."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    topics = forms.ModelMultipleChoiceField(
        Topic.objects.all(),
        label=_("What would you like to talk about?"),
        help_text=_("Leave it empty if any topic suits you."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


class CheckInForm(forms.Form):
    held_on = forms.DateField(
        label=_("Held on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        initial=timezone.localdate,
    )
    kind = forms.ChoiceField(label=_("How you met"), choices=CheckIn.Kind.choices, widget=forms.RadioSelect)
    wellbeing = forms.ChoiceField(label=_("How is the mentor?"), choices=CheckIn.Mark.choices, widget=forms.RadioSelect)
    boundaries = forms.ChoiceField(
        label=_("Rules of safe contact"), choices=CheckIn.Mark.choices, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Needed where something needs attention. You and the safeguarding lead read it. Please name no child."
        ),
    )

    def clean_held_on(self):
        day = self.cleaned_data["held_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("This day is in the future."), code="future")
        return day

    def clean(self):
        cleaned = super().clean()
        marks = (cleaned.get("wellbeing"), cleaned.get("boundaries"))
        if CheckIn.Mark.ATTENTION in marks and not cleaned.get("note", "").strip():
            self.add_error("note", _("Please write what needs attention."))
        return cleaned
