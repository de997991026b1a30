from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class BookForm(forms.Form):
    note = forms.CharField(
        label=_("Note or question for the school"),
        help_text=_("The school and the coordinator will read it. Please write nothing about pupils."),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
