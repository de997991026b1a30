"""What is far away stays as it was: whoever has nothing to do with it neither reads a word of it, nor changes a row of it,
nor ties a row of his own to it."""

from __future__ import annotations

from collections.abc import Iterable

from django.apps import apps
from django.db import models

from portal.management.demo.builders import iin_of
from tests.access.world import FAR

Rows = dict[str, frozenset]

MODELS = {
    model._meta.db_table: model
    for model in apps.get_models(include_auto_created=True)
    if model._meta.managed and not model._meta.proxy
}
# By whatever is done to it a session stays public to mentors: they may book it, wait for it and take a visit over. So do
# training meetings, to which they come from every district.
PUBLIC = {"events_schoolsession", "volunteers_trainingmeeting"}


def all_rows() -> Rows:
    return {table: frozenset(model._base_manager.values_list("pk", flat=True)) for table, model in MODELS.items()}


def since(before: Rows) -> Rows:
    """What was written since `before`, by table."""
    return {table: new for table, rows in all_rows().items() if (new := rows - before[table])}


def secrets(world: dict) -> list[str]:
    """What a page shows to nobody who has nothing to do with the far world: its people's names, numbers and addresses, and
    every word that was written there."""
    people = [world["person"], world["mentor"], world["refused"].person, world["cast"].nurlan]
    numbers = [iin_of(number) for number in (170, FAR.number, FAR.number + 1, FAR.number + 2)]
    return [FAR.family, FAR.words, *numbers, *(p.email for p in people), *(p.phone for p in people)]


class Judge:
    """Made while the worlds stand as they were built. `far`: the rows of the far one."""

    def __init__(self, far: Rows, words: list[str]):
        self.far = far
        self.words = words
        self.contents = {table: self._content(table) for table in far}
        self.ties = {table: self._ties(table) for table in MODELS}

    def told(self, text: str) -> list[str]:
        """The words of the far world that the text holds."""
        return [word for word in self.words if word in text]

    def harm(self, written: Iterable[str]) -> list[str]:
        """What the writing into these tables did to the far world; asked before it is rolled back."""
        found = []
        for table in sorted(set(written) & set(MODELS)):
            if table in self.far and self._content(table) != self.contents[table]:
                found.append(f"{table}: a row of others was changed")
            if new := self._ties(table) - self.ties[table]:
                found.append(f"{table}: tied to a row of others, {sorted(column for column, _pk in new)}")
        return found

    def _content(self, table: str) -> list[tuple]:
        rows = MODELS[table]._base_manager.filter(pk__in=self.far[table])
        return [tuple(map(_plain, row)) for row in rows.order_by("pk").values_list()]

    def _ties(self, table: str) -> set[tuple]:
        """Rows that are not of the far world and point into it."""
        model, found = MODELS[table], set()
        for field in model._meta.concrete_fields:
            if not isinstance(field, models.ForeignKey):
                continue
            target = field.remote_field.model._meta.db_table
            if target in PUBLIC or target not in self.far:
                continue
            tied = model._base_manager.filter(**{f"{field.name}__in": self.far[target]})
            pks = tied.exclude(pk__in=self.far.get(table, ())).values_list("pk", flat=True)
            found |= {(field.name, pk) for pk in pks}
        return found


def _plain(value):
    return bytes(value) if isinstance(value, memoryview) else value
