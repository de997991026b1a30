"""What the night does with requests. Every job is safe to repeat."""

from __future__ import annotations

from datetime import date, datetime, time

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from events import notifications
from events.models import RequestWindow, SessionRequest
from events.services import tasks
from events.services.following import follow, without_sessions_ahead
from events.services.locks import lock_request
from events.states import EXPIRE, UNPLANNED, RequestState
from portal import audit, moves
from portal.retention import SCHEDULE


def follow_sessions(on: date) -> list[str]:
    """Requests that `follow` moves; their codes."""
    return [request.code for request in without_sessions_ahead(on).order_by("pk") if follow(request, on)]


def expire_requests(on: date) -> list[str]:
    """Requests without a plan all of whose days lie before `on` (Asia/Almaty): closed, with a letter to the school.
    Returns their codes."""
    return [request.code for request in _past(on).order_by("pk") if _expire(request, on)]


def _past(on: date) -> QuerySet[SessionRequest]:
    ahead = RequestWindow.objects.filter(request=OuterRef("pk"), day__gte=on)
    return SessionRequest.objects.filter(~Exists(ahead), state__in=UNPLANNED)


@transaction.atomic
def _expire(request: SessionRequest, on: date) -> bool:
    request = lock_request(request)
    if not _past(on).filter(pk=request.pk).exists():
        return False
    moves.advance(EXPIRE, request, None)
    tasks.settle_all(request, None)
    notifications.to_school_request_expired(request)
    return True


def drafts_due(on: date) -> QuerySet[SessionRequest]:
    begun_before = timezone.make_aware(datetime.combine(SCHEDULE["drafts"].limit(on), time.min))
    return SessionRequest.objects.filter(state=RequestState.DRAFT, state_since__lt=begun_before)


@transaction.atomic
def forget_drafts(on: date) -> list[str]:
    """Deletes drafts that were begun `PROGRAMME["draft_days"]` before `on` and never sent. Returns their codes."""
    codes = []
    for request in drafts_due(on).select_for_update().order_by("pk"):
        codes.append(request.code)
        audit.record(request, "discard", None, state_from=request.state)
        request.delete()
    return codes
