"""What a school asks for, and the texts that go between school and coordinator."""

from __future__ import annotations

import uuid

from django import forms
from django.db.models import Case, Value, When
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from events.forms.windows import RowsMixin
from events.models import VISITS_MAX, WINDOWS_MAX, RequestWindow, SessionRequest
from events.services.requests import coordinators_for
from events.services.requests.rules import TEXT_MAX, hours_of, problems, too_many
from events.services.requests.writing import FIELDS
from events.states import DeclineCode
from portal import access
from portal.merging import Merging
from portal.models import Language, School, User
from portal.names import name_alone
from volunteers.forms.staff import StaffChoice

FIRST_ROWS = 2  # times shown at once; the others behind "More times"
USUAL_VISITS = 3  # domain.md 7: three or four meetings do more than one talk


class RequestForm(Merging, RowsMixin, forms.ModelForm):
    """Every rule of `services.requests.rules` shows at its field. `asked` and `windows` are the unsaved result.

    With `sending` the times must be there and the school must have room for one more request.
    """

    rows_most = WINDOWS_MAX

    class Meta:
        model = SessionRequest
        fields = FIELDS
        help_texts = {
            "visits": _("Three or four meetings with one class do more than one talk. They follow weekly."),
            "adult_name": _(
                "Who of the school will be in the room all the time: family name and given name. You can name him later."
            ),
            "notes": _("What the coordinator should know. Nothing about single pupils, and no names of pupils."),
        }
        widgets = {"notes": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args, by: User, sending: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self.sending = sending
        reach = access.within(by, "request.write", district="district", school="pk")
        own = School.objects.filter(reach).prefetch_related("languages", "shift_hours")
        self.schools = [self.instance.school] if self.instance.pk else list(own)
        self._add_school(own)
        self._set_choices()
        self.fields["notes"].widget.attrs["maxlength"] = TEXT_MAX
        self.fields["adult_name"].validators.append(name_alone)
        self.add_rows()
        if self.instance.pk:
            self.initial |= self.initial_rows(self.instance.windows.all()[:WINDOWS_MAX])

    def _add_school(self, own) -> None:
        """Which school, if there are several; and what keeps a form that is sent twice from asking twice."""
        if self.instance.pk:
            return
        if len(self.schools) > 1:
            field = forms.ModelChoiceField(own, label=_("School"), empty_label=None)
            self.fields = {"school": field, **self.fields}
        self.fields["token"] = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4, required=False)

    def _set_choices(self) -> None:
        taught = {language.pk for school in self.schools for language in school.languages.all()}
        first = Case(When(pk__in=taught, then=Value(0)), default=Value(1))
        languages = Language.objects.order_by(first, "position")
        self.fields["language"].queryset = languages
        self.fields["language"].empty_label = None
        visits = [(number, str(number)) for number in range(1, VISITS_MAX + 1)]
        self.fields["visits"] = _whole_number(self.fields["visits"], visits)
        self.fields["shift"] = _whole_number(self.fields["shift"], self._shifts())
        if not self.instance.pk:
            self.initial.setdefault("visits", USUAL_VISITS)
            self.initial.setdefault("language", languages.values_list("pk", flat=True).first())

    def _shifts(self) -> list[tuple[int, str]]:
        """With the hours where they are those of the one school."""
        most = max((school.shifts for school in self.schools), default=1)
        if len(self.schools) != 1:
            return [(number, str(number)) for number in range(1, most + 1)]
        hours = {number: hours_of(self.schools[0], number) for number in range(1, most + 1)}
        return [
            (number, f"{number} ({date_format(first, 'TIME_FORMAT')}–{date_format(last, 'TIME_FORMAT')})")
            for number, (first, last) in hours.items()
        ]

    def clean(self):
        data = super().clean()
        rows = self.filled_rows()
        if {"school", "token", *FIELDS} & set(self.errors):
            return data  # the rest is judged all the same while a row is not whole
        school = data.get("school") or self.schools[0]
        self.asked = SessionRequest(**{name: data[name] for name in FIELDS}, school=school)
        self.asked.uuid = self.instance.uuid if self.instance.pk else data["token"] or self.instance.uuid
        self.asked.pk, self.asked.state = self.instance.pk, self.instance.state
        self.windows = [RequestWindow(day=row.day, starts=row.starts, ends=row.ends) for row in rows]
        needed = self.sending and not self.errors
        for problem in problems(self.asked, self.windows):
            if problem.reason.code != "windows_missing" or needed:
                self._show(problem, rows)
        if self.sending:
            for reason in too_many(school, but=self.asked):
                self.add_error(None, reason.text)
        return data

    def part(self, name):
        return "times" if name[0].isdigit() else name

    def first_rows(self):
        return self.rows()[:FIRST_ROWS]

    def more_rows(self):
        return self.rows()[FIRST_ROWS:]

    def more_in_use(self) -> bool:
        return any(field.value() or field.errors for _number, fields in self.more_rows() for field in fields)

    def _show(self, problem, rows) -> None:
        """The problem at its field; the rules count the rows that are filled in."""
        if problem.row:
            self.add_error(f"{rows[problem.row - 1].number}-{problem.field}", problem.reason.text)
        else:
            self.add_error("1-day" if problem.field == "windows" else problem.field, problem.reason.text)

    def _post_clean(self):
        """`clean` has judged it; the model's own validation would say the same again in other words."""


def _whole_number(field: forms.Field, choices: list[tuple[int, str]]) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=field.label, help_text=field.help_text, choices=choices, coerce=int, initial=field.initial
    )


class AnswerForm(forms.Form):
    text = forms.CharField(
        label=_("Your answer"),
        help_text=_("Nothing about single pupils, and no names of pupils."),
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class QuestionForm(forms.Form):
    text = forms.CharField(
        label=_("Your question"),
        help_text=_("The school reads it in a letter. It may answer and change its request."),
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class DeclineForm(forms.Form):
    code = forms.ChoiceField(label=_("Reason"), choices=[("", _("Choose")), *DeclineCode.choices])
    text = forms.CharField(
        label=_("In your words"),
        help_text=_("The school reads it. Needed for another reason."),
        max_length=TEXT_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def clean(self):
        data = super().clean()
        if data.get("code") == DeclineCode.OTHER and not data.get("text"):
            self.add_error("text", _("Please write the reason."))
        return data


class HandRequestForm(forms.Form):
    to = StaffChoice(User.objects.none(), label=_("Coordinator"))

    def __init__(self, *args, asked: SessionRequest, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = coordinators_for(asked)
        self.fields["to"].initial = asked.owner_id
