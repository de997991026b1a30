"""Training: a quiz, a meeting, and what a trainer says. Rules are the services'; a form shows beforehand what is wrong."""

from __future__ import annotations

from datetime import date, datetime

from django import forms
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal.merging import Merging
from portal.models import District, User
from volunteers.forms.staff import StaffChoice, StaffForm, not_in_future
from volunteers.models import TrainingMeeting, TrainingModule, TrainingPlace, TrainingRecord
from volunteers.services import meetings

ABSENT = "absent"
NEED_A_NOTE = {TrainingRecord.Result.REPEAT, TrainingRecord.Result.FAILED}
TOGETHER = _("We went through the modules for reading together.")
DAY = {"type": "date"}


class TrainingForm(StaffForm):
    module = forms.ModelChoiceField(TrainingModule.objects.all(), label=_("Training module"), empty_label=None)
    held_on = forms.DateField(label=_("Held on"), widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    result = forms.ChoiceField(
        label=_("Result"), choices=TrainingRecord.Result.choices, initial="passed", widget=forms.RadioSelect
    )
    in_person = forms.BooleanField(
        label=TOGETHER, required=False, help_text=_("Tick it for somebody who did not pass their quizzes.")
    )
    note = forms.CharField(
        label=_("What has to be repeated"), max_length=300, required=False, help_text=_("Unless it was passed.")
    )

    def clean_held_on(self) -> date:
        return not_in_future(self.cleaned_data["held_on"], _("The day of the training lies in the future."))

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("result") not in (None, TrainingRecord.Result.PASSED) and not cleaned.get("note"):
            self.add_error("note", _("Please write what has to be repeated."))
        return cleaned


class SuitabilityForm(StaffForm):
    text = forms.CharField(
        label=_("What makes you doubt"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The safeguarding lead alone reads it. You do not see it again. Please write no name of a child."),
    )


class MeetingForm(forms.Form):
    use_required_attribute = False

    module = forms.ModelChoiceField(TrainingModule.objects.all(), label=_("Training module"), empty_label=None)
    district = forms.ModelChoiceField(District.objects.none(), label=_("District"), empty_label=None)
    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    begins = forms.TimeField(label=_("Begins"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    place = forms.CharField(label=_("Where"), max_length=200)
    seats = forms.IntegerField(label=_("Places"), min_value=1, max_value=200, initial=20)
    trainer = StaffChoice(User.objects.none(), label=_("Trainer"), empty_label=None)

    def __init__(self, *args, by: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["district"].queryset = meetings.districts_of(by)
        self.fields["trainer"].queryset = meetings.trainers_for(by)
        self.fields["trainer"].initial = by.pk

    def clean(self):
        cleaned = super().clean()
        day, begins = cleaned.pop("day", None), cleaned.pop("begins", None)
        if day and begins:
            cleaned["starts_at"] = timezone.make_aware(datetime.combine(day, begins))
            if cleaned["starts_at"] <= timezone.now():
                self.add_error("day", _("This moment has passed."))
        return cleaned


class MeetingRecordForm(Merging, forms.Form):
    """What became of everybody who held a place: a result each, and what to repeat where it was not passed."""

    use_required_attribute = False
    in_person = forms.BooleanField(label=TOGETHER, required=False, help_text=_("It holds for everybody in this list."))

    def __init__(self, *args, meeting: TrainingMeeting, places: list[TrainingPlace], **kwargs):
        super().__init__(*args, of=meeting, **kwargs)
        self.places = places
        results = [*TrainingRecord.Result.choices, (ABSENT, _("was not there"))]
        said = {record.person_id: record for record in meeting.records.order_by("pk")}
        for place in places:
            name, record = place.person.full_name, said.get(place.person_id)
            self.fields[f"result_{place.pk}"] = forms.ChoiceField(
                label=name,
                choices=results,
                widget=forms.RadioSelect,
                initial=record.result if record else None,
            )
            self.fields[f"note_{place.pk}"] = forms.CharField(
                label=_("%(name)s: what has to be repeated") % {"name": name},
                max_length=300,
                required=False,
                initial=record.note if record else "",
            )

    def part(self, name):
        """Result and note of one participant together."""
        return name.removeprefix("result_").removeprefix("note_")

    def clean(self):
        cleaned = super().clean()
        for place in self.places:
            result, note = cleaned.get(f"result_{place.pk}"), cleaned.get(f"note_{place.pk}")
            if result in NEED_A_NOTE and not note:
                self.add_error(f"note_{place.pk}", _("Please write what has to be repeated."))
        return cleaned

    def words(self) -> list[meetings.Word]:
        """For the service; of whoever was not there there is nothing to say."""
        cleaned = self.cleaned_data
        return [
            meetings.Word(place, cleaned[f"result_{place.pk}"], cleaned[f"note_{place.pk}"])
            for place in self.places
            if cleaned[f"result_{place.pk}"] != ABSENT
        ]


class QuizForm(forms.Form):
    """The questions of a module in the reader's language; `answers` are the numbers of what he chose."""

    use_required_attribute = False

    def __init__(self, *args, module: TrainingModule, **kwargs):
        super().__init__(*args, **kwargs)
        language = get_language()
        for number, question in enumerate(module.quiz, start=1):
            self.fields[f"question_{number}"] = forms.TypedChoiceField(
                label=f"{number}. {question['text'][language]}",
                choices=[(index, answer["text"][language]) for index, answer in enumerate(question["answers"])],
                coerce=int,
                widget=forms.RadioSelect,
                error_messages={"required": _("Please choose an answer.")},
            )

    @property
    def answers(self) -> list[int]:
        return [self.cleaned_data[name] for name in self.fields]
