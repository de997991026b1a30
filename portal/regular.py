"""What runs every few minutes. Apps add their jobs in `AppConfig.ready()`; the task of the scheduler runs this."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

logger = logging.getLogger(__name__)
_jobs: list[Callable[[datetime], object]] = []


def register(job: Callable[[datetime], object]) -> None:
    """`job(now)` is safe to repeat and to run twice at once; what it missed while nothing ran it does at the next run."""
    _jobs.append(job)


def run(now: datetime | None = None) -> None:
    """Runs every job, each for itself: a failing one is logged and does not stop the others."""
    now = now or timezone.now()
    for job in _jobs:
        try:
            job(now)
        except Exception:
            logger.exception("regular job failed")
