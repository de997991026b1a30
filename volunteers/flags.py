"""What waits for a mentor's word, told by the apps above that know it (school sessions): his own page shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from volunteers.models import Person


class Flag(NamedTuple):
    """`url` is the page where he answers; where one press is enough, `button` is its label and `post` its address."""

    code: str
    text: str
    url: str
    button: str = ""
    post: str = ""


Provider = Callable[[Person, datetime], Iterable[Flag]]
_providers: list[Provider] = []


def provide_by(provider: Provider) -> None:
    """Registers the one who knows, in `AppConfig.ready()`."""
    _providers.append(provider)


def flags_of(person: Person, now: datetime) -> list[Flag]:
    return [flag for provider in _providers for flag in provider(person, now)]
