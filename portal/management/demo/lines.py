"""What a waiting list and a handover look like: Nurlan waits, is offered a place, hands a visit over and is asked himself."""

from __future__ import annotations

from datetime import time, timedelta

from django.utils import timezone

from events.models import Booking, SchoolSession, SwapOffer, WaitlistEntry
from events.states import WaitState
from portal.models import Topic
from volunteers.models import Membership, Organisation, Person

from .cast import Cast
from .sessions import book_experienced, make_session, teaching_days

LAST_LESSON = time(18)  # when nothing else of the demonstration is held


def make_lines(cast: Cast, mentors: list[Person]) -> None:
    """A full session with a line of two, one with a place kept for Nurlan, a visit of his that is left to anybody, and one
    that Yerbol, of the same council, asks him to take over."""
    today, topic = timezone.localdate(), Topic.objects.exclude(parent=None)[0]
    days = teaching_days(today + timedelta(days=4), 4)
    full, offered, left, asked = (make_session(cast, cast.school, topic, day, LAST_LESSON) for day in days)
    book_experienced(full, mentors[0])
    for minutes, person in enumerate((mentors[1], cast.nurlan)):
        _wait(full, person, minutes)
    entry = _wait(offered, cast.nurlan, 0)
    entry.state, entry.offer_expires_at = WaitState.OFFERED, timezone.now() + timedelta(hours=20)
    entry.save()
    _hand_over(book_experienced(left, cast.nurlan))
    _make_colleagues(cast)
    _hand_over(book_experienced(asked, cast.yerbol), cast.nurlan)


def _wait(session: SchoolSession, person: Person, minutes: int) -> WaitlistEntry:
    return WaitlistEntry.objects.create(
        session=session, person=person, queued_at=timezone.now() - timedelta(days=1) + timedelta(minutes=minutes)
    )


def _hand_over(booking: Booking, to_person: Person | None = None) -> None:
    SwapOffer.objects.create(booking=booking, to_person=to_person, expires_at=booking.starts_at - timedelta(hours=2))


def _make_colleagues(cast: Cast) -> None:
    council = Organisation.objects.filter(kind="veterans", is_sample=True, district=cast.taraz).first()
    if council is None:
        return
    for person in (cast.nurlan, cast.yerbol):
        Membership.objects.update_or_create(
            person=person,
            organisation=council,
            defaults={"confirmed_at": timezone.now(), "confirmed_by": cast.aigul, "refused_at": None},
        )
