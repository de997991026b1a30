"""The short lists that a page with a filter reads: choices and names, all by one query, when the first is asked for."""

from __future__ import annotations

from html import escape

import django_filters as filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms.models import ModelChoiceIterator
from django.forms.utils import flatatt
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django_filters.fields import ModelChoiceField

from portal.gather import gather


class Lists:
    """Rows by a name. They are read once, those of every name together."""

    def __init__(self, **querysets: QuerySet):
        self._querysets = querysets

    @cached_property
    def _found(self) -> dict[str, list[Model]]:
        return gather(**self._querysets)

    def __getitem__(self, name: str) -> list[Model]:
        return self._found[name]


class _Iterator(ModelChoiceIterator):
    def __iter__(self):
        yield "", self.field.empty_label
        yield from map(self.choice, self.field.rows)


class PlainSelect(forms.Select):
    """The same element, made without a template for each of hundreds of options."""

    def render(self, name, value, attrs=None, renderer=None):
        chosen = self.format_value(value)
        options = "".join(
            f'<option value="{escape(str(key))}"{" selected" * (str(key) in chosen)}>{escape(str(text))}</option>'
            for key, text in self.choices
        )
        attributes = flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name}))
        return format_html("<select{}>{}</select>", attributes, mark_safe(options))  # noqa: S308 - escaped one by one


class ListedField(ModelChoiceField):
    """A choice among rows that are in memory: neither the list nor the check of what was chosen asks the database."""

    iterator, widget = _Iterator, PlainSelect
    lists: Lists
    name: str

    @property
    def rows(self) -> list[Model]:
        return self.lists[self.name]

    def to_python(self, value):
        if value in self.empty_values:
            return None
        for row in self.rows:
            if str(row.pk) == str(value):
                return row
        raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value})


class ListedFilter(filters.ModelChoiceFilter):
    field_class = ListedField


class ListedFilterSet(filters.FilterSet):
    """Its choices among rows (`ListedFilter`) come together. `also` are further lists that the page reads with them."""

    also: dict[str, QuerySet] = {}

    @cached_property
    def lists(self) -> Lists:
        fields = {name: field for name, field in super().form.fields.items() if isinstance(field, ListedField)}
        return Lists(**{name: field.queryset for name, field in fields.items()}, **self.also)

    @property
    def form(self):
        form = super().form
        for name, field in form.fields.items():
            if isinstance(field, ListedField):
                field.lists, field.name = self.lists, name
        return form
