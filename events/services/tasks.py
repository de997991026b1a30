"""The coordinators' tasks about requests and visits: raised when it is their turn, settled by whatever happens next."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils import timezone

from events.models import Booking, SessionRequest
from portal import services
from portal.access import Role
from portal.models import StaffTask, User

KINDS = (StaffTask.Kind.SESSION_REQUEST, StaffTask.Kind.REQUEST_ANSWERED)


def raise_one(kind: str, request: SessionRequest, once: str) -> None:
    services.raise_task(
        kind,
        role=Role.COORDINATOR,
        about=request.code,
        url=reverse("staff_request", args=[request.uuid]),
        district=request.school.district,
        once=f"{request.uuid}:{once}",
    )


def settle_all(request: SessionRequest, by: User | None) -> None:
    """Marks what waited for a coordinator as done."""
    waiting = StaffTask.objects.open()
    for kind in KINDS:
        waiting.filter(dedupe_key__startswith=f"{kind}:{request.uuid}:").update(done_at=timezone.now(), done_by=by)


def settle_partner_left(bookings: Iterable[Booking], by: User | None) -> None:
    """Marks what asked for somebody experienced beside these mentors as done: there is one again, or they do not come."""
    asked = StaffTask.objects.open().filter(kind=StaffTask.Kind.PARTNER_LEFT)
    asked.filter(about__in=[booking.code for booking in bookings]).update(done_at=timezone.now(), done_by=by)
