"""What the portal does by itself, and when each of it was done last: one row of `JobRun` for each job, whoever runs it.

A run begins with a conditional update that takes the row for a while (its lease). However many clocks and workers there are, one
of them runs the job; whoever is killed in the middle of it is given up when his lease ends, and the job begins anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sized
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise

from portal.models import JobRun

logger = logging.getLogger(__name__)
ALWAYS = Q()


class Job(NamedTuple):
    """`name` is stable: alerts of operators know it. It is late when nothing of it succeeded for `late_after`."""

    name: str
    label: Promise
    late_after: timedelta


class Outcome(NamedTuple):
    """What one run gave back, or the kind of the error that ended it."""

    found: object = None
    failure: str = ""

    @property
    def count(self) -> int:
        return len(self.found) if isinstance(self.found, Sized) else int(self.found or 0)


class State(NamedTuple):
    """A job with its last run; `since` is when it last succeeded, or since when it is known and has not."""

    job: Job
    run: JobRun
    since: datetime
    is_late: bool


_known: dict[str, Job] = {}


def register(name: str, label: Promise, *, late_after: timedelta) -> None:
    """Makes the job known to the page of the state, to the metrics and to the alarm. Raises `ValueError` for a taken name."""
    if name in _known:
        raise ValueError(f"two jobs are called {name}")
    _known[name] = Job(name, label, late_after)


def runs(names: Iterable[str] | None = None) -> dict[str, JobRun]:
    """The rows of these jobs, or of all; a job that has none yet gets one."""
    names = set(_known if names is None else names)
    found = JobRun.objects.in_bulk(names)
    if missing := names - found.keys():
        JobRun.objects.bulk_create([JobRun(name=name) for name in missing], ignore_conflicts=True)
        found |= JobRun.objects.in_bulk(missing)
    return found


def run(name: str, act: Callable[[], object], *, lease: timedelta, due: Q = ALWAYS) -> Outcome | None:
    """Calls `act` unless somebody runs this job now, or its row does not meet `due`: then None. An error is logged and kept by
    its kind. `act` gives back a number, the records that it changed, or nothing. The row must be there (`runs`)."""
    started = timezone.now()
    is_free = Q(held_until=None) | Q(held_until__lte=started)
    if not JobRun.objects.filter(is_free, due, name=name).update(started_at=started, held_until=started + lease):
        return None
    try:
        outcome = Outcome(act())
    except Exception as error:
        logger.exception("job %s failed", name)
        outcome = Outcome(failure=type(error).__name__)
    _finish(name, started, outcome)
    return outcome


def _finish(name: str, started: datetime, outcome: Outcome) -> None:
    """Who was given up meanwhile writes nothing: the row belongs to another run."""
    now = timezone.now()
    mine = JobRun.objects.filter(name=name, started_at=started)
    mine.update(finished_at=now, held_until=None, failure=outcome.failure[:100], count=outcome.count)
    if not outcome.failure:
        mine.update(succeeded_at=now, told_late_at=None)


def note_success(name: str, *, began: datetime) -> None:
    """For what a program of the operator's starts, and no clock: it went well just now."""
    runs([name])
    JobRun.objects.filter(name=name).update(
        started_at=began, finished_at=timezone.now(), succeeded_at=timezone.now(), failure="", told_late_at=None
    )


def is_running(name: str) -> bool:
    """Whether somebody holds it, and is not given up."""
    return JobRun.objects.filter(name=name, held_until__gt=timezone.now()).exists()


def states(now: datetime | None = None) -> list[State]:
    """Every job with its last run, in the order in which they were made known; two queries at most."""
    now, rows = now or timezone.now(), runs()
    found = []
    for job in _known.values():
        since = rows[job.name].succeeded_at or rows[job.name].known_since
        found.append(State(job, rows[job.name], since, is_late=now - since > job.late_after))
    return found
