"""What waits for a mentor's word in school sessions, for his own page (`volunteers.flags`)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from events.models import Booking, SchoolSession, SwapOffer, WaitlistEntry
from events.services.assuring import may_assure
from events.states import WaitState
from volunteers.flags import Flag
from volunteers.models import Person


def flags_of(person: Person, now: datetime) -> Iterator[Flag]:
    """A place that is offered from the waiting list, a colleague who asks to hand over, a change that awaits his word,
    and the visits of which he is asked whether he comes. Codes: place_offered, asked_to_take, changed, coming."""
    offered = WaitlistEntry.objects.filter(person=person, state=WaitState.OFFERED, offer_expires_at__gt=now)
    for entry in offered.select_related("session__school").order_by("offer_expires_at", "pk"):
        text = _("A place is offered to you: %(visit)s. You can answer until %(until)s.")
        words = {"visit": _visit(entry.session), "until": _moment(entry.offer_expires_at)}
        yield Flag("place_offered", text % words, _page(entry.session))
    if SwapOffer.objects.open(now).filter(to_person=person).exists():
        yield Flag("asked_to_take", _("A colleague asks you to come in his place."), reverse("swap_list"))
    coming = Booking.objects.holding().filter(person=person, starts_at__gt=now).select_related("session__school")
    for booking in coming.order_by("starts_at", "pk"):
        if booking.awaits_mentor:
            text = _("Time or place changed: please say whether you still come") + f": {_visit(booking.session)}"
            yield Flag("changed", text, _page(booking.session))
        elif may_assure(booking, now):
            text = _("Do you come?") + f" {_visit(booking.session)}"
            address = reverse("booking_assure", args=[booking.uuid])
            yield Flag("coming", text, _page(booking.session), _("I come"), address)


def _page(session: SchoolSession) -> str:
    return reverse("session_detail", args=[session.uuid])


def _visit(session: SchoolSession) -> str:
    return f"{_moment(session.starts_at)}, {session.school.name}"


def _moment(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{date_format(local, 'DATE_FORMAT')}, {date_format(local, 'TIME_FORMAT')}"
