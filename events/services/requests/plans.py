"""From a request to its sessions: what the portal proposes, and what the coordinator then plans in one go."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events import notifications
from events.models import VISITS_MAX, RequestWindow, SchoolSession, SessionBatch, SessionRequest
from events.services import tasks
from events.services.batches import Occurrence, days_of, make_batch
from events.services.locks import lock_request
from events.services.requests.deciding import demand_decision
from events.states import SCHEDULE, RequestState
from portal import moves
from portal.models import User
from portal.refusals import Reason, Refused

LESSON = timedelta(minutes=45)
FROM_REQUEST = ("school", "topic", "grade", "group_size", "language")  # what a session has from its request


def suggest(
    request: SessionRequest, window: RequestWindow | None = None, now: datetime | None = None
) -> list[Occurrence]:
    """A session of one lesson at the beginning of `window` (default: the first that is still ahead), and for a series
    one every week after it. Days without lessons stay in the list with their reason, and the series goes on until it
    has the visits that the school asked for."""
    now = now or timezone.now()
    window = window or _first_ahead(request, now)
    begins = timezone.make_aware(datetime.combine(window.day, window.starts))
    most = timezone.make_aware(datetime.combine(window.day, window.ends))
    asked = {name: getattr(request, name) for name in FROM_REQUEST}
    plan = SchoolSession(**asked, starts_at=begins, ends_at=min(begins + LESSON, most))
    return days_of(plan, weeks=1, count=request.visits, move_on=True, now=now)


def _first_ahead(request: SessionRequest, now: datetime) -> RequestWindow:
    windows = list(request.windows.all())
    here = timezone.localtime(now)
    ahead = [window for window in windows if (window.day, window.starts) > (here.date(), here.time())]
    return (ahead or windows)[0]


@transaction.atomic
def schedule_request(
    *,
    request: SessionRequest,
    sessions: list[SchoolSession],
    by: User,
    published: bool = True,
    now: datetime | None = None,
) -> SessionRequest:
    """Plans the sessions of an accepted request, all or none: drafts or, with `published`, open to mentors at once. They
    get what the school asked for, are linked to the request and are one batch, to be undone together. Letter to the
    school with the days.

    `sessions` are unsaved. Refuses with all of `planning.problems` of every session; visits (none or too many), twice
    (two at one time); wrong_state; `NotAllowed` not_yours, own_request. A repeated call plans and sends nothing.
    """
    request = lock_request(request, by)
    if request.state == RequestState.SCHEDULED and moves.may_make(SCHEDULE, request, by):
        return request
    demand_decision(SCHEDULE, request, by)
    if not 1 <= len(sessions) <= VISITS_MAX:
        text = _("A request is for 1 to %(most)s visits.") % {"most": VISITS_MAX}
        raise Refused(Reason("visits", text))
    if meeting(sessions):
        raise Refused(Reason("twice", _("Two of the sessions are at the same time.")))
    for session in sessions:
        session.request = request
        for name in FROM_REQUEST:
            setattr(session, name, getattr(request, name))
    make_batch(SessionBatch.Kind.SERIES, sessions, by, uuid4(), at_once=published, now=now)
    moves.advance(SCHEDULE, request, by, sessions=len(sessions), published=published)
    tasks.settle_all(request, by)
    notifications.to_school_scheduled(request, sessions)
    return request


def is_outside(request: SessionRequest, session: SchoolSession) -> bool:
    """Whether the session lies outside the times that the school named: its day and hours, and for a series the same
    weekday and hours later on. Never against a plan: the school may have said yes on the phone."""
    begins, ends = timezone.localtime(session.starts_at), timezone.localtime(session.ends_at)
    return not any(
        _on_its_day(request, window, begins.date()) and window.starts <= begins.time() and ends.time() <= window.ends
        for window in request.windows.all()
    )


def _on_its_day(request: SessionRequest, window: RequestWindow, day: date) -> bool:
    weeks, rest = divmod((day - window.day).days, 7)
    return not rest and (weeks == 0 or (weeks > 0 and request.visits > 1))


def meeting(sessions: list[SchoolSession]) -> list[SchoolSession]:
    """Those that begin before an earlier one of them has ended."""
    ordered = sorted(sessions, key=lambda session: session.starts_at)
    return [later for earlier, later in pairwise(ordered) if later.starts_at < earlier.ends_at]
