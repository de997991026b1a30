"""The waiting list of one session: whose turn it is. All here runs under the lock of the session, which the caller holds,
and locks nobody: an offer is a promise of a place, and whoever takes it is asked everything again under his own lock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from events import notifications
from events.models import SchoolSession, WaitlistEntry
from events.services.guards import situations_of, why_not
from events.states import ACCEPT_PLACE, BACK_IN_LINE, OFFER_PLACE, TAKE_OFF, TAKE_OFFER_BACK, SessionState, WaitState
from portal import moves
from portal.refusals import Reason
from volunteers.models import Person

ANSWERED_BY_WAITING = {"full", "queue"}


def place_freed(session: SchoolSession, now: datetime | None = None) -> list[WaitlistEntry]:
    """Brings the line up to date after anything that may have freed a place, or taken one; returns the new offers.

    Offers that ran out go to the end of the line, after `PROGRAMME["offers_that_may_run_out"]` of them their holder is
    taken off. Each free place is then offered once, to the earliest waiter who may come by every rule; those who may
    not keep their turn (I11). From `shared_offer_from_hours` before the session all of them are asked at once. Where
    fewer places are left than are kept, the newest offers go back. Nobody waits for a session that has begun or is off:
    all are taken off and told once. Safe to repeat.
    """
    now = now or timezone.now()
    line = list(_in_line(session))
    if not line:
        return []
    session = SchoolSession.objects.for_cards().get(pk=session.pk)
    for entry in line:
        entry.session = session
    if session.state != SessionState.PUBLISHED or session.starts_at <= now:
        close_line(line)
        return []
    ran_out = _let_run_out(line, now)
    left = _take_back(line, session)
    offered = _offer(line, session, left, now) if left > 0 else []
    for entry in ran_out:
        if entry.state == WaitState.WAITING:
            notifications.offer_over(entry)
    return offered


def close_line(line: Iterable[WaitlistEntry]) -> None:
    """Takes everybody off; each is told once."""
    for entry in line:
        moves.advance(TAKE_OFF, entry, None)
        notifications.off_the_list(entry)


def seated(session: SchoolSession, person: Person, now: datetime | None = None) -> None:
    """Ends the waiting of somebody who has got a place in this session by another way; his letter of booking tells him."""
    entry = _in_line(session).filter(person=person).first()
    if entry is None:
        return
    moves.advance(ACCEPT_PLACE if entry.state == WaitState.OFFERED else TAKE_OFF, entry, None, seated=True)
    notifications.forget_offer(entry)
    place_freed(session, now)


def give_back(entry: WaitlistEntry, now: datetime | None = None) -> None:
    """The offer cannot be used now: its holder waits on with his turn, and the place goes on."""
    moves.advance(TAKE_OFFER_BACK, entry, None)
    notifications.forget_offer(entry)
    place_freed(entry.session, now)


def still_against(reasons: Iterable[Reason]) -> list[Reason]:
    """Of the reasons against booking those that no turn in the line answers."""
    return [reason for reason in reasons if reason.code not in ANSWERED_BY_WAITING]


def places_left(session: SchoolSession, line: Iterable[WaitlistEntry]) -> int:
    """Places that neither a booking holds nor an offer keeps (I2). The session comes from `with_places()`."""
    return session.seats_max - session.taken - sum(entry.keeps_a_place for entry in line)


def offer_ends(session: SchoolSession, now: datetime) -> datetime:
    """Until when an offer of this moment holds: `offer_hours`, but no longer than until all are asked at once (with
    `shared_offer_hours` at least), and never up to the session itself or past the end of booking."""
    few = now + _hours("shared_offer_hours")
    if is_shared(session, now):
        end = few
    else:
        end = min(now + _hours("offer_hours"), max(session.starts_at - _hours("shared_offer_from_hours"), few))
    last = session.starts_at - _hours("last_offer_hours")
    return min(moment for moment in (end, last, session.closes_at) if moment)


def is_shared(session: SchoolSession, now: datetime) -> bool:
    """Whether the session is so close that all waiters are asked at once."""
    return session.starts_at - now <= _hours("shared_offer_from_hours")


def _hours(name: str) -> timedelta:
    return timedelta(hours=settings.PROGRAMME[name])


def _in_line(session):
    rows = WaitlistEntry.objects.filter(session=session).in_line().select_related("person__user")
    return rows.order_by("queued_at", "pk")


def _let_run_out(line: list[WaitlistEntry], now: datetime) -> list[WaitlistEntry]:
    """Ends the offers that ran out; the line is in order again afterwards."""
    ran_out = [entry for entry in line if entry.state == WaitState.OFFERED and entry.offer_expires_at <= now]
    for entry in ran_out:
        entry.lapses += 1
        if entry.lapses >= settings.PROGRAMME["offers_that_may_run_out"]:
            line.remove(entry)
            moves.advance(TAKE_OFF, entry, None, lapses=entry.lapses)
            notifications.off_the_list(entry)
        else:
            entry.queued_at = now
            moves.advance(BACK_IN_LINE, entry, None, lapses=entry.lapses)
    line.sort(key=lambda entry: (entry.queued_at, entry.pk))
    return [entry for entry in ran_out if entry.state == WaitState.WAITING]


def _take_back(line: list[WaitlistEntry], session: SchoolSession) -> int:
    """Ends offers for which there is no place any more, the newest first; returns how many places are left to offer."""
    left = places_left(session, line)
    newest = sorted((entry for entry in line if entry.keeps_a_place), key=lambda entry: entry.state_since, reverse=True)
    gone = newest[: max(0, -left)]
    if left <= 0:
        gone += [entry for entry in line if entry.state == WaitState.OFFERED and entry.shared]
    for entry in gone:
        moves.advance(TAKE_OFFER_BACK, entry, None)
        notifications.offer_over(entry)
    return left


def _offer(line: list[WaitlistEntry], session: SchoolSession, left: int, now: datetime) -> list[WaitlistEntry]:
    """Offers `left` places, kept for as many waiters, or, close to the session, one to each of all."""
    ends, shared, offered = offer_ends(session, now), is_shared(session, now), []
    waiters = [entry for entry in line if entry.state == WaitState.WAITING] if ends > now else []
    situations = situations_of([entry.person for entry in waiters], now) if waiters else {}
    session.kept = sum(entry.keeps_a_place for entry in line)
    for entry in waiters:
        if not shared and len(offered) == left:
            break
        if still_against(why_not(situations[entry.person_id].for_turn(entry, now), session, now)):
            continue
        entry.offer_expires_at, entry.shared = ends, shared
        moves.advance(OFFER_PLACE, entry, None, shared=shared)
        notifications.place_offered(entry)
        session.kept += entry.keeps_a_place  # the next one sees it
        offered.append(entry)
    return offered
