from __future__ import annotations

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from mentors.models import CheckIn, Exclusion, Travel
from mentors.services import FARTHEST_KM
from portal import access
from portal.fields import SeveralField
from portal.merging import Merging
from portal.models import District, School, Topic, User
from volunteers.models import Person

MENTORS_SHOWN = 20  # of those whom a search by name finds


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _hour() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class ProfileForm(Merging, forms.Form):
    districts = SeveralField(
        District.objects.all(),
        label=_("Where can you go?"),
        help_text=_("Sessions in these districts are shown to you first. Your own district counts until you choose."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    topics = SeveralField(
        Topic.objects.all(),
        label=_("What would you like to talk about?"),
        help_text=_("Leave it empty if any topic suits you."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    digest = forms.BooleanField(
        label=_("Send me a letter each week with sessions that suit me"),
        help_text=_("On Mondays, and only if there are any. Each letter has a link that stops them."),
        required=False,
    )


class WindowsForm(forms.Form):
    """The same hours on one or more days of the week."""

    weekdays = forms.TypedMultipleChoiceField(
        label=_("Days of the week"),
        choices=list(WEEKDAYS.items()),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )
    starts = forms.TimeField(label=_("Begins"), widget=_hour())
    ends = forms.TimeField(label=_("Ends"), widget=_hour())

    def clean(self):
        cleaned = super().clean()
        starts, ends = cleaned.get("starts"), cleaned.get("ends")
        if starts and ends and ends <= starts:
            self.add_error("ends", _("The end comes before the beginning."))
        return cleaned


class AbsenceForm(forms.Form):
    first_day = forms.DateField(label=_("First day"), widget=_day())
    last_day = forms.DateField(label=_("Last day"), widget=_day())

    def clean(self):
        cleaned = super().clean()
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day comes before the first."))
        return cleaned


class LimitsForm(Merging, forms.Form):
    """Empty: as many as the programme allows, any distance."""

    per_day = forms.IntegerField(label=_("Visits a day, at most"), required=False, min_value=1)
    per_week = forms.IntegerField(label=_("Visits a week, at most"), required=False, min_value=1)
    per_month = forms.IntegerField(label=_("Visits a month, at most"), required=False, min_value=1)
    travels_by = forms.ChoiceField(
        label=_("How I travel"),
        choices=Travel.choices,
        widget=forms.RadioSelect,
        help_text=_("From this the portal reckons how long you are on your way."),
    )
    max_km = forms.IntegerField(
        label=_("Kilometres from the centre of my district, at most"),
        required=False,
        min_value=1,
        max_value=FARTHEST_KM,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for span, most in settings.PROGRAMME["visits_at_most"].items():
            field = self.fields[f"per_{span}"]
            field.help_text = _("If you leave it empty: %(most)s.") % {"most": most}
            field.max_value = field.widget.attrs["max"] = most
            field.validators.append(MaxValueValidator(most))


class RowForm(forms.Form):
    """Which row is meant, by its key."""

    row = forms.IntegerField(widget=forms.HiddenInput)


class ExclusionForm(forms.Form):
    """`found` are the mentors among whom the other one is chosen: those whom the search by name found."""

    kind = forms.ChoiceField(label=_("What is to hold"), choices=Exclusion.Kind.choices, widget=forms.RadioSelect)
    school = forms.ModelChoiceField(School.objects.none(), label=_("School"), required=False, empty_label=_("None"))
    other = forms.ModelChoiceField(
        Person.objects.none(),
        label=_("Other mentor"),
        required=False,
        to_field_name="uuid",
        widget=forms.RadioSelect,
        empty_label=None,
    )
    why = forms.CharField(
        label=_("Why"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Only the safeguarding lead reads it. Please name no child."),
    )

    def __init__(self, *args, by: User, found, **kwargs):
        super().__init__(*args, **kwargs)
        reach = access.within(by, "exclusion.manage", district="district")
        self.fields["school"].queryset = School.objects.filter(reach)
        self.fields["other"].queryset = found
        self.fields["other"].label_from_instance = lambda person: f"{person.full_name}, {person.code}"
        if not found:
            del self.fields["other"]


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
