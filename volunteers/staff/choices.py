"""The choices of all forms on a page, in one query: most of its forms are never opened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django import forms
from django.db.models import F, IntegerField, QuerySet, Value, Window
from django.db.models.expressions import Combinable
from django.db.models.functions import RowNumber
from django.utils.translation import get_language

from portal.models import User
from volunteers.models import CheckType, ReasonCode, TrainingModule
from volunteers.staff.lines import display_name


def fill_choices(offered: Iterable[forms.Form]) -> None:
    """Reads what can be chosen in these forms. One that was sent and came back with errors reads its own."""
    fields = [
        field
        for form in offered
        if not form.is_bound
        for field in form.fields.values()
        if isinstance(field, forms.ModelChoiceField)
    ]
    parts = [_choices(number, field.queryset) for number, field in enumerate(fields)]
    if not parts:
        return
    found: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    for number, *choice in parts[0].union(*parts[1:], all=True):
        found[number].append(tuple(choice))
    for number, field in enumerate(fields):
        empty = [] if field.empty_label is None else [("", field.empty_label)]
        field.choices = [*empty, *((pk, label) for _place, pk, label in sorted(found[number]))]


def _choices(number: int, rows: QuerySet) -> QuerySet:
    order = rows.query.order_by or rows.model._meta.ordering or ["pk"]
    place = Window(RowNumber(), order_by=list(order))
    return rows.order_by().values_list(Value(number, IntegerField()), place, "pk", _label(rows.model))


def _label(model: type) -> Combinable:
    language = get_language()[:2]
    labels = {
        User: display_name(),
        ReasonCode: F(f"text_{language}"),
        CheckType: F(f"name_{language}"),
        TrainingModule: F(f"name_{language}"),
    }
    return labels[model]
