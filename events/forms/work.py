from __future__ import annotations

from datetime import timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.models import WorkEntry
from events.services.work import DAYS_BACK, MINUTES_A_DAY, NOTE_AT_LEAST, NOTE_AT_MOST


class WorkForm(forms.Form):
    """Work outside sessions; `cleaned_data` are the arguments of `services.note_work`."""

    day = forms.DateField(label=_("Day"))
    hours = forms.IntegerField(
        label=_("Hours"), help_text=_("0 if it took less than an hour."), min_value=0, max_value=MINUTES_A_DAY // 60
    )
    minutes = forms.IntegerField(label=_("Minutes"), min_value=0, max_value=MINUTES_A_DAY, required=False)
    kind = forms.ChoiceField(label=_("What kind of work"), choices=WorkEntry.Kind.choices)
    note = forms.CharField(
        label=_("What was done"),
        help_text=_("A few words. Please write nothing about pupils, and no names."),
        min_length=NOTE_AT_LEAST,
        max_length=NOTE_AT_MOST,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        bounds = {"type": "date", "max": today.isoformat(), "min": (today - timedelta(days=DAYS_BACK)).isoformat()}
        self.fields["day"].widget = forms.DateInput(attrs=bounds, format="%Y-%m-%d")

    def clean(self):
        data = super().clean()
        if not {"hours", "minutes"} & set(self.errors):
            data["minutes"] = data.pop("hours") * 60 + (data["minutes"] or 0)
            if not data["minutes"]:
                self.add_error("hours", _("Please write how long it took."))
        return data


class DeclineWorkForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The mentor will read it. Please write nothing about pupils."),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
