"""What a mentor does in a waiting list, and what time does to it. Whose turn it is: `events.services.line`."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from events import notifications
from events.models import Booking, SchoolSession, WaitlistEntry
from events.services.booking import take_place
from events.services.guards import situation_of, why_not
from events.services.line import give_back, place_freed, still_against
from events.services.locks import lock_row, lock_session
from events.services.second_choice import demand_given, give_up, lock_both, lock_waiter, reason_to_give
from events.states import ACCEPT_PLACE, DECLINE_PLACE, LEAVE_LINE, SessionState, WaitState
from portal import audit, moves
from portal.models import User
from portal.refusals import NotAllowed, Reason, Refused
from volunteers.models import Person


@transaction.atomic
def join(
    *, session: SchoolSession, by: User, gives_back: Booking | None = None, now: datetime | None = None
) -> WaitlistEntry:
    """Puts `by` at the end of the line, for himself. While he stands in it a second call returns the same entry.

    `gives_back` is a visit of his that ends in the moment in which he gets this place; whether he may come is judged as
    if it had ended already. Where places are free but none of the others may take one, he is offered one at once.
    Refuses with all reasons of `guards.why_not` that waiting does not answer; booked (he has a place); place_free
    (nobody waits: he can book it); not_to_give; `NotAllowed` (not_a_mentor); `SchoolSession.DoesNotExist` for a session
    he may not see.
    """
    now = now or timezone.now()
    person = Person.objects.select_for_update().filter(user=by).first()
    if person is None:
        raise NotAllowed(Reason("not_a_mentor", _("Only approved mentors book sessions.")))
    session = lock_session(session, by)
    if entry := session.waiting.in_line().filter(person=person).first():
        return entry
    page = reverse("session_detail", args=[session.uuid])
    if session.bookings.holding().filter(person=person).exists():
        raise Refused(Reason("booked", _("You are booked"), page))
    demand_given(gives_back, person, now)
    situation = situation_of(person, now)
    if reasons := still_against(why_not(situation.without(gives_back) if gives_back else situation, session, now)):
        raise Refused(*reasons)
    if not session.in_line and session.taken < session.seats_max:
        raise Refused(Reason("place_free", _("A place is free: you can book it at once."), page))
    entry = WaitlistEntry.objects.create(session=session, person=person, queued_at=now, gives_back=gives_back)
    audit.record(entry, "join", by, state_to=entry.state, gives_back=gives_back.code if gives_back else "")
    place_freed(session, now)
    entry.refresh_from_db()
    return entry


@transaction.atomic
def leave_line(*, entry: WaitlistEntry, by: User, now: datetime | None = None) -> WaitlistEntry:
    """Takes him out of the line. Nobody moves up to a place by that (I12), unless one was kept for him: then this is
    `decline_place`. Refuses wrong_state, `NotAllowed` not_yours. A repeated call changes nothing."""
    entry = _lock(entry, by)
    if entry.state in (WaitState.LEFT, WaitState.DECLINED) and moves.may_make(LEAVE_LINE, entry, by):
        return entry
    if entry.state == WaitState.OFFERED:
        return decline_place(entry=entry, by=by, now=now)
    moves.demand(LEAVE_LINE, entry, by)
    moves.advance(LEAVE_LINE, entry, by)
    return entry


@transaction.atomic
def decline_place(*, entry: WaitlistEntry, by: User, now: datetime | None = None) -> WaitlistEntry:
    """He does not take the place that is offered to him, and waits no longer; it goes to the next. Refuses offer_over,
    wrong_state, `NotAllowed` not_yours. A repeated call changes nothing."""
    entry = _lock(entry, by)
    if entry.state == WaitState.DECLINED and moves.may_make(DECLINE_PLACE, entry, by):
        return entry
    if entry.state == WaitState.WAITING and moves.may_make(DECLINE_PLACE, entry, by):
        raise Refused(_offer_over())
    moves.demand(DECLINE_PLACE, entry, by)
    moves.advance(DECLINE_PLACE, entry, by)
    notifications.forget_offer(entry)
    place_freed(entry.session, now)
    return entry


def accept_place(*, entry: WaitlistEntry, by: User, reason: str = "", now: datetime | None = None) -> Booking:
    """Takes the place that is offered to `by`; a second call returns the same booking. Letters as for `services.book`.
    The visit that he gives back for it, if he still holds it, ends in the same step (`second_choice.give_up`).

    Everything is asked again. Refuses offer_over (it ran out, or another mentor was faster), all reasons of
    `guards.why_not`, wrong_state, `NotAllowed` not_yours. After a refusal he waits on, and the place goes on at once: that is
    kept although the call raises, so this is no part of a larger transaction. Where the visit to give back is close and
    he gives no `reason`, he is asked for it (reason_missing), and the place is still kept for him.
    """
    with transaction.atomic():
        answer = _accept(entry, by, reason, now or timezone.now())
    if isinstance(answer, Booking):
        return answer
    raise Refused(*answer)


def _accept(entry: WaitlistEntry, by: User, reason: str, now: datetime) -> Booking | list[Reason]:
    person = lock_waiter(entry, by)
    lock_both(entry)
    place_freed(entry.session, now)  # what ran out meanwhile is over for everybody
    session, entry = SchoolSession.objects.for_cards().get(pk=entry.session_id), _fresh(entry, by)
    if entry.state == WaitState.ACCEPTED and (held := session.bookings.holding().filter(person=person).first()):
        return held
    if entry.state == WaitState.WAITING:
        return [_offer_over()]
    moves.demand(ACCEPT_PLACE, entry, by)
    situation = situation_of(person, now)
    given, situation = situation.given_back(entry, now), situation.for_turn(entry, now)
    if reasons := still_against(why_not(situation, session, now)):
        give_back(entry, now)
        return reasons
    if reasons := reason_to_give(given, reason, now):
        return reasons
    if given:
        give_up(given, entry, by, reason, now)
    moves.advance(ACCEPT_PLACE, entry, by)
    notifications.forget_offer(entry)
    booking = take_place(session, situation, by, now, source=Booking.Source.WAITLIST)
    place_freed(session, now)  # where it was the last one, the others who were asked hear of it
    return booking


def lapse_offers(now: datetime) -> list[str]:
    """Every few minutes: lines in which an offer has run out, a place is free, or nothing is to be waited for any more.
    Each session in a transaction of its own; returns the codes of those looked at. Safe to repeat and to run twice."""
    line = WaitlistEntry.objects.in_line().filter(
        Q(session__starts_at__lte=now) | ~Q(session__state=SessionState.PUBLISHED)
    )
    over = WaitlistEntry.objects.filter(state=WaitState.OFFERED, offer_expires_at__lte=now)
    awaited = SchoolSession.objects.filter(
        pk__in=WaitlistEntry.objects.filter(state=WaitState.WAITING).values("session")
    )
    free = awaited.with_places().filter(taken__lt=F("seats_max") - F("kept"))
    due = Q(pk__in=line.values("session")) | Q(pk__in=over.values("session")) | Q(pk__in=free.values("pk"))
    sessions = SchoolSession.objects.filter(due).order_by("pk")
    for session in sessions:
        with transaction.atomic():
            lock_row(session)
            place_freed(session, now)
    return [session.code for session in sessions]


def _lock(entry: WaitlistEntry, by: User) -> WaitlistEntry:
    """The entry, after its session is locked: under that lock alone it changes."""
    lock_row(entry.session)
    return _fresh(entry, by)


def _fresh(entry: WaitlistEntry, by: User) -> WaitlistEntry:
    rows = WaitlistEntry.objects.visible_to(by).select_related("person__user", "session__school")
    return rows.get(pk=entry.pk)


def _offer_over() -> Reason:
    return Reason("offer_over", _("This offer is over. You are still on the waiting list."))
