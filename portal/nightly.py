"""What runs every night. Apps add their jobs in `AppConfig.ready()`; the command, the task and the page all run this."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

logger = logging.getLogger(__name__)


class Line(NamedTuple):
    """One job's result for the report: the codes of the records it changed, or why it could not."""

    label: str
    codes: Sequence[str]
    failure: str = ""

    @property
    def count(self) -> int:
        return len(self.codes)


_jobs: list[tuple[str, Callable[[date], Sequence[str]]]] = []


def register(label: str, job: Callable[[date], Sequence[str]]) -> None:
    """`job(on)` gets the day in Asia/Almaty, is safe to repeat, and returns the codes of the records it changed. What
    no rollback undoes (a file erased) it leaves to `transaction.on_commit`, so that a trial changes nothing."""
    _jobs.append((label, job))


def run(on: date | None = None, *, trial: bool = False) -> list[Line]:
    """Runs every job, each for itself: a failing one is reported and does not stop the others. With `trial` each is
    rolled back: the report says what would be done, and nothing is changed or sent."""
    on = on or timezone.localdate()
    report = []
    for label, job in _jobs:
        try:
            report.append(Line(label, _try(job, on) if trial else job(on)))
        except Exception as error:
            logger.exception("nightly job failed")
            report.append(Line(label, [], type(error).__name__))
    return report


@transaction.atomic
def _try(job: Callable[[date], Sequence[str]], on: date) -> Sequence[str]:
    codes = job(on)
    transaction.set_rollback(True)
    return codes
