from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from events.models import GROUP_MAX, Attendance, Booking
from events.services.booking import is_late


class AdultForm(forms.Form):
    name = forms.CharField(
        label=_("Adult from the school in the room"),
        help_text=_("Family name and given name. Somebody from the school, all the time, and not the mentor himself."),
        max_length=200,
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The mentor will read it. Please write nothing about pupils."),
        max_length=300,
        widget=forms.Textarea,
    )


class CancelForm(forms.Form):
    """For the mentor himself: close to the visit the reason is asked."""

    reason = forms.CharField(
        label=_("Why can you not come?"),
        help_text=_("The visit is close. The coordinator reads this and looks for somebody else."),
        max_length=300,
        widget=forms.Textarea,
        required=False,
    )

    def __init__(self, *args, booking: Booking, **kwargs):
        super().__init__(*args, **kwargs)
        if is_late(booking):
            self.fields["reason"].required = True
        else:
            self.fields["reason"].help_text = _("You need not write anything.")


class AttendanceForm(forms.Form):
    result = forms.ChoiceField(label=_("Was the mentor here?"), choices=Attendance.State.choices)
    minutes = forms.IntegerField(
        label=_("Minutes"), help_text=_("Leave it empty if the session took the planned time."), required=False
    )
    pupils_present = forms.IntegerField(
        label=_("Number of pupils present"),
        help_text=_("Only the number; never a name."),
        min_value=0,
        max_value=GROUP_MAX,
        required=False,
    )
