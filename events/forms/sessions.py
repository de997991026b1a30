from __future__ import annotations

from datetime import datetime

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.models import SchoolSession
from events.services.planning import problems
from portal import access
from portal.models import School, User

DAY = {"type": "date"}
HOUR = {"type": "time"}
MOMENT = {"type": "datetime-local"}
NOTES_MAX = 1000  # characters


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
