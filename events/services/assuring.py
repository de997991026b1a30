""" "Still coming?": shortly before the visit the mentor says with one press that he comes (S49). Silence costs nobody his
place; the school and the coordinator see who has said it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import Booking
from events.services.locks import lock_booking
from events.states import ASSURE, BookingState
from portal import moves
from portal.models import User
from portal.refusals import Reason, Refused
from volunteers.models import Person

SALT = "events.assuring"


@transaction.atomic
def assure(*, booking: Booking, by: User, by_link: bool = False, now: datetime | None = None) -> Booking:
    """The mentor says that he comes; `by_link` notes that he pressed the button behind the link of his letter. A repeated
    call changes nothing. No letter: the pages show it.

    Refuses with all of: past (it has begun), too_early (more than `PROGRAMME["reminders"]["day"]` hours before);
    wrong_state (only a confirmed visit); `NotAllowed` not_yours.
    """
    now = now or timezone.now()
    Person.objects.select_for_update(of=("self",)).get(pk=booking.person_id)
    booking = lock_booking(booking, by)
    moves.demand(ASSURE, booking, by)
    if booking.assured_at:
        return booking
    reasons = []
    if booking.starts_at <= now:
        reasons.append(Reason("past", _("This session has already begun.")))
    if now < booking.starts_at - _asked_before():
        reasons.append(Reason("too_early", _("It is early: you are asked on the day before the visit.")))
    if reasons:
        raise Refused(*reasons)
    booking.assured_at = now
    moves.advance(ASSURE, booking, by, link=by_link)
    return booking


def _asked_before() -> timedelta:
    """How long before a visit its mentor is asked."""
    return timedelta(hours=settings.PROGRAMME["reminders"]["day"][0])


def is_near(booking: Booking, now: datetime) -> bool:
    """Whether the visit is ahead, and so near that its mentor is asked."""
    return booking.starts_at - _asked_before() <= now < booking.starts_at


def may_assure(booking: Booking, now: datetime) -> bool:
    """Whether the button is offered: his visit is confirmed and near, and he has not said it yet."""
    return is_near(booking, now) and booking.state == BookingState.CONFIRMED and booking.assured_at is None


def awaits_word(booking: Booking, now: datetime) -> bool:
    """Whether he was asked and has not said that he comes. Who booked, or said so after a change, when the question was
    due had just spoken: he was not asked (`reminders`). The booking comes with its session."""
    spoke = booking.state_since if booking.session.version > 1 else booking.created_at
    return may_assure(booking, now) and spoke < booking.starts_at - _asked_before()


def silent_in(bookings: Iterable[Booking], now: datetime) -> Counter[int]:
    """By session (primary key) how many of these bookings' mentors were asked, for the coming hours in which it is a risk,
    and have not said that they come. The bookings come with their sessions."""
    soon = now + timedelta(hours=settings.PROGRAMME["at_risk_hours"])
    return Counter(row.session_id for row in bookings if row.starts_at <= soon and awaits_word(row, now))


def link_of(booking: Booking) -> str:
    """The words of the link in his letter: who has it says that he comes, to this session at this time."""
    return signing.Signer(salt=SALT).sign(f"{booking.uuid.hex}.{booking.session.version}")


def by_link(token: str, now: datetime) -> Booking:
    """The visit whose link this is, while it is ahead and at the time for which it was asked. Reads only.

    Raises `Booking.DoesNotExist` for any other words: made up, of a session that was moved since, of one that has begun,
    of somebody without an account.
    """
    try:
        key, version = signing.Signer(salt=SALT).unsign(token).split(".")
    except signing.BadSignature:
        raise Booking.DoesNotExist from None
    rows = Booking.objects.with_session().filter(person__user__is_active=True, starts_at__gt=now)
    return rows.select_related("person__user").get(uuid=key, session__version=version)
