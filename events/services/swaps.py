"""A mentor hands his visit over to a colleague. Until somebody has taken it the visit, and the duty to come, stay his."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from events import notifications
from events.models import Booking, SchoolSession, SwapOffer
from events.services.booking import let_go, take_place
from events.services.guards import Situation, situation_of, situations_of, why_not
from events.services.locks import lock_booking, lock_people, lock_row
from events.states import (
    DECLINE_SWAP,
    EXPIRE_SWAP,
    HAND_OVER,
    HOLDING,
    SWAP_OUT,
    WITHDRAW_SWAP,
    BookingState,
    SwapState,
)
from portal import audit, moves
from portal.models import User
from portal.refusals import NotAllowed, Reason, Refused
from volunteers.models import Membership, Person


def colleagues_of(person: Person) -> QuerySet[Person]:
    """Mentors who know each other: they came to the same session once, or the same organisation has confirmed both."""
    came = Booking.objects.filter(state=BookingState.COMPLETED)
    met = came.filter(session__in=came.filter(person=person).values("session"))
    members = Membership.objects.filter(confirmed_at__isnull=False, refused_at=None, organisation__is_active=True)
    fellows = members.filter(organisation__in=members.filter(person=person).values("organisation"))
    known = Q(pk__in=met.values("person")) | Q(pk__in=fellows.values("person"))
    people = Person.objects.serving().filter(known, user__isnull=False).exclude(pk=person.pk)
    return people.order_by("family_name", "given_name", "pk")


def last_moment(session: SchoolSession) -> datetime:
    """Until then a visit may be taken over: some hours before the session, or the end of booking where that is earlier."""
    last = session.starts_at - timedelta(hours=settings.PROGRAMME["handover_until_hours"])
    return min(last, session.closes_at or last)


@transaction.atomic
def offer_swap(
    *, booking: Booking, by: User, to_person: Person | None = None, now: datetime | None = None
) -> SwapOffer:
    """Looks for somebody who takes the visit of `by` over: `to_person`, who gets a letter, or anybody who may come.

    The booking stays as it is. Refuses with all of: not_a_colleague (`colleagues_of`), comes_already, declined_before, too_late;
    swap_open (another offer is open), wrong_state, `NotAllowed` not_yours, `Booking.DoesNotExist`. The same offer while
    it is open is returned as it is.
    """
    now = now or timezone.now()
    lock_people(booking.person_id, *([to_person.pk] if to_person else []))
    booking = lock_booking(booking, by)
    if booking.reach.subject_id != by.pk:
        raise NotAllowed(Reason("not_yours", _("Only the mentor himself hands his visit over.")))
    if open_one := booking.swap_offers.filter(state=SwapState.OPEN).first():
        if open_one.to_person == to_person:
            return open_one
        raise Refused(Reason("swap_open", _("You have asked already. Take that back first.")))
    if booking.state not in HOLDING:
        raise Refused(Reason("wrong_state", _("This visit is no longer yours to hand over.")))
    if reasons := [*_too_late(booking.session, now), *(_against_asking(booking, to_person) if to_person else [])]:
        raise Refused(*reasons)
    offer = SwapOffer.objects.create(booking=booking, to_person=to_person, expires_at=last_moment(booking.session))
    audit.record(offer, "offer_swap", by, state_to=offer.state, named=to_person is not None)
    if to_person:
        notifications.swap_offered(offer)
    return offer


def _too_late(session: SchoolSession, now: datetime) -> list[Reason]:
    if now < last_moment(session):
        return []
    text = _("It is too late to hand the visit over. If you cannot come, please cancel it at once.")
    return [Reason("too_late", text, reverse("session_detail", args=[session.uuid]))]


def _against_asking(booking: Booking, to_person: Person) -> list[Reason]:
    reasons = []
    if not colleagues_of(booking.person).filter(pk=to_person.pk).exists():
        reasons.append(
            Reason("not_a_colleague", _("You can ask mentors whom you know from visits or your organisation."))
        )
    if booking.session.bookings.holding().filter(person=to_person).exists():
        reasons.append(Reason("comes_already", _("This colleague comes to the session anyway.")))
    if booking.swap_offers.filter(to_person=to_person, state=SwapState.DECLINED).exists():
        reasons.append(Reason("declined_before", _("This colleague has said already that he cannot.")))
    return reasons


@transaction.atomic
def take_swap(*, offer: SwapOffer, by: User, now: datetime | None = None) -> Booking:
    """In one step the visit is no longer the other's and is `by`'s, as a new booking; a second call returns the same one.

    Everything is asked of `by` as for `services.book`, with the other's place counted as free. Refuses with all reasons of
    `guards.why_not` (`queue` for a visit left to anybody while others wait for a place), needs_lead (a mentor in his first visits
    would be without an experienced one), booked, swap_over, `NotAllowed` (not_a_mentor, not_yours); then the other still
    holds it. Letters: to both with calendar files, to the school that another mentor comes.
    """
    now = now or timezone.now()
    taker = _lock_taker(offer, by)
    offer, booking = _fresh(offer), Booking.objects.with_session().get(pk=offer.booking_id)
    if booking.person_id == taker.pk or (offer.to_person_id and offer.to_person_id != taker.pk):
        raise NotAllowed(_not_for_you())
    held = booking.session.bookings.holding().filter(person=taker).first()
    if held and offer.state == SwapState.DONE and offer.taken_by_id == taker.pk:
        return held
    if offer.state != SwapState.OPEN or not booking.holds or now >= min(offer.expires_at, last_moment(booking.session)):
        raise Refused(_swap_over())
    if held:
        raise Refused(Reason("booked", _("You are booked")))
    lead_needed = bool(_needing_a_lead([booking], now))
    offer.taken_by = taker
    moves.advance(HAND_OVER, offer, by)
    let_go(booking, SWAP_OUT, by)
    session = SchoolSession.objects.for_cards().get(pk=booking.session_id)
    situation = situation_of(taker, now)
    if reasons := _against_taking(offer, session, situation, now, lead_needed=lead_needed):
        raise Refused(*reasons)  # and nothing of the above has happened
    taken = take_place(session, situation, by, now, source=Booking.Source.SWAP)
    notifications.handed_over(booking)
    return taken


def _lock_taker(offer: SwapOffer, by: User) -> Person:
    """The person behind `by`, locked with the holder of the visit, and then the session."""
    taker = Person.objects.filter(user=by).first()
    if taker is None:
        raise NotAllowed(Reason("not_a_mentor", _("Only approved mentors book sessions.")))
    people = lock_people(offer.booking.person_id, taker.pk)
    lock_row(offer.booking.session, by)
    return people[taker.pk]


def why_not_take(
    offers: Iterable[SwapOffer], situation: Situation, now: datetime
) -> list[tuple[SwapOffer, SchoolSession, list[Reason]]]:
    """Every offer with its session, as from `for_cards()`, and every reason why this mentor cannot take it now. Costs the
    same number of queries for any number of offers."""
    offers = list(offers)
    ids = [offer.booking.session_id for offer in offers]
    sessions = {session.pk: session for session in SchoolSession.objects.for_cards().filter(pk__in=ids)}
    needing = _needing_a_lead([offer.booking for offer in offers], now)
    rows = []
    for offer in offers:
        session = sessions[offer.booking.session_id]
        left = _without(session, offer.booking)
        reasons = _against_taking(offer, left, situation, now, lead_needed=offer.booking_id in needing)
        rows.append((offer, session, reasons))
    return rows


def _without(session: SchoolSession, booking: Booking) -> SchoolSession:
    """A copy of the session as it is once that booking has ended."""
    left = copy(session)
    left.taken -= 1
    left.experienced -= booking.role == Booking.Role.LEAD
    return left


def _against_taking(
    offer: SwapOffer, session: SchoolSession, situation: Situation, now: datetime, *, lead_needed: bool
) -> list[Reason]:
    """`session` is counted without the booking. Whoever is asked by name, or stands in the line himself, passes the line."""
    passes = offer.to_person_id or session.pk in situation.line
    reasons = [reason for reason in why_not(situation, session, now) if not (passes and reason.code == "queue")]
    known = any(reason.code == "needs_lead" for reason in reasons)
    if lead_needed and not known and not situation.is_experienced_on(session.day):
        text = _("A mentor whose first visits are behind him is needed here in place of your colleague.")
        reasons.append(Reason("needs_lead", text))
    return reasons


def _needing_a_lead(bookings: list[Booking], now: datetime) -> set[int]:
    """Of these bookings those after which somebody experienced must come: theirs is the last, and the session or a mentor
    in his first visits needs one. Costs the same number of queries for any number."""
    leads = [booking for booking in bookings if booking.role == Booking.Role.LEAD]
    if not leads:
        return set()
    rows = Booking.objects.holding().filter(session__in=[booking.session_id for booking in leads])
    beside = list(rows.select_related("person", "session"))
    situations = situations_of([other.person for other in beside], now)

    def needs(booking: Booking) -> bool:
        others = [other for other in beside if other.session_id == booking.session_id and other.pk != booking.pk]
        if any(other.role == Booking.Role.LEAD for other in others):
            return False
        alone = (situations[other.person_id].is_beginner_on(other.session.day) for other in others)
        return booking.session.needs_lead or any(alone)

    return {booking.pk for booking in leads if needs(booking)}


@transaction.atomic
def decline_swap(*, offer: SwapOffer, by: User) -> SwapOffer:
    """The colleague who was asked by name cannot; the other gets a letter. Refuses wrong_state, `NotAllowed` not_yours.
    A repeated call changes nothing."""
    offer = _lock(offer)
    if offer.to_person is None or offer.to_person.user_id != by.pk:
        raise NotAllowed(_not_for_you())
    if offer.state == SwapState.DECLINED:
        return offer
    moves.demand(DECLINE_SWAP, offer, None)
    moves.advance(DECLINE_SWAP, offer, by)
    notifications.swap_declined(offer)
    return offer


@transaction.atomic
def withdraw_swap(*, offer: SwapOffer, by: User) -> SwapOffer:
    """He comes himself after all, or asks somebody else. Refuses wrong_state, `NotAllowed` not_yours. A repeated call
    changes nothing."""
    offer = _lock(offer)
    if offer.state == SwapState.WITHDRAWN and moves.may_make(WITHDRAW_SWAP, offer, by):
        return offer
    moves.demand(WITHDRAW_SWAP, offer, by)
    moves.advance(WITHDRAW_SWAP, offer, by)
    return offer


def expire_swaps(now: datetime) -> list[str]:
    """Every few minutes: nobody has taken it in time, and its holder is told. Each in a transaction of its own; returns
    their codes. Safe to repeat and to run twice."""
    last = now + timedelta(hours=settings.PROGRAMME["handover_until_hours"])
    late = Q(expires_at__lte=now) | Q(booking__starts_at__lte=last)
    return [
        offer.code for offer in SwapOffer.objects.filter(late, state=SwapState.OPEN).order_by("pk") if _expire(offer)
    ]


@transaction.atomic
def _expire(offer: SwapOffer) -> bool:
    offer = _lock(offer)
    if offer.state != SwapState.OPEN:
        return False
    moves.advance(EXPIRE_SWAP, offer, None)
    notifications.swap_expired(offer)
    return True


def _lock(offer: SwapOffer) -> SwapOffer:
    """The offer, after its session is locked: under that lock alone it changes."""
    lock_row(offer.booking.session)
    return _fresh(offer)


def _fresh(offer: SwapOffer) -> SwapOffer:
    return SwapOffer.objects.with_session().get(pk=offer.pk)


def _not_for_you() -> Reason:
    return Reason("not_yours", _("This visit is offered to somebody else."))


def _swap_over() -> Reason:
    return Reason("swap_over", _("This visit is not handed over any more."), reverse("swap_list"))
