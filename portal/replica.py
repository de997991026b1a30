"""A database that only reads and may be some seconds late, where one is named (`DATABASE_REPLICA_URL`)."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connections

from portal.outage import Away

ALIAS = "replica"
Found = TypeVar("Found")

_asked: ContextVar[bool] = ContextVar("replica_asked", default=False)
away = Away()


def late(ask: Callable[[], Found]) -> Found:
    """What `ask` finds on the replica; on the primary where there is none, or where it does not answer. For what decides
    nothing and is not kept (docs/decisions/0022): `ask` fetches all it needs before it returns."""
    if ALIAS not in connections.settings or away:
        return ask()
    token = _asked.set(True)
    try:
        return ask()
    except (OperationalError, InterfaceError) as error:
        away.note("replica", error)
    finally:
        _asked.reset(token)
    return ask()


class Router:
    def db_for_read(self, model, **hints) -> str:
        return ALIAS if _asked.get() else "default"

    def db_for_write(self, model, **hints) -> str:
        return "default"

    def allow_relation(self, one, other, **hints) -> bool:
        return True  # both are the same rows

    def allow_migrate(self, db: str, app_label: str, **hints) -> bool:
        return db != ALIAS
