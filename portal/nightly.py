"""What runs every night. Apps add their jobs in `AppConfig.ready()`; the command, the task and the page all run this."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from django.utils import timezone

logger = logging.getLogger(__name__)


class Line(NamedTuple):
    """One job's result for the report: how many records it changed, or why it could not."""

    label: str
    count: int
    failure: str = ""


_jobs: list[tuple[str, Callable[[date], int]]] = []


def register(label: str, job: Callable[[date], int]) -> None:
    """`job(on)` gets the day in Asia/Almaty, is safe to repeat, and returns how many records it changed."""
    _jobs.append((label, job))


def run(on: date | None = None) -> list[Line]:
    """Runs every job, each for itself: a failing one is reported and does not stop the others."""
    on = on or timezone.localdate()
    report = []
    for label, job in _jobs:
        try:
            report.append(Line(label, job(on)))
        except Exception as error:
            logger.exception("nightly job failed")
            report.append(Line(label, 0, type(error).__name__))
    return report
