"""The step "history": a row for each occupation, as many rows as wanted, without JavaScript."""

from __future__ import annotations

import re

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from volunteers.forms.applicant import StepForm, no_identification_number
from volunteers.services import answers, history

FIRST_ROWS, MOST_ROWS = 2, 15
FIELDS = ("kind", "organisation", "with_children", "from", "to", "reason_left")
WITHOUT_PLACE = {"household", "care"}
OLDEST_YEAR = 1900
MONTHS = (r"((?P<month>\d{1,2})[./ -])?(?P<year>\d{4})", r"(?P<year>\d{4})[./ -](?P<month>\d{1,2})")


def shown_month(month: str) -> str:
    """ "2015-03" as it is written and read: 03.2015."""
    year, _dash, number = month.partition("-")
    return f"{number}.{year}" if number else month


class MonthField(forms.CharField):
    """A month typed as 03.2015, 2015-03 or only 2015; its value is "2015-03". A year alone is its first or last month."""

    def __init__(self, *, last: bool = False, **kwargs):
        self.last = last
        super().__init__(max_length=10, **kwargs)
        self.widget.attrs.update({"inputmode": "decimal", "autocomplete": "off"})

    def prepare_value(self, value):
        return shown_month(value) if re.fullmatch(r"\d{4}-\d\d", value or "") else value

    def clean(self, value) -> str:
        value = super().clean(value)
        if not value:
            return ""
        found = next(filter(None, (re.fullmatch(pattern, value) for pattern in MONTHS)), None)
        if not found:
            raise forms.ValidationError(_("Write the month like this: 03.2015. The year alone will do."), code="month")
        parts = found.groupdict()
        return self._month(int(parts["year"]), int(parts["month"]) if parts.get("month") else None)

    def _month(self, year: int, number: int | None) -> str:
        today = timezone.localdate()
        if number is None:
            number = (today.month if year == today.year else 12) if self.last else 1
        if not (OLDEST_YEAR <= year <= today.year and 1 <= number <= 12):
            raise forms.ValidationError(_("Please check the year."), code="month")
        if (year, number) > (today.year, today.month):
            raise forms.ValidationError(_("This day is in the future."), code="future")
        return f"{year}-{number:02d}"


def _row(*, required: bool) -> dict[str, forms.Field]:
    """The fields of one occupation; only one row must be filled in."""
    text = {"required": False, "max_length": 200, "validators": [no_identification_number]}
    start = _("Month and year, like 03.2015. The year alone will do.")
    return {
        "kind": forms.ChoiceField(
            label=_("What it was"), choices=[("", _("Choose")), *history.KINDS.items()], required=required
        ),
        "organisation": forms.CharField(label=_("Where, and as what"), **text),
        "with_children": forms.BooleanField(label=_("There were children or teenagers"), required=False),
        "from": MonthField(label=_("From"), help_text=start, required=required),
        "to": MonthField(label=_("Until"), help_text=_("Leave it empty if it goes on."), last=True, required=False),
        "reason_left": forms.CharField(label=_("Why it ended"), **text),
    }


class HistoryForm(StepForm):
    """Fields are called `<number>-<field>`, numbers count from 1; rows left empty do not count."""

    template_name = "volunteers/forms/history.html"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["rows"] = forms.IntegerField(widget=forms.HiddenInput, required=False)
        self.fields["shown"] = forms.CharField(widget=forms.HiddenInput, required=False, max_length=1000)
        asked = [self.initial.get("rows"), *([self.data.get("rows")] if self.is_bound else [])]
        rows = [int(number) for number in map(str, asked) if re.fullmatch(r"\d{1,3}", number)]
        self.rows = min(max([*rows, 1] if rows else [FIRST_ROWS]), MOST_ROWS)
        if self.is_bound:
            self.initial.pop("gaps", None)  # they are told when the page is opened
        self.initial["rows"] = self.rows
        for number in range(1, self.rows + 1):
            for name, field in _row(required=number == 1).items():
                self.fields[f"{number}-{name}"] = field
        self.fields["gaps_explained"] = forms.CharField(
            label=_("If some months are missing: what was then?"),
            help_text=_("A sentence is enough: illness, search for work, a long journey."),
            max_length=1000,
            required=False,
            widget=forms.Textarea(attrs={"rows": 3}),
            validators=[no_identification_number],
        )

    @staticmethod
    def from_draft(application, saved):
        entries, gaps = saved.get("entries", []), history.gaps_in(answers.read(application), timezone.localdate())
        values = {
            f"{number}-{field}": value
            for number, entry in enumerate(entries, start=1)
            for field, value in entry.items()
        }
        explained = saved.get("gaps_explained", "")
        rows = max(FIRST_ROWS, len(entries))
        return {**values, "gaps_explained": explained, "gaps": gaps, "shown": _key(gaps), "rows": rows}

    @classmethod
    def with_one_more(cls, data, application) -> HistoryForm | None:
        """The form with what was typed and one more empty row, when its button was pressed."""
        if "more" not in data:
            return None
        form = cls(initial=data.dict(), application=application)
        return cls(initial={**data.dict(), "rows": form.rows + 1}, application=application)

    def part(self, name):
        return "occupations" if name[0].isdigit() else name

    def occupations(self) -> list[tuple[int, list[forms.BoundField]]]:
        """The fields of each row, for the page."""
        return [(number, [self[f"{number}-{field}"] for field in FIELDS]) for number in range(1, self.rows + 1)]

    @property
    def may_grow(self) -> bool:
        return self.rows < MOST_ROWS

    def asks_back(self) -> bool:
        """Whether months are missing that were not shown to him yet, and that he does not explain. Valid forms only."""
        gaps = history.gaps_in({**answers.read(self.application), "history": self.answers()}, timezone.localdate())
        unseen = _key(gaps) != self.cleaned_data["shown"]
        return bool(gaps) and unseen and not self.cleaned_data["gaps_explained"]

    def clean(self):
        cleaned = super().clean()
        for number in range(1, self.rows + 1):
            if self._is_filled(number):
                self._check(number)
        return cleaned

    def _is_filled(self, number: int) -> bool:
        return any(self.data.get(f"{number}-{field}", "").strip() for field in FIELDS)

    def _check(self, number: int) -> None:
        kind, start, end = (self.cleaned_data.get(f"{number}-{field}") for field in ("kind", "from", "to"))
        needed = {"kind", "from"} | ({"organisation"} if kind not in WITHOUT_PLACE else set())
        for field in needed:
            name = f"{number}-{field}"
            if name not in self.errors and not self.cleaned_data.get(name):
                self.add_error(name, self.fields[name].error_messages["required"])
        if start and end and end < start:
            self.add_error(f"{number}-to", _("The end comes before the beginning."))

    def answers(self) -> dict:
        data = self.cleaned_data
        entries = [
            {field: data[f"{number}-{field}"] for field in FIELDS}
            for number in range(1, self.rows + 1)
            if self._is_filled(number)
        ]
        return {"entries": entries, "gaps_explained": data["gaps_explained"]}


def _key(gaps: list[history.Gap]) -> str:
    return " ".join(f"{gap.start:%Y-%m}/{gap.end:%Y-%m}" for gap in gaps)
