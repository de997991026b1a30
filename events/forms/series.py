from __future__ import annotations

from uuid import uuid4

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from events.services.batches import AT_ONCE, WEEKS, Occurrence, days_of
from events.services.planning import Problem, problems
from portal.models import User

from .sessions import DAY, SessionForm


class BatchForm(forms.Form):
    """What all forms share that make many sessions at once: a look at the rows first, then those that are chosen."""

    key = forms.UUIDField(widget=forms.HiddenInput)  # the same form sent twice makes the sessions once
    at_once = forms.BooleanField(
        required=False, label=_("Publish at once"), help_text=_("Otherwise they are kept as drafts.")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["key"].initial = uuid4
        self.rows: list[Occurrence] = []
        self.chosen: list[Occurrence] = []

    def mark(self, row: Occurrence) -> str:
        """By what the row is chosen."""
        raise NotImplementedError

    def choose(self, rows: list[Occurrence]) -> None:
        """Of `rows` those ticked; on the first look all that can be made."""
        self.rows = rows
        ticked = set(self.data.getlist("rows")) if "make" in self.data else {self.mark(row) for row in rows}
        self.chosen = [row for row in rows if row.ok and self.mark(row) in ticked]
        if "make" in self.data and ticked - {self.mark(row) for row in self.chosen}:
            self.add_error(None, _("Something has changed meanwhile. Please look at the list again."))
        elif "make" in self.data and not self.chosen:
            self.add_error(None, _("Nothing is chosen in the list."))

    def listed(self) -> list[tuple[str, Occurrence, bool]]:
        """Each row with its mark and whether it is ticked."""
        return [(self.mark(row), row, row in self.chosen) for row in self.rows]


class SeriesForm(BatchForm, SessionForm):
    """A first session and how it goes on. `rows` are the days, `chosen` those to be made."""

    weeks = forms.TypedChoiceField(
        label=_("Repeated"),
        coerce=int,
        choices=[
            (1, _("every week")),
            *((number, format_lazy(_("every {number} weeks"), number=number)) for number in WEEKS[1:]),
        ],
    )
    count = forms.IntegerField(
        label=_("Number of visits"),
        required=False,
        min_value=1,
        max_value=AT_ONCE,
        initial=4,
        help_text=_("Three or four meetings with one class do more than one talk."),
    )
    until = forms.DateField(
        label=_("Or until this day"), required=False, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d")
    )
    move_on = forms.BooleanField(
        label=_("Make up for days without lessons"),
        required=False,
        initial=True,
        help_text=_("The series goes on until it has so many visits."),
    )

    field_order = [
        "school", "topic", "grade", "group_size", "language", "day", "starts", "ends", "weeks", "count", "until", "move_on",
    ]  # fmt: skip

    def __init__(self, *args, by: User, **kwargs):
        super().__init__(*args, by=by, **kwargs)
        del self.fields["calendar_reason"]  # a series makes no exceptions

    def problems(self) -> list[Problem]:
        """Days without lessons are no fault of the plan: they are struck in the list."""
        return [(field, reason) for field, reason in problems(self.session) if reason.code != "no_lessons"]

    def clean(self):
        data = super().clean()
        if self.errors:
            return data
        if bool(data["count"]) == bool(data["until"]):
            self.add_error("count", _("Write the number of visits or the last day, one of the two."))
        elif data["until"] and data["until"] < data["day"]:
            self.add_error("until", _("The last day comes before the first."))
        else:
            self.choose(self._days(data))
        return data

    def _days(self, data: dict) -> list[Occurrence]:
        return days_of(
            self.session,
            weeks=data["weeks"],
            count=data["count"],
            until=data["until"],
            move_on=bool(data["count"]) and data["move_on"],
        )

    def mark(self, row: Occurrence) -> str:
        return row.day.isoformat()
