from __future__ import annotations

from datetime import datetime

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.models import GROUP_MAX, Attendance, Booking, SchoolSession
from events.services.booking import is_late
from events.services.planning import problems
from portal import access
from portal.models import School, User

DAY = {"type": "date"}
HOUR = {"type": "time"}
MOMENT = {"type": "datetime-local"}
NOTES_MAX = 1000  # characters


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


class SessionForm(forms.ModelForm):
    """A plan. Every rule of `services.planning.problems` shows at its field; `session` is the unsaved result."""

    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    starts = forms.TimeField(label=_("Begins"), widget=forms.TimeInput(attrs=HOUR, format="%H:%M"))
    ends = forms.TimeField(label=_("Ends"), widget=forms.TimeInput(attrs=HOUR, format="%H:%M"))

    field_order = ["school", "topic", "grade", "group_size", "language", "day", "starts", "ends"]

    class Meta:
        model = SchoolSession
        fields = [
            "school",
            "topic",
            "grade",
            "group_size",
            "language",
            "seats_min",
            "seats_max",
            "adults_min",
            "needs_lead",
            "school_adult_name",
            "calendar_reason",
            "opens_at",
            "closes_at",
            "notes_for_mentor",
        ]
        help_texts = {
            "group_size": _("1 to 60."),
            "seats_max": _("At most 10."),
            "adults_min": _("Mentors and the adult from the school together; never fewer than two."),
            "needs_lead": _("One whose first visits are behind him."),
            "school_adult_name": _("If it is known already. The school can write it later."),
            "calendar_reason": _("Only for a holiday, a break or a Sunday."),
            "opens_at": _("Empty: as soon as the session is published."),
            "closes_at": _("Empty: when the session begins."),
            "notes_for_mentor": _("Which entrance, whom to ask for. Nothing about pupils."),
        }
        widgets = {
            "opens_at": forms.DateTimeInput(attrs=MOMENT, format="%Y-%m-%dT%H:%M"),
            "closes_at": forms.DateTimeInput(attrs=MOMENT, format="%Y-%m-%dT%H:%M"),
        }

    def __init__(self, *args, by: User, **kwargs):
        super().__init__(*args, **kwargs)
        reach = access.within(by, "session.plan", district="district", school="pk")
        self.fields["school"].queryset = School.objects.filter(reach)
        self.fields["notes_for_mentor"].validators.append(MaxLengthValidator(NOTES_MAX))
        self.session: SchoolSession | None = None

    def clean(self):
        data = super().clean()
        if self.errors:
            return data
        at = {name: timezone.make_aware(datetime.combine(data["day"], data[name])) for name in ("starts", "ends")}
        plan = {name: data[name] for name in self.Meta.fields}
        self.session = SchoolSession(**plan, starts_at=at["starts"], ends_at=at["ends"])
        for field, reason in problems(self.session):
            self.add_error(field, reason.text)
        return data

    def _post_clean(self):
        """The plan is judged by `clean`; the model's own validation would say the same again in other words."""
