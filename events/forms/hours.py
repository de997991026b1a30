from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from events import months
from portal.merging import Merging

DAY = {"type": "date"}
MONTHS_OFFERED = 24
MONTHS_AHEAD = 6


class CorrectionForm(Merging, forms.Form):
    minutes = forms.IntegerField(label=_("Minutes that count, in all"), min_value=0)
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The mentor will read it. Please write nothing about pupils."),
        max_length=300,
        widget=forms.Textarea,
    )


class CertificateForm(forms.Form):
    first_day = forms.DateField(label=_("From"), widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    last_day = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))


class SerialForm(forms.Form):
    serial = forms.CharField(
        label=_("Number of the certificate"),
        help_text=_("Twelve letters and digits, as they stand on the paper."),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )


class MonthForm(forms.Form):
    """One of the last two years' months, as `2026-10`."""

    month = forms.ChoiceField(label=_("Month"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        offered = list(islice(_months_back(timezone.localdate()), MONTHS_OFFERED))
        self.fields["month"].choices = [(f"{day:%Y-%m}", date_format(day, "YEAR_MONTH_FORMAT")) for day in offered]

    @classmethod
    def asked(cls, data) -> tuple[MonthForm, date]:
        """The filled form and the first day of the month; the month before this one where none is asked for, or one that
        is not offered."""
        form = cls(data)
        if not form.is_valid():
            last = next(islice(_months_back(timezone.localdate()), 1, None))
            form = cls({"month": f"{last:%Y-%m}"})
            form.is_valid()
        return form, date.fromisoformat(f"{form.cleaned_data['month']}-01")


class SpanForm(forms.Form):
    """From one month to another, as `2026-10`: two years back at most, and half a year ahead."""

    first = forms.ChoiceField(label=_("First month"))
    last = forms.ChoiceField(label=_("Last month"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        offered = list(islice(_months_back(_ahead(MONTHS_AHEAD)), MONTHS_AHEAD + MONTHS_OFFERED))
        for name in ("first", "last"):
            self.fields[name].choices = [(f"{day:%Y-%m}", date_format(day, "YEAR_MONTH_FORMAT")) for day in offered]

    @classmethod
    def asked(cls, data) -> tuple[SpanForm, date, date]:
        """The filled form, and the first days of the two months, the earlier one first; half a year back and two months
        ahead where nothing is asked for, or what is not offered."""
        form = cls(data)
        if not form.is_valid():
            back = next(islice(_months_back(timezone.localdate()), 6, None))
            form = cls({"first": f"{back:%Y-%m}", "last": f"{_ahead(2):%Y-%m}"})
            form.is_valid()
        first, last = sorted(date.fromisoformat(f"{form.cleaned_data[name]}-01") for name in ("first", "last"))
        return form, first, last


def _ahead(number: int) -> date:
    """The first day of the month so many months from now."""
    day = timezone.localdate().replace(day=1)
    for _number in range(number):
        day = months.next_month(day)
    return day


def _months_back(day: date) -> Iterator[date]:
    """The first days of this month, the one before, and so on."""
    while True:
        day = day.replace(day=1)
        yield day
        day -= timedelta(days=1)
