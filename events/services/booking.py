from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from events import notifications
from events.models import Booking, SchoolSession
from events.services.company import Company, Room, approach, company_of
from events.services.guards import Situation, beginners_on, why_not, why_too_few
from events.services.line import place_freed, seated
from events.services.locks import lock_booking
from events.services.tasks import settle_partner_left
from events.states import (
    CANCEL_BOOKING,
    CANCEL_BY_COORDINATOR,
    CANCEL_BY_SCHOOL,
    CONFIRM_VISIT,
    RECONFIRM,
    WITHDRAW_SWAP,
    BookingState,
    SessionState,
    SwapState,
)
from portal import access, audit, moves, services
from portal.access import Role
from portal.models import StaffTask, User
from portal.moves import Move
from portal.refusals import NotAllowed, Reason, Refused
from volunteers.models import Person

NOTE_AT_MOST = 300  # characters


@transaction.atomic
def book(*, session: SchoolSession, by: User, note: str = "", now: datetime | None = None) -> Booking:
    """Gives `by` a place, for himself, with his `note` or question for the school (at most `NOTE_AT_MOST` characters).
    A second call while he holds one returns the same booking and sends nothing.

    Refuses with all reasons of `guards.why_not`, and offered (the place is kept for him in exchange for another visit:
    then `accept_place` is the way); `NotAllowed` (not_a_mentor) for somebody who is no mentor;
    `SchoolSession.DoesNotExist` for a session he may not see. The booking is confirmed at once where the school has
    named its adult, and waits for the school otherwise. Letters: to the mentor with a calendar file, and to the school.
    """
    now = now or timezone.now()
    person = Person.objects.select_for_update().filter(user=by).first()
    if person is None:
        raise NotAllowed(Reason("not_a_mentor", _("Only approved mentors book sessions.")))
    person.user = by
    session, situation, company = approach(session, person, now, by)
    if held := company.place_of(person):
        return held
    reasons = why_not(situation, session, now)
    if (offer := situation.offer_for(session, now)) and situation.given_back(offer, now):
        text = _("A place is offered to you. Take it on the page of the session: it ends your other visit.")
        reasons = [Reason("offered", text, reverse("session_detail", args=[session.uuid])), *reasons]
    if reasons:
        raise Refused(*reasons)
    return take_place(session, situation, by, now, company=company, note=note.strip()[:NOTE_AT_MOST])


def take_place(
    session: SchoolSession,
    situation: Situation,
    by: User,
    now: datetime,
    *,
    source: str = Booking.Source.SELF,
    company: Company | None = None,
    override: Iterable[Reason] = (),
    reason: str = "",
    note: str = "",
) -> Booking:
    """The one way to a place. The caller holds the locks of the mentor and of the session, and `guards.why_not` has
    nothing against it, or only what the coordinator goes past (`override`) with a `reason`. Confirmed at once where the
    school has named its adult and there are adults enough, else it waits, and the log keeps for what; who stood in the
    line is taken off it; letters as `book` says; so are the visits of others that waited for him. `company` spares two
    statements where the caller has it."""
    company = company or company_of(session, situation)
    room = company.room_with(situation.person, session)
    booking = _make_booking(session, situation, company, room, source=source, override_reason=reason, note=note)
    seat = {"seat": booking.seat_no, "source": source}
    audit.record(booking, "book", by, state_to=booking.state, **seat, **room._asdict())
    if override:
        audit.record(booking, "override", by, reason=reason, codes=sorted({item.code for item in override}))
    if session.pk in situation.line:
        seated(session, situation.person, now)
    notifications.place_taken(booking, company.contacts)
    if booking.role == Booking.Role.LEAD and (
        unsure := [other for other in company.holders if other.awaits_confirmation]
    ):
        settle_partner_left(unsure, by)
    if not room.held_by:
        _confirm_who_waited(company, booking)
    return booking


def _confirm_who_waited(company: Company, joined: Booking) -> None:
    """Now that there are adults enough: whose visits waited for one more of them, or in their first visits for somebody
    experienced, are confirmed by the same rule, and they read so. What waits for the school alone is left to it."""
    session, holders = joined.session, company.holders
    for other in holders:
        other.session = session
    waiting = [other for other in holders if other.awaits_confirmation and other.person_id in company.clear]
    were_short = why_too_few(session, [other.person for other in holders], company.clear, company.kin)
    led = any(other.role == Booking.Role.LEAD for other in holders)
    alone = set()
    if waiting and not led:
        alone = beginners_on(session.day, [other.person for other in waiting])
        alone |= {other.person_id for other in waiting if other.state == RECONFIRM.target}
    for other in waiting:
        has_company = joined.role == Booking.Role.LEAD if other.person_id in alone else bool(were_short)
        if has_company:
            other.confirmed_version = session.version
            moves.advance(CONFIRM_VISIT, other, None)
            notifications.visit_confirmed(other)


def _make_booking(session: SchoolSession, situation: Situation, company: Company, room: Room, **words: str) -> Booking:
    confirmed = not room.held_by
    return Booking.objects.create(
        session=session,
        person=situation.person,
        role=Booking.Role.LEAD if situation.is_experienced_on(session.day) else Booking.Role.SECOND,
        seat_no=company.free_seat(session),
        state=BookingState.CONFIRMED if confirmed else BookingState.PENDING,
        confirmed_version=session.version if confirmed else None,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        **words,
    )


@transaction.atomic
def cancel_booking(*, booking: Booking, by: User, reason: str = "", now: datetime | None = None) -> Booking:
    """Frees the place: the mentor his own, the school or the coordinator somebody's, always with a reason.

    A mentor needs a reason inside the last hours (`PROGRAMME["late_cancel_hours"]`). Refuses reason_missing,
    wrong_state, past (it has begun: then attendance is the place to say so), `NotAllowed` not_yours. A repeated call
    changes and sends nothing. The reminder is cancelled; the mentor gets a calendar cancellation, the school a letter
    without the reason; of a late one the coordinators of the district hear at once.
    """
    now = now or timezone.now()
    booking = lock_booking(booking, by)
    move = cancelling_move(booking, by)
    if booking.state == move.target and moves.may_make(move, booking, by):
        return booking
    moves.demand(move, booking, by, reason)
    if booking.starts_at <= now:
        raise Refused(Reason("past", _("This session has already begun.")))
    if is_late(booking, now) and not reason.strip():
        raise Refused(Reason("reason_missing", _("It is close to the visit. Please write why you cannot come.")))
    end_booking(booking, move, by, reason=reason, now=now)
    notifications.booking_cancelled(booking)
    notifications.to_school_visit_off(booking, but=by)
    if move is CANCEL_BOOKING and is_late(booking, now):
        notifications.to_coordinator_late_cancel(booking)
    return booking


def cancelling_move(booking: Booking, by: User) -> Move:
    """The move by which `by` would cancel: his own booking, as a coordinator, or else as the school."""
    if booking.person.user_id == by.pk:
        return CANCEL_BOOKING
    return CANCEL_BY_COORDINATOR if access.allows(by, "session.plan", booking.reach) else CANCEL_BY_SCHOOL


def is_late(booking: Booking, now: datetime | None = None) -> bool:
    """Whether the school counts on it already, so that cancelling needs a reason."""
    return booking.session.late_from <= (now or timezone.now())


def end_booking(
    booking: Booking, move: Move, by: User | None, *, reason: str = "", now: datetime | None = None, **data
) -> None:
    """Makes a move that frees the place: what `let_go` does, beginners whom it leaves without an experienced mentor are
    seen to, and the place goes to who waits for it. The caller holds the lock of the session."""
    let_go(booking, move, by, reason=reason, **data)
    if booking.role == Booking.Role.LEAD and booking.session.state == SessionState.PUBLISHED:
        _see_to_beginners(booking)
    place_freed(booking.session, now)


def let_go(booking: Booking, move: Move, by: User | None, *, reason: str = "", **data) -> None:
    """Ends the booking and what hangs on it: its reminder, a task that he is silent or lacks a partner, its handover if
    one is open. The caller sees to the place."""
    if booking.awaits_mentor:
        services.settle_task(StaffTask.Kind.NOT_CONFIRMED_AGAIN, once=silence_key(booking), by=by)
    if booking.awaits_confirmation:
        settle_partner_left([booking], by)
    booking.reason = reason.strip()[:300]
    moves.advance(move, booking, by, reason=booking.reason, **data)
    notifications.forget_reminders(booking)
    for offer in booking.swap_offers.filter(state=SwapState.OPEN):
        moves.advance(WITHDRAW_SWAP, offer, by)


def silence_key(booking: Booking) -> str:
    """The key of the task about a mentor who does not say whether he still comes: one for each change."""
    return f"{booking.uuid}:{booking.session.version}"


def _see_to_beginners(ended: Booking) -> None:
    """Where no experienced mentor is left, the visits of beginners are to be confirmed again, which waits for one; the
    coordinator gets a task for each of them, the mentor a letter."""
    session = ended.session
    left = list(session.bookings.holding().order_by("pk").with_session())
    if any(booking.role == Booking.Role.LEAD for booking in left):
        return
    alone = beginners_on(session.day, [booking.person for booking in left])
    for booking in [booking for booking in left if booking.person_id in alone]:
        if booking.state in RECONFIRM.sources:
            booking.assured_at = None
            moves.advance(RECONFIRM, booking, None)
            notifications.forget_reminders(booking)  # he is to wait
            notifications.partner_left(booking)
        services.raise_task(
            StaffTask.Kind.PARTNER_LEFT,
            role=Role.COORDINATOR,
            about=booking.code,
            url=reverse("staff_session", args=[session.uuid]),
            district=session.school.district,
            once=f"{booking.uuid}:{ended.uuid}",
        )
