"""What was said of a visit turns out to be wrong: the coordinator corrects it, and its hours with it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from events import notifications
from events.models import Attendance, Booking
from events.services import certificates, hours
from events.services.locks import lock_booking
from events.services.visits import CAME, Word, typing_errors, without_adult
from events.states import CORRECT_COMPLETE, CORRECT_EXCUSE, CORRECT_MISS
from portal import moves
from portal.models import User
from portal.refusals import NotAllowed, Reason, Refused
from volunteers.models import Person

CORRECTION_OF = {
    Attendance.State.ATTENDED: CORRECT_COMPLETE,
    Attendance.State.PARTIAL: CORRECT_COMPLETE,
    Attendance.State.EXCUSED: CORRECT_EXCUSE,
    Attendance.State.NO_SHOW: CORRECT_MISS,
}


@transaction.atomic
def correct_attendance(
    *,
    booking: Booking,
    state: str,
    minutes: int | None = None,
    reason: str,
    by: User,
    now: datetime | None = None,
) -> Attendance:
    """Says otherwise what became of a visit (`state` is an `Attendance.State`; `minutes` as for `confirm_attendance`).

    Its hours follow: entered where he was there after all, brought to nothing by a counter-entry where he was not; in a
    closed month they count in the current one. Certificates that cover the visit are revoked where the minutes change.
    One letter to the mentor, with the reason. What is so already is returned as it is.

    Refuses with all of: wrong_state (nothing was said yet), reason_missing, adult_missing and those of
    `visits.typing_errors`; `NotAllowed` not_yours (the coordinator corrects, and never his own visit).
    """
    now = now or timezone.now()
    Person.objects.select_for_update(of=("self",)).get(pk=booking.person_id)  # who asks for a certificate holds it too
    booking = lock_booking(booking, by)
    hours.hold_months(booking.session.school.district)
    move = CORRECTION_OF[Attendance.State(state)]
    attendance = Attendance.objects.select_for_update().filter(booking=booking).first()
    entries = list(booking.hours.select_for_update().order_by("pk"))
    was, before = attendance and attendance.state, sum(entry.minutes for entry in entries)
    after = (minutes or booking.session.minutes) if state in CAME else 0
    if (was, before) == (state, after) and moves.may_make(move, booking, by):
        return attendance
    if reasons := _against(move, booking, by, reason, Word(booking, state, minutes)):
        raise Refused(*reasons)
    attendance.booking = booking
    attendance.state, attendance.confirmed_by, attendance.confirmed_at = state, by, now
    attendance.save(update_fields=["state", "confirmed_by", "confirmed_at"])
    counts = {"minutes_before": before, "minutes_after": after}
    moves.advance(move, booking, by, reason=reason.strip()[:300], before=was, after=state, **counts)
    revoked = _count(booking, entries, after, reason, by, now) if after != before else []
    notifications.attendance_corrected(attendance, reason.strip()[:300], before, after, certificates=len(revoked))
    return attendance


def _against(move: moves.Move, booking: Booking, by: User, reason: str, word: Word) -> list[Reason]:
    """Raises `NotAllowed`; everything else is told at once."""
    reasons = [reason for _field, reason in [*typing_errors(word, None), *without_adult(word)]]
    try:
        moves.demand(move, booking, by, reason)
    except NotAllowed:
        raise
    except Refused as refusal:
        return [*refusal.reasons, *reasons]
    return reasons


def _count(booking: Booking, entries: list, minutes: int, reason: str, by: User, now: datetime) -> list:
    """Makes `minutes` of the visit count in all; returns the certificates that this takes back."""
    if entries:
        hours.counter_entry(booking, entries, minutes, reason=reason, by=by, now=now)
    else:
        hours.enter(booking=booking, minutes=minutes, by=by, now=now)
    return certificates.revoke_covering(booking, by, now)
