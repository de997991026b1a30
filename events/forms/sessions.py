from __future__ import annotations

from datetime import datetime, timedelta

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.models import SchoolSession
from events.services.planning import Problem, problems
from portal import access
from portal.models import School, User
from portal.names import name_alone

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
        self.fields["school_adult_name"].validators.append(name_alone)
        self.session: SchoolSession | None = None

    def clean(self):
        data = super().clean()
        if self.errors:
            return data
        self.session = self.planned(data)
        for field, reason in self.problems():
            self.add_error(field if field in self.fields else None, reason.text)
        return data

    def planned(self, data: dict) -> SchoolSession:
        """The unsaved session that was typed."""
        at = {name: timezone.make_aware(datetime.combine(data["day"], data[name])) for name in ("starts", "ends")}
        plan = {name: data[name] for name in self.Meta.fields if name in self.fields}
        return SchoolSession(**plan, starts_at=at["starts"], ends_at=at["ends"])

    def problems(self) -> list[Problem]:
        return problems(self.session)

    def _post_clean(self):
        """The plan is judged by `clean`; the model's own validation would say the same again in other words."""


def plan_of(session: SchoolSession) -> dict:
    """The values that `SessionForm` begins with, from a session that is there."""
    begins, ends = timezone.localtime(session.starts_at), timezone.localtime(session.ends_at)
    plan = {name: getattr(session, name) for name in SessionForm.Meta.fields}
    return plan | {"day": begins.date(), "starts": begins.time(), "ends": ends.time()}


def clone_of(session: SchoolSession) -> dict:
    """The same plan a week later, or without a day where that has passed; the time for booking is to be chosen anew."""
    plan, day = plan_of(session), session.day + timedelta(weeks=1)
    once = {"calendar_reason": "", "opens_at": None, "closes_at": None}
    return plan | once | {"day": day if day > timezone.localdate() else None}
