"""What becomes of a school's request when its sessions are over or off. Imported by the planning of sessions, so it knows nothing
of `services.requests`."""

from __future__ import annotations

from datetime import date, datetime, time

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from events.models import Booking, SchoolSession, SessionRequest
from events.services import tasks
from events.services.locks import lock_request
from events.states import FULFIL, PLAN_AGAIN, BookingState, RequestState, SessionState
from portal import moves
from portal.models import StaffTask

AHEAD = {SessionState.PUBLISHED, SessionState.IN_PROGRESS, SessionState.FINISHED}  # something is still to come of it


def without_sessions_ahead(on: date) -> QuerySet[SessionRequest]:
    """Planned requests of which no session is ahead any more: cancelled, closed, or a draft of a past day."""
    draft = Q(state=SessionState.DRAFT, ends_at__gte=timezone.make_aware(datetime.combine(on, time.min)))
    ahead = SchoolSession.objects.filter(Q(state__in=AHEAD) | draft, request=OuterRef("pk"))
    return SessionRequest.objects.filter(~Exists(ahead), state=RequestState.SCHEDULED)


@transaction.atomic
def follow(request: SessionRequest, on: date) -> bool:
    """Moves the request if it is one of `without_sessions_ahead`: held, if a mentor came to one of its sessions; else to be
    planned again, which is a task. Returns whether it moved. Who holds locks of sessions has locked the request before."""
    request = lock_request(request)
    if not without_sessions_ahead(on).filter(pk=request.pk).exists():
        return False
    if Booking.objects.filter(session__request=request, state=BookingState.COMPLETED).exists():
        moves.advance(FULFIL, request, None)
    else:
        moves.advance(PLAN_AGAIN, request, None)
        tasks.raise_one(StaffTask.Kind.SESSION_REQUEST, request, f"again:{request.sessions.count()}")
    return True
