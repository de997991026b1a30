"""What the portal keeps about one account, read by the table of `portal.personal`: one query for each model, however many
rows there are.

Left out, in the same words for everybody (`LEFT_OUT`): what others wrote in confidence and what staff wrote for
themselves. Nothing here may tell somebody of a concern, a hold or the do-not-engage list.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

from django.apps import apps
from django.db.models import Count, F, Field, Model, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal import crypto, personal
from portal.models import LogEntry, OutgoingMessage, User
from volunteers.models import Application, Person
from volunteers.services import own, traces
from volunteers.states import ApplicationState, CheckState

LEFT_OUT = _(
    "Not in here: what other people wrote about you in confidence (references), and notes that people of the programme"
    " wrote for their own work. The law protects these people too."
)
# Of these models only the rows that their owner has been told of, or wrote himself.
TOLD = {
    "portal.OutgoingMessage": Q(state=OutgoingMessage.State.SENT, is_secret=False),
    "volunteers.Decision": Q(confirmed_at__isnull=False, sent_back_at=None),
    "volunteers.Check": ~Q(state__in=[CheckState.CANCELLED, CheckState.INVALIDATED]),
    "events.Feedback": Q(side="mentor"),
}
SEALED = "_sealed"
NAMES = ("__name", "__title")  # columns of reference data in three languages


class Content(NamedTuple):
    """The rows of one model: by column as `key` calls it; and the column of the model behind each, where there is one."""

    label: str
    rows: list[dict]
    columns: dict[str, Field | None]


def key(lookup: str) -> str:
    """How the archive calls a column: `session__school__name` is "session_school", `iin_sealed` is "iin"."""
    return lookup.removesuffix("__name").removesuffix(SEALED).replace("__", "_")


def contents(user: User) -> list[Content]:
    """All that goes into the archive, in the order of the table; names of reference data in the active language."""
    found = (_content(table, user) for table in personal.tables().values() if table.of and table.archive)
    return [content for content in found if content.rows]


def _content(table: personal.Table, user: User) -> Content:
    model = apps.get_model(table.label)
    told = TOLD.get(table.label, Q())
    language = (get_language() or "ru")[:2]
    read = {name: f"{name}_{language}" if name.endswith(NAMES) else name for name in table.archive}
    lookups = {*read.values(), *_needed(model, table)}
    rows = model._base_manager.filter(told, **{table.of: user.pk}).order_by("pk").values(*lookups)
    shape = MASKS.get(table.label, lambda row: row)
    shown = [
        {
            key(name): _opened(model, name, row) if name.endswith(SEALED) else row[lookup]
            for name, lookup in read.items()
        }
        for row in map(shape, rows)
    ]
    return Content(table.label, shown, {key(name): _field(model, name) for name in table.archive})


def _needed(model: type[Model], table: personal.Table) -> set[str]:
    """What opening a sealed column, or a mask, needs besides the column."""
    needed = {"uuid"} if any(name.endswith(SEALED) for name in table.archive) else set()
    return needed | ({"return_to"} if table.label == "volunteers.Application" else set())


def _opened(model: type[Model], column: str, row: dict) -> object:
    """The plain value of a sealed column: a text, or what was kept as JSON. One that cannot be opened is told as that."""
    instance = model(uuid=row["uuid"], **{column: row[column]})
    try:
        text = getattr(instance, column.removesuffix(SEALED))
    except crypto.Unreadable:
        return "unreadable"
    return json.loads(text) if text[:1] in ("{", "[") else text


def _field(model: type[Model], lookup: str) -> Field | None:
    steps = lookup.removesuffix("__name").split("__")
    return model._meta.get_field(steps[0]) if len(steps) == 1 and not lookup.endswith(SEALED) else None


def _as_told(row: dict) -> dict:
    """An application in the state that its owner is told: he learns of no hold, and of a decision once it is taken."""
    told = own.stage(Application(state=row["state"], return_to=row["return_to"]))
    return row | {"state": ApplicationState.DECISION if told == ApplicationState.PROPOSED else told}


MASKS: dict[str, Callable[[dict], dict]] = {"volunteers.Application": _as_told}


def looks(user: User) -> list[dict]:
    """When others opened his record, in which role, and what: as the page "Who looked at my record" says it."""
    person = Person.objects.filter(user=user).first()
    if person is None:
        return []
    return list(traces.looks_told(person).values("at", "action", role=F("actor_roles")))


def own_acts(user: User) -> dict[str, int]:
    """How often he himself did what, by the words of the log."""
    acts = LogEntry.objects.filter(actor=user).order_by("action").values_list("action").annotate(times=Count("pk"))
    return dict(acts)
