"""Several short lists in one query: what one decision or one page rests on, from many tables, none of them long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db.models import (
    BinaryField,
    CharField,
    Field,
    ForeignKey,
    Func,
    IntegerField,
    JSONField,
    Model,
    QuerySet,
    TextField,
    Value,
    Window,
)
from django.db.models.functions import RowNumber

UNREAD = (BinaryField, JSONField)  # the engines write these into JSON in different ways, or not at all
AS_WRITTEN = (CharField, IntegerField, TextField)  # JSON has them as they are


class _Row(Func):
    """Columns as one JSON array. Django's JSONArray gives PostgreSQL a cast for each, which only bare values need."""

    function, output_field = "JSON_ARRAY", JSONField()

    def as_postgresql(self, compiler, connection, **extra):
        return self.as_sql(compiler, connection, function="JSONB_BUILD_ARRAY", **extra)


@dataclass
class _Shape:
    """Of which columns an instance is made, and the instances that hang on it (`select_related`)."""

    model: type[Model]
    fields: list[Field]
    related: dict[Field, _Shape] = field(default_factory=dict)

    def __post_init__(self):
        self.names = [item.attname for item in self.fields]
        self.key = self.names.index(self.model._meta.pk.attname)
        self.to_read = [(number, item) for number, item in enumerate(self.fields) if not _as_written(item)]

    @classmethod
    def of(cls, model: type[Model], mask: dict, related: dict) -> _Shape:
        """`mask` and `related` are what Django made of `only` or `defer` and of `select_related`."""
        wanted = [item for item in model._meta.concrete_fields if not mask or item in mask]
        shape = cls(model, [item for item in wanted if not isinstance(item, UNREAD)])
        for name, further in related.items():
            link = model._meta.get_field(name)
            shape.related[link] = cls.of(link.related_model, mask.get(link, {}), further)
        return shape

    def columns(self, path: str = "") -> _Row:
        """One array of an instance's own columns, followed by such an array for each that hangs on it."""
        own = [f"{path}{name}" for name in self.names]
        return _Row(*own, *(shape.columns(f"{path}{link.name}__") for link, shape in self.related.items()))

    def instance(self, database: str, values: list) -> Model | None:
        own = values[: len(self.names)]
        if own[self.key] is None:
            return None
        for number, item in self.to_read:
            own[number] = _value(item, own[number])
        made = self.model.from_db(database, self.names, own)
        for (link, shape), further in zip(self.related.items(), values[len(own) :], strict=True):
            link.set_cached_value(made, shape.instance(database, further))
        return made


def gather(**lists: QuerySet) -> dict[str, list[Model]]:
    """The rows of each queryset in its order, as instances, by one query for all.

    Kept: filters, annotations, `order_by`, `select_related` by foreign keys, `only`, `defer`, and the object whose related
    manager made the queryset. Columns of bytes and of JSON are deferred. Prefetches are lost, slices refused.
    """
    shapes, parts = [], []
    for number, rows in enumerate(lists.values()):
        query = rows.query
        shape = _Shape.of(rows.model, query.get_select_mask(), query.select_related or {})
        place = Window(RowNumber(), order_by=list(query.order_by or rows.model._meta.ordering) or ["pk"])
        plain = rows.order_by().select_related(None).defer(None)
        shapes.append(shape)
        columns = _Row(shape.columns(), *query.annotation_select)
        parts.append(plain.values_list(Value(number, IntegerField()), place, columns))
    found: list[list[tuple[int, list]]] = [[] for _shape in shapes]
    for number, place, values in parts[0].union(*parts[1:], all=True):
        found[number].append((place, values))
    return {
        name: list(_instances(rows, shape, sorted(found_rows, key=lambda row: row[0])))
        for (name, rows), shape, found_rows in zip(lists.items(), shapes, found, strict=True)
    }


def _instances(rows: QuerySet, shape: _Shape, found: list[tuple[int, list]]) -> Iterator[Model]:
    annotations = {name: made.output_field for name, made in rows.query.annotation_select.items()}
    for _place, (values, *added) in found:
        made = shape.instance(rows.db, values)
        for (name, item), value in zip(annotations.items(), added, strict=True):
            setattr(made, name, _value(item, value))
        for link, known in rows._known_related_objects.items():
            link.set_cached_value(made, known[getattr(made, link.attname)])
        yield made


def _as_written(item: Field) -> bool:
    return isinstance(item.target_field if isinstance(item, ForeignKey) else item, AS_WRITTEN)


def _value(item: Field, value: object) -> object:
    """What was a text in the JSON as the field's own type; SQLite keeps moments in UTC without saying so."""
    made = item.to_python(value)
    return made.replace(tzinfo=UTC) if isinstance(made, datetime) and made.tzinfo is None else made
