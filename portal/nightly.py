"""What runs every night. Apps add their jobs in `AppConfig.ready()`; the command, the task and the page all run this."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise

from portal import jobs

logger = logging.getLogger(__name__)
BEGINS = time(2)  # Asia/Almaty
LEASE = timedelta(minutes=30)
LATE_AFTER = timedelta(hours=26)
AGAIN_AFTER = timedelta(hours=1)  # what failed
RUNNING = "Running"


class Line(NamedTuple):
    """One job's result for the report: the codes of the records it changed, or why it could not."""

    label: str
    codes: Sequence[str]
    failure: str = ""

    @property
    def count(self) -> int:
        return len(self.codes)


class Job(NamedTuple):
    name: str
    label: Promise
    act: Callable[[date], Sequence[str]]


_jobs: list[Job] = []


def register(name: str, label: Promise, job: Callable[[date], Sequence[str]]) -> None:
    """`job(on)` gets the day in Asia/Almaty, is safe to repeat, and returns the codes of the records it changed. What
    no rollback undoes (a file erased) it leaves to `transaction.on_commit`, so that a trial changes nothing. `name` is stable,
    see `jobs.Job`; raises `ValueError` for a taken one."""
    jobs.register(name, label, late_after=LATE_AFTER)
    _jobs.append(Job(name, label, job))


def run(on: date | None = None, *, trial: bool = False) -> list[Line]:
    """Runs every job, each for itself: a failing one is reported and does not stop the others; one that somebody else runs
    just now is left to him (`RUNNING`). With `trial` each is rolled back: the report says what would be done, and nothing is
    changed or sent."""
    on = on or timezone.localdate()
    if trial:
        return [_tried(job, on) for job in _jobs]
    jobs.runs(job.name for job in _jobs)
    outcomes = ((job.label, jobs.run(job.name, partial(job.act, on), lease=LEASE)) for job in _jobs)
    return [
        Line(label, [], RUNNING) if outcome is None else Line(label, outcome.found or [], outcome.failure)
        for label, outcome in outcomes
    ]


def run_due(now: datetime | None = None) -> None:
    """For a clock that ticks every few minutes: runs what has not succeeded since the last two o'clock of the night, in order; what
    failed, again after an hour. A new job waits for its first night. Where somebody else is at it, it is left to him."""
    now = now or timezone.now()
    turn = _last_turn(now)
    due = (
        Q(known_since__lt=turn)
        & (Q(succeeded_at=None) | Q(succeeded_at__lt=turn))
        & (Q(started_at=None) | Q(started_at__lt=now - AGAIN_AFTER) | Q(held_until__lte=now))
    )
    rows = jobs.runs(job.name for job in _jobs)
    on = timezone.localdate(now)
    for job in _jobs:
        last = rows[job.name].succeeded_at
        if (last is None or last < turn) and _is_anothers(job, on, due):
            return


def _is_anothers(job: Job, on: date, due: Q) -> bool:
    """Runs the job if it is due; says whether somebody else is at it."""
    ran = jobs.run(job.name, partial(job.act, on), lease=LEASE, due=due)
    return ran is None and jobs.is_running(job.name)


def _last_turn(now: datetime) -> datetime:
    local = timezone.localtime(now)
    turn = datetime.combine(local.date(), BEGINS, local.tzinfo)
    return turn if turn <= local else turn - timedelta(days=1)


def _tried(job: Job, on: date) -> Line:
    try:
        return Line(job.label, attempt(job.act, on))
    except Exception as error:
        logger.exception("job %s failed on trial", job.name)
        return Line(job.label, [], type(error).__name__)


@transaction.atomic
def attempt(job: Callable[[date], Sequence[str]], on: date) -> Sequence[str]:
    """What `job` would report; all that it did is rolled back."""
    codes = job(on)
    transaction.set_rollback(True)
    return codes
