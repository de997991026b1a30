from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

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
