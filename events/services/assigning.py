"""What the coordinator does for a mentor: gives him a place, moves him to another session, asks all who could come."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from events import notifications
from events.models import Booking, SchoolSession
from events.services.booking import end_booking, take_place
from events.services.candidates import candidates
from events.services.company import approach
from events.services.guards import OVERRIDABLE, Situation, for_staff, why_not, why_not_then
from events.services.locks import lock_row, lock_session
from events.states import CANCEL_BY_COORDINATOR
from portal import access, audit, moves
from portal.models import OutgoingMessage, User
from portal.refusals import NotAllowed, Reason, Refused
from volunteers.models import Person

REASON_AT_LEAST = 10  # characters


@transaction.atomic
def book_for(
    *, session: SchoolSession, person: Person, by: User, reason: str = "", now: datetime | None = None
) -> Booking:
    """Gives `person` a place, by the same rules as if he booked it himself, and only when he can come by his own hours.
    While he holds one a second call returns the same booking and sends nothing.

    Past a cap or his hours (`OVERRIDABLE`) only with a `reason` of `REASON_AT_LEAST` characters, which is kept on the
    booking and in the log (I9). Refuses with all reasons of `guards.why_not` and not_available, and reason_missing where
    nothing else is in the way; `NotAllowed` not_yours; `DoesNotExist` for a mentor (or himself) or a session out of
    reach. Letters as for `services.book`; the mentor's says who booked.
    """
    now = now or timezone.now()
    person = _lock_mentor(person, by)
    session, situation, company = approach(session, person, now, by)
    _demand(session, by)
    if held := company.place_of(person):
        return held
    override = _demand_room(session, situation, by, reason, now)
    return take_place(
        session,
        situation,
        by,
        now,
        source=Booking.Source.COORDINATOR,
        company=company,
        override=override,
        reason=reason.strip() if override else "",
    )


@transaction.atomic
def move_to(*, booking: Booking, session: SchoolSession, by: User, reason: str, now: datetime | None = None) -> Booking:
    """Takes the mentor out of one session and into another in one step: where the other is refused, nothing changes.

    Refuses as `book_for` does, and: reason_missing (always asked for, `REASON_AT_LEAST` characters; the mentor reads it),
    past (the visit has begun), wrong_state, same (he holds a place there). His note goes along. The mentor gets a calendar
    cancellation and an invitation, both schools a letter; the freed place goes to who waits for it. A repeated call returns the booking
    in the other session.
    """
    now = now or timezone.now()
    person = _lock_mentor(booking.person, by)
    for key in sorted({booking.session_id, session.pk}):
        lock_row(SchoolSession(pk=key), by)
    booking = Booking.objects.visible_to(by).with_session().get(pk=booking.pk)
    _demand(booking.session, by)
    there = session.bookings.holding().filter(person=person).first()
    if there and not booking.holds:
        return there
    moves.demand(CANCEL_BY_COORDINATOR, booking, by, reason)
    if reasons := _against_leaving(booking, reason, now, there=there is not None):
        raise Refused(*reasons)
    end_booking(booking, CANCEL_BY_COORDINATOR, by, reason=reason, now=now, moved=True)
    session, situation, company = approach(session, person, now, by)
    _demand(session, by)
    override = _demand_room(session, situation, by, reason, now)
    notifications.booking_cancelled(booking)
    notifications.to_school_visit_off(booking, but=by)
    return take_place(
        session,
        situation,
        by,
        now,
        source=Booking.Source.COORDINATOR,
        company=company,
        override=override,
        reason=reason.strip() if override else "",
        note=booking.note,
    )


@transaction.atomic
def call_mentors(*, session: SchoolSession, by: User, now: datetime | None = None) -> int:
    """Writes to every mentor near the school who could book this session now (`candidates`), each once for a version of
    it; returns how many letters were written. Refuses wrong_state, past, full and what else closes the session for all;
    `NotAllowed` not_yours."""
    now = now or timezone.now()
    session = lock_session(session, by)
    _demand(session, by)
    found = candidates(session, by, now)
    asked = OutgoingMessage.objects.filter(letter=notifications.SHORTAGE_CALL, about=session.code)
    before = asked.count()
    notifications.shortage_call(session, [row.person for row in found if not row.reasons])
    written = asked.count() - before
    audit.record(session, "call", by, asked=written)
    return written


def answers_to_call(session: SchoolSession) -> tuple[int, int]:
    """How many were asked for this session by `call_mentors`, and how many of these hold or held a place that they took
    themselves after it."""
    letters = OutgoingMessage.objects.filter(letter=notifications.SHORTAGE_CALL, about=session.code)
    asked = letters.filter(recipient=OuterRef("person__user"), created_at__lte=OuterRef("created_at"))
    themselves = [Booking.Source.SELF, Booking.Source.WAITLIST]
    came = session.bookings.shown_to_school().filter(Exists(asked), source__in=themselves)
    return letters.values("recipient").distinct().count(), came.count()


def _lock_mentor(person: Person, by: User) -> Person:
    people = Person.objects.for_staff(by).select_for_update(of=("self",)).select_related("user")
    return people.get(pk=person.pk)


def _demand(session: SchoolSession, by: User) -> None:
    if not access.allows(by, "session.plan", session.reach):
        raise NotAllowed(Reason("not_yours", _("You plan sessions for the schools of your own district only.")))


def _demand_room(session: SchoolSession, situation: Situation, by: User, reason: str, now: datetime) -> list[Reason]:
    """The reasons that the coordinator goes past; raises where there are others, or he does not say why."""
    against = [*why_not(situation, session, now), *why_not_then(situation, session)]
    told = for_staff(against, session, situation.person)
    may = access.allows(by, "session.override", session.reach)
    if any(item.code not in OVERRIDABLE for item in against) or (against and not may):
        raise Refused(*told)
    if against and len(reason.strip()) < REASON_AT_LEAST:
        raise Refused(*told, _reason_missing())
    return against


def _reason_missing() -> Reason:
    text = _("Please write why, in a few words: at least %(number)s characters.") % {"number": REASON_AT_LEAST}
    return Reason("reason_missing", text)


def _against_leaving(booking: Booking, reason: str, now: datetime, *, there: bool) -> list[Reason]:
    reasons = [] if len(reason.strip()) >= REASON_AT_LEAST else [_reason_missing()]
    if booking.starts_at <= now:
        reasons.append(Reason("past", _("This session has already begun.")))
    if there:
        reasons.append(Reason("same", _("The visit is in this session already.")))
    return reasons
