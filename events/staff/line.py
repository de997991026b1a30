"""Who waits for a place in a session, and whose visit looks for a colleague: for those who may read what a school does not."""

from __future__ import annotations

from django.utils import timezone

from events.models import SchoolSession, SwapOffer, WaitlistEntry


def line_of(session: SchoolSession) -> dict:
    """The caller has asked for `session.internal`."""
    line = WaitlistEntry.objects.filter(session=session).in_line().with_position()
    line = line.select_related("person", "gives_back__session__school")
    offers = SwapOffer.objects.filter(booking__session=session).open(timezone.now()).with_session()
    return {"line": line.order_by("position"), "handovers": offers}
