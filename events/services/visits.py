"""The school's word: the visit may take place, and the visit took place."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events import notifications
from events.models import GROUP_MAX, Attendance, Booking, HoursEntry
from events.services.guards import beginners_on, clearances_on, too_few_adults
from events.services.locks import lock_booking
from events.states import COMPLETE, CONFIRM_VISIT, EXCUSE, MISS, BookingState
from portal import moves
from portal.models import User
from portal.refusals import Reason, Refused
from volunteers.models import Person

MOVE_OF = {
    Attendance.State.ATTENDED: COMPLETE,
    Attendance.State.PARTIAL: COMPLETE,
    Attendance.State.EXCUSED: EXCUSE,
    Attendance.State.NO_SHOW: MISS,
}
CAME = {Attendance.State.ATTENDED, Attendance.State.PARTIAL}


@transaction.atomic
def confirm_visit(*, booking: Booking, by: User, now: datetime | None = None) -> Booking:
    """The school (or the coordinator) expects this mentor. Letter to him.

    Refuses with all of: adult_missing, adult_is_mentor, too_few_adults (I6), not_cleared (on the session's day; the
    school is not told why), probation (his first visits, and no experienced mentor comes), past; wrong_state;
    `NotAllowed` not_yours. A repeated call sends nothing.
    """
    Person.objects.select_for_update().get(pk=booking.person_id)
    booking = lock_booking(booking, by)
    session = booking.session
    if booking.state == BookingState.CONFIRMED and moves.may_make(CONFIRM_VISIT, booking, by):
        return booking
    moves.demand(CONFIRM_VISIT, booking, by)
    held = list(session.bookings.holding().select_related("person"))
    reasons = too_few_adults(session, [other.person for other in held])
    if not clearances_on([(booking.person, session.day)])[booking.person_id, session.day].ok:
        reasons.append(Reason("not_cleared", _("This mentor is not cleared for that day. The coordinator knows more.")))
    accompanied = any(other.role == Booking.Role.LEAD for other in held)
    if not accompanied and beginners_on(session.day, [booking.person]):
        text = _("These are the first visits of this mentor: an experienced one must come too.")
        reasons.append(Reason("probation", text))
    if session.starts_at <= (now or timezone.now()):
        reasons.append(Reason("past", _("This session has already begun.")))
    if reasons:
        raise Refused(*reasons)
    booking.confirmed_version = session.version
    moves.advance(CONFIRM_VISIT, booking, by)
    notifications.visit_confirmed(booking)
    return booking


@transaction.atomic
def confirm_attendance(
    *,
    booking: Booking,
    by: User,
    result: str,
    minutes: int | None = None,
    pupils_present: int | None = None,
    now: datetime | None = None,
) -> Attendance:
    """Says once what became of the visit (`result` is an `Attendance.State`) and enters the hours if the mentor came.

    `minutes` defaults to the planned length and may exceed it by `PROGRAMME["confirmed_hours_tolerance_minutes"]`; for
    a part of the visit it must be given. Refuses with all of: not_begun, minutes, minutes_missing, pupils,
    adult_missing (nobody was there with the mentor); wrong_state when something else was said before; `NotAllowed`
    not_yours. The same word again returns what is there.
    """
    booking = lock_booking(booking, by)
    move = MOVE_OF[Attendance.State(result)]
    said = Attendance.objects.filter(booking=booking, state=result).first()
    if said and moves.may_make(move, booking, by):
        return said
    moves.demand(move, booking, by)
    if reasons := _attendance_reasons(booking, result, minutes, pupils_present, now or timezone.now()):
        raise Refused(*reasons)
    attendance = Attendance.objects.create(
        booking=booking, state=result, pupils_present=pupils_present, confirmed_by=by
    )
    if result in CAME:
        minutes = minutes or booking.session.minutes
        HoursEntry.objects.create(
            booking=booking,
            person=booking.person,
            minutes=minutes,
            month=booking.session.day.replace(day=1),
            confirmed_by=by,
        )
    moves.advance(move, booking, by, result=result, minutes=minutes if result in CAME else 0)
    return attendance


def _attendance_reasons(
    booking: Booking, result: str, minutes: int | None, pupils: int | None, now: datetime
) -> list[Reason]:
    session, reasons = booking.session, []
    if session.starts_at > now:
        reasons.append(Reason("not_begun", _("The session has not begun yet.")))
    if pupils is not None and not 0 <= pupils <= GROUP_MAX:
        text = _("The number of pupils must be between 0 and %(most)s.") % {"most": GROUP_MAX}
        reasons.append(Reason("pupils", text))
    if result not in CAME:
        return reasons
    most = session.minutes + settings.PROGRAMME["confirmed_hours_tolerance_minutes"]
    if minutes is not None and not 1 <= minutes <= most:
        reasons.append(Reason("minutes", _("The minutes must be between 1 and %(most)s.") % {"most": most}))
    if minutes is None and result == Attendance.State.PARTIAL:
        reasons.append(Reason("minutes_missing", _("Please write how many minutes the mentor was here.")))
    if not session.school_adult_name:
        reasons.append(Reason("adult_missing", _("First name the adult from the school who was in the room.")))
    return reasons
