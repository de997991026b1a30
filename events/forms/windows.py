"""Numbered rows of a day and hours in a form: `<number>-day`, `<number>-starts`, `<number>-ends`, numbers from 1."""

from __future__ import annotations

from datetime import date, time
from typing import NamedTuple

from django import forms
from django.utils.translation import gettext_lazy as _

DAY = {"type": "date"}
HOUR = {"type": "time"}
PARTS = ("day", "starts", "ends")


class Row(NamedTuple):
    number: int
    day: date
    starts: time
    ends: time


class RowsMixin:
    """For a form with `rows_most` rows, of which those left empty do not count."""

    rows_most: int

    def add_rows(self) -> None:
        for number in range(1, self.rows_most + 1):
            day = forms.DateInput(attrs=DAY, format="%Y-%m-%d")
            self.fields[f"{number}-day"] = forms.DateField(label=_("Day"), widget=day, required=False)
            for name, label in (("starts", _("Begins")), ("ends", _("Ends"))):
                widget = forms.TimeInput(attrs=HOUR, format="%H:%M")
                self.fields[f"{number}-{name}"] = forms.TimeField(label=label, widget=widget, required=False)

    @staticmethod
    def initial_rows(rows) -> dict:
        """The initial values for objects with `day`, `starts` and `ends`."""
        return {f"{number}-{part}": getattr(row, part) for number, row in enumerate(rows, start=1) for part in PARTS}

    def rows(self) -> list[tuple[int, list[forms.BoundField]]]:
        """The fields of each row, for the page."""
        return [(number, [self[f"{number}-{part}"] for part in PARTS]) for number in range(1, self.rows_most + 1)]

    def filled_rows(self) -> list[Row]:
        """The rows that are whole. In a row begun and not finished the empty fields get an error."""
        found = []
        for number in range(1, self.rows_most + 1):
            names = [f"{number}-{part}" for part in PARTS]
            if not any(str(self.data.get(self.add_prefix(name), "")).strip() for name in names):
                continue
            values = [self.cleaned_data.get(name) for name in names]
            if None not in values:
                found.append(Row(number, *values))
                continue
            for name, value in zip(names, values, strict=True):
                if value is None and name not in self.errors:
                    self.add_error(name, forms.Field.default_error_messages["required"])
        return found

    def other_fields(self) -> list[forms.BoundField]:
        """What is asked besides the rows."""
        return [field for field in self.visible_fields() if not field.name[0].isdigit()]
