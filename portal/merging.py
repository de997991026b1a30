"""No change is lost when two people, or one with two devices, change the same record by the same form.

The page carries a mark of every value that it showed. What comes back is compared with it, and with what stands now: what
was not touched stays as it is now, what nobody else touched becomes what was typed, and where both touched it the field
says what stands now and keeps what was typed; sent again from that page it counts.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import date, datetime

from django import forms
from django.db import models
from django.forms import BoundField
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.formats import date_format
from django.utils.translation import gettext as _

SHOWN = "as_shown"
MARK_BYTES = 12


def held(rows: models.QuerySet, request: HttpRequest) -> models.QuerySet:
    """`rows`, each locked until the end of the transaction where the request is to write. For the page of a `Merging`
    form, whose `post` is a transaction: what the form compares with must stand until the service has saved."""
    return rows.select_for_update(of=("self",)) if request.method == "POST" else rows


class Merging:
    """For a form that changes the row `of` (of a model form: its instance). Its initial values are what stands now, also when
    it is bound; without a row, or without the mark of a page, nothing is merged. The marks are keyed hashes: nobody reads
    a value out of them, nor makes one for a value, a row or a form that he was not shown.

    Files, hidden and disabled fields are left out; so is whoever posts what no page of ours has shown.
    """

    def __init__(self, *args, of: models.Model | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.of = of or getattr(self, "instance", None)
        self._against_me: dict[str, str] = {}
        if self.of is not None and self.of.pk:
            field = forms.CharField(widget=forms.HiddenInput, required=False)
            field.initial = self._marks  # asked when the page is made: by then all fields are there
            self.fields[SHOWN] = field

    def part(self, name: str) -> str:
        """Fields for which this is the same are merged as one: they say something only together. Empty: left out."""
        return name

    def merge(self) -> None:
        """Puts what stands now in the place of what was not touched, and notes what was touched by both."""
        shown = dict(mark.split(":", 1) for mark in self.data[self.add_prefix(SHOWN)].split() if ":" in mark)
        self.data = self.data.copy()
        for part, fields in self._parts().items():
            now, sent = _values(fields, now=True), _values(fields, now=False)
            if now == sent or shown.get(part) == self._mark(part, now):
                continue
            if shown.get(part) == self._mark(part, sent):
                for field in fields:
                    self._take_over(field)
            else:
                self._against_me |= {field.name: _in_words(field) for field in fields if _differs(field)}
        self.data[self.add_prefix(SHOWN)] = self._marks()

    def full_clean(self):
        if self.is_bound and SHOWN in self.fields and self.data.get(self.add_prefix(SHOWN)):
            self.merge()
        super().full_clean()

    def clean(self):
        cleaned = super().clean()
        self.cleaned_data.pop(SHOWN, None)
        text = _("This was changed meanwhile. Now it is: %(now)s. Yours stands below: save again if it is right.")
        for name, now in self._against_me.items():
            self.add_error(name, forms.ValidationError(text, code="changed_meanwhile", params={"now": now}))
        return cleaned

    def _parts(self) -> dict[str, list[BoundField]]:
        parts: dict[str, list[BoundField]] = {}
        for field in self.visible_fields():
            left_out = field.field.disabled or field.field.widget.needs_multipart_form
            if (part := self.part(field.name)) and not left_out:
                parts.setdefault(part, []).append(field)
        return parts

    def _marks(self) -> str:
        return " ".join(
            f"{part}:{self._mark(part, _values(fields, now=True))}" for part, fields in self._parts().items()
        )

    def _mark(self, part: str, values: list[tuple[str, list[str]]]) -> str:
        form = f"{type(self).__module__}.{type(self).__qualname__}"
        salt = repr((__name__, form, self.of._meta.label, self.of.pk, part))
        digest = salted_hmac(salt, repr(values), algorithm="sha256").digest()[:MARK_BYTES]
        return base64.urlsafe_b64encode(digest).decode()

    def _take_over(self, field: BoundField) -> None:
        values = _as_sent(field, field.initial)
        if isinstance(field.field.widget, forms.CheckboxInput) and not values:
            self.data.pop(field.html_name, None)
        elif getattr(field.field.widget, "allow_multiple_selected", False):
            self.data.setlist(field.html_name, values)
        else:
            self.data[field.html_name] = "".join(values)


def _as_sent(field: BoundField, value) -> list[str]:
    """What a browser sends of the field when it shows `value`; empty texts left out, ends of lines as ours."""
    widget = field.field.widget
    if isinstance(widget, forms.CheckboxInput):
        return ["on"] if value else []
    value = widget.format_value(field.field.prepare_value(value))
    values = value if isinstance(value, list | tuple) else [value]
    texts = (str(one).replace("\r\n", "\n").strip() for one in values if one is not None)
    return sorted(text for text in texts if text)


def _values(fields: list[BoundField], *, now: bool) -> list[tuple[str, list[str]]]:
    """Of each field that is not empty what stands now, or what was sent."""
    values = [(field.name, _as_sent(field, field.initial if now else field.data)) for field in fields]
    return sorted(value for value in values if value[1])


def _differs(field: BoundField) -> bool:
    return _as_sent(field, field.initial) != _as_sent(field, field.data)


def _in_words(field: BoundField) -> str:
    """What stands now, as the reader would read it on the page."""
    value, sent = field.initial, _as_sent(field, field.initial)
    if isinstance(field.field.widget, forms.CheckboxInput):
        return _("yes") if sent else _("no")
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value, "DATE_FORMAT")
    if hasattr(field.field, "choices"):
        sent = [str(label) for key, label in _choices(field.field.choices) if str(key) in sent]
    return ", ".join(sent) or "—"


def _choices(choices) -> Iterator[tuple[object, object]]:
    """Every choice, those in groups too."""
    for key, label in choices:
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield key, label
