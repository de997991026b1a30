"""Several at the same moment: real threads and connections. It needs a database that really commits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from portal.refusals import Refused


def together(*acts: Callable) -> list:
    """Runs all acts from one barrier, each in a thread with a connection of its own; the results in the same order."""
    barrier = threading.Barrier(len(acts))

    def run(act):
        try:
            barrier.wait(timeout=30)
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def attempt(service: Callable, *given, **arguments) -> Callable[[], str]:
    """The call as an act that says `done`, or the codes of its refusal."""

    def act() -> str:
        try:
            service(*given, **arguments)
        except Refused as refused:
            return " ".join(refused.codes)
        return "done"

    return act
