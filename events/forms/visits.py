from __future__ import annotations

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from events.models import GROUP_MAX, Attendance, Booking, SchoolSession
from events.services.arrivals import suggested_minutes
from events.services.booking import is_late
from events.services.visits import Word, typing_errors, without_adult
from portal.merging import Merging
from portal.names import name_alone


class AdultForm(Merging, forms.Form):
    name = forms.CharField(
        label=_("Adult from the school in the room"),
        help_text=_("Family name and given name. Somebody from the school, all the time, and not the mentor himself."),
        max_length=200,
        validators=[name_alone],
    )

    def __init__(self, *args, session: SchoolSession, **kwargs):
        super().__init__(*args, of=session, initial={"name": session.school_adult_name}, **kwargs)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The mentor will read it. Please write nothing about pupils."),
        max_length=300,
        widget=forms.Textarea,
    )


class NoteAnswerForm(forms.Form):
    answer = forms.CharField(
        label=_("Answer to the mentor"),
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


class PupilsForm(forms.Form):
    pupils_present = forms.IntegerField(
        label=_("Number of pupils present"),
        help_text=_("Only the number; never a name."),
        min_value=0,
        max_value=GROUP_MAX,
        required=False,
    )


class WordForm(forms.Form):
    """Whether one mentor was there, and how long: what arrival and leaving suggest is filled in."""

    result = forms.ChoiceField(label=_("Was the mentor here?"), choices=Attendance.State.choices)
    minutes = forms.IntegerField(
        label=_("Minutes"), help_text=_("Leave it empty if the session took the planned time."), required=False
    )

    def __init__(self, *args, booking: Booking, **kwargs):
        super().__init__(*args, **kwargs)
        self.booking = booking
        self.initial.setdefault("minutes", suggested_minutes(booking, getattr(booking, "arrival", None)))

    @property
    def word(self) -> Word:
        return Word(self.booking, self.cleaned_data["result"], self.cleaned_data["minutes"])

    def clean(self):
        data = super().clean()
        if not self.errors:
            for field, reason in [*typing_errors(self.word, data.get("pupils_present")), *without_adult(self.word)]:
                self.add_error(field, reason.text)
        return data


class AttendanceCorrectionForm(Merging, forms.Form):
    """Another word about a visit, with what was said so far filled in."""

    state = forms.ChoiceField(label=_("Was the mentor here?"), choices=Attendance.State.choices)
    minutes = forms.IntegerField(
        label=_("Minutes that count, in all"),
        help_text=_("Only where the mentor was here."),
        required=False,
        min_value=1,
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The mentor will read it. Please write nothing about pupils."),
        max_length=300,
        widget=forms.Textarea,
    )

    def part(self, name):
        return "word" if name in {"state", "minutes"} else name


class AttendanceForm(WordForm, PupilsForm):
    """Both of one visit."""

    field_order = ["result", "minutes", "pupils_present"]


class AttendanceSheet:
    """The words about all visits of a session, and the pupils once."""

    def __init__(self, visits: Iterable[Booking], data=None):
        self.rows = [WordForm(data, booking=visit, prefix=visit.code) for visit in visits]
        self.pupils = PupilsForm(data)

    def is_valid(self) -> bool:
        return all([form.is_valid() for form in (*self.rows, self.pupils)])  # noqa: C419 - every form shows its errors

    @property
    def words(self) -> list[Word]:
        return [row.word for row in self.rows]

    @property
    def pupils_present(self) -> int | None:
        return self.pupils.cleaned_data["pupils_present"]
