"""What cannot wait until somebody reads the log: a letter to every administrator and safeguarding lead, within minutes; that
the portal itself falls behind is told to administrators. That a role was given and that a list was taken along is told by
letters of their own (`portal.notifications`)."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from celery.signals import task_postrun
from django.core.signals import request_finished
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from portal import access, jobs, limits, mail, notifications, watch
from portal.models import JobRun

DENIALS, WITHIN_SECONDS = 20, 600
logger = logging.getLogger(__name__)


def look(request: HttpRequest, response: HttpResponseBase) -> None:
    """Notes what an answer tells, and counts what one account was denied."""
    if watch.answered(request, response):
        who = request.user
        enough = not limits.consume(f"denied:{who.pk}", limit=DENIALS - 1, seconds=WITHIN_SECONDS)
        if enough and limits.consume(f"denials-told:{who.pk}", limit=1, seconds=WITHIN_SECONDS):
            watch.alarm("denials", about=who.code)


def tell(**kwargs) -> None:
    """Writes the letters of the alarms of this request or task: one an hour and reader for each kind, for denials for each
    account. Receives signals; a failure here is nobody's error page."""
    for event, about in watch.take_alarms():
        try:
            _write(event, about)
        except Exception:
            logger.exception("alarm not written")


def _write(event: str, about: str) -> None:
    hour = f"{datetime.now(UTC):%Y%m%d%H}"
    once = f"alarm:{event}:{about if event == 'denials' else ''}:{hour}"
    letters = [
        mail.Letter(
            name="portal/alarm",
            to=user,
            context={"event": event, "about": about},
            dedupe_key=f"{once}:{user.pk}",
            action=("staff_home",),
        )
        for user in notifications.holders(*access.NEVER_EMPTY)
    ]
    mail.queue_many(letters)


@transaction.atomic
def tell_late(now: datetime | None = None) -> list[str]:
    """One letter to each administrator about the jobs that are late and were not told of since they last succeeded; returns
    their names. Two at once tell of a job once."""
    now = now or timezone.now()
    late = {state.job.name: state for state in jobs.states(now) if state.is_late and state.run.told_late_at is None}
    if not late or not JobRun.objects.filter(name__in=late, told_late_at=None).update(told_late_at=now):
        return []
    mine = JobRun.objects.filter(name__in=late, told_late_at=now).values_list("name", flat=True)
    told = [late[name] for name in late if name in set(mine)]
    mail.queue_many(
        mail.Letter(
            name="portal/jobs_late",
            to=user,
            context={"states": told},
            dedupe_key=f"jobs-late:{now.isoformat()}:{user.pk}",
            action=("staff_status",),
        )
        for user in notifications.holders(access.Role.ADMINISTRATOR)
    )
    for state in told:
        watch.note("job_late", about=state.job.name)
    return [state.job.name for state in told]


def connect() -> None:
    request_finished.connect(tell, dispatch_uid="alarms")
    task_postrun.connect(tell, dispatch_uid="alarms")
