"""A mentor who waits for a better session and holds another visit meanwhile: which one he gives up when his turn comes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from events import notifications
from events.models import Booking, SchoolSession, WaitlistEntry
from events.services.booking import end_booking, is_late
from events.services.guards import Situation, why_not
from events.services.line import place_freed, still_against
from events.services.locks import lock_row
from events.states import CANCEL_BOOKING, IN_LINE
from portal import audit, moves
from portal.models import User
from portal.refusals import NotAllowed, Reason, Refused
from volunteers.models import Person


def visits_to_give(person: Person, now: datetime) -> QuerySet[Booking]:
    """His visits that he may offer to give up: held, and so far ahead that no reason would be asked."""
    late = now + timedelta(hours=settings.PROGRAMME["late_cancel_hours"])
    return Booking.objects.holding().filter(person=person, starts_at__gt=late)


def choices_for(situation: Situation, session: SchoolSession, now: datetime) -> list[Booking]:
    """Of `visits_to_give` those with which nothing but the full session keeps him from it, in order of time."""
    mine = visits_to_give(situation.person, now).exclude(session=session).with_session().order_by("starts_at", "pk")
    return [row for row in mine if not still_against(why_not(situation.without(row), session, now))]


def demand_given(booking: Booking | None, person: Person, now: datetime) -> None:
    """Refuses (not_to_give) a visit that is not his, not held any more, begun, or so close that its school counts on it."""
    if booking is not None and not visits_to_give(person, now).filter(pk=booking.pk).exists():
        text = _("This visit cannot be given back: it is too close, or you do not hold it any more.")
        raise Refused(Reason("not_to_give", text))


@transaction.atomic
def choose_second(
    *, entry: WaitlistEntry, by: User, gives_back: Booking | None, now: datetime | None = None
) -> WaitlistEntry:
    """He says which visit he gives up when he gets this place; None: none. His turn stays as it is. Where a place is
    free that he may take by that, it is offered at once. The same choice again changes nothing.

    Refuses not_to_give, line_over (he is not in the line any more); `NotAllowed` not_yours.
    """
    now = now or timezone.now()
    person = lock_waiter(entry, by)
    lock_row(entry.session)
    entry = WaitlistEntry.objects.visible_to(by).select_related("person__user", "session").get(pk=entry.pk)
    if entry.state not in IN_LINE:
        raise Refused(Reason("line_over", _("You are no longer on the waiting list.")))
    if entry.gives_back_id == (gives_back.pk if gives_back else None):
        return entry
    demand_given(gives_back, person, now)
    entry.gives_back = gives_back
    entry.save(update_fields=["gives_back"])
    audit.record(entry, "second_choice", by, gives_back=gives_back.code if gives_back else "")
    place_freed(entry.session, now)
    entry.refresh_from_db()
    return entry


def lock_waiter(entry: WaitlistEntry, by: User) -> Person:
    """Who waits, locked before any session; `NotAllowed` (not_yours) for anybody else."""
    person = Person.objects.select_for_update(of=("self",)).get(pk=entry.person_id)
    if person.user_id != by.pk:
        raise NotAllowed(Reason("not_yours", _("Your role does not make this step in this case.")))
    return person


def lock_both(entry: WaitlistEntry) -> None:
    """The session of the turn and that of the visit to give up, by rising id. The caller has locked the mentor, without
    whom `gives_back` does not change."""
    rows = WaitlistEntry.objects.filter(pk=entry.pk)
    for key in sorted({key for key in rows.values_list("session", "gives_back__session").get() if key}):
        lock_row(SchoolSession(pk=key))


def reason_to_give(given: Booking | None, reason: str, now: datetime) -> list[Reason]:
    """Close to the visit he says why, as when he cancels it (code reason_missing)."""
    if given is None or reason.strip() or not is_late(given, now):
        return []
    return [Reason("reason_missing", _("It is close to the visit. Please write why you cannot come."))]


def give_up(given: Booking, entry: WaitlistEntry, by: User, reason: str, now: datetime) -> None:
    """Ends that visit as if he cancelled it: its place goes on, letters to its school and himself, and, of a late one,
    to the coordinators. The caller holds the locks of the mentor and of both sessions."""
    given = Booking.objects.with_session().select_related("person__user").get(pk=given.pk)
    moves.demand(CANCEL_BOOKING, given, by)
    end_booking(given, CANCEL_BOOKING, by, reason=reason, now=now, for_turn=entry.code)
    notifications.booking_cancelled(given)
    notifications.to_school_visit_off(given, but=by)
    if is_late(given, now):
        notifications.to_coordinator_late_cancel(given)
