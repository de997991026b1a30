"""What runs every few minutes. Apps add their jobs in `AppConfig.ready()`; the task of the scheduler runs this."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise

from portal import jobs

LEASE = timedelta(minutes=10)
LATE_AFTER = timedelta(minutes=20)
BETWEEN = timedelta(minutes=2)  # two clocks are no reason to do it twice
_jobs: dict[str, Callable[[datetime], object]] = {}


def register(name: str, label: Promise, job: Callable[[datetime], object]) -> None:
    """`job(now)` is safe to repeat and to run twice at once; what it missed while nothing ran it does at the next run.
    `name` is stable, see `jobs.Job`; raises `ValueError` for a taken one."""
    jobs.register(name, label, late_after=LATE_AFTER)
    _jobs[name] = job


def run(now: datetime | None = None, *, due: Q = jobs.ALWAYS) -> None:
    """Runs every job that nobody runs just now, each for itself: a failing one is logged and does not stop the others."""
    now = now or timezone.now()
    jobs.runs(_jobs)
    for name, job in _jobs.items():
        jobs.run(name, partial(job, now), lease=LEASE, due=due)


def run_due() -> None:
    """The same for a clock: without those that began a moment ago."""
    run(due=Q(started_at=None) | Q(started_at__lt=timezone.now() - BETWEEN))
