"""The school's word: the visit may take place, and the visit took place."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from events import notifications
from events.models import GROUP_MAX, Attendance, Booking, SchoolSession
from events.services import hours
from events.services.guards import beginners_on, clearances_on, too_few_adults
from events.services.locks import lock_booking, lock_session
from events.states import COMPLETE, CONFIRM_VISIT, EXCUSE, MISS, BookingState
from portal import moves, services
from portal.access import Role
from portal.models import StaffTask, User
from portal.refusals import NotAllowed, Reason, Refused
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
    school is not told why), probation (his first visits, and no experienced mentor comes), mentor_silent (asked again
    after a change, he has not answered), over; wrong_state; `NotAllowed` not_yours. A repeated call sends nothing. As long
    as the session may still begin (`start_session`) he may be confirmed who stands at the door.
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
    if booking.awaits_mentor:
        text = _("Time or place changed, and the mentor has yet to say whether he still comes.")
        reasons.append(Reason("mentor_silent", text))
    if session.ends_at <= (now or timezone.now()):
        reasons.append(Reason("over", _("The time of this session is over.")))
    if reasons:
        raise Refused(*reasons)
    booking.confirmed_version = session.version
    moves.advance(CONFIRM_VISIT, booking, by)
    notifications.visit_confirmed(booking)
    return booking


class Word(NamedTuple):
    """What is said of one visit: `result` is an `Attendance.State`; `minutes` None stands for the planned ones."""

    booking: Booking
    result: str
    minutes: int | None = None


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
    a part of the visit it must be given. Refuses with all of: not_begun, adult_missing (nobody was there with the
    mentor) and those of `typing_errors`; wrong_state when something else was said before; `NotAllowed` not_yours. The
    same word again returns what is there. Where the mentor came both sides are asked how it was.
    """
    now = now or timezone.now()
    booking = lock_booking(booking, by)
    move = MOVE_OF[Attendance.State(result)]
    said = Attendance.objects.filter(booking=booking, state=result).first()
    if said and moves.may_make(move, booking, by):
        return said
    moves.demand(move, booking, by)
    reasons = [Reason("not_begun", _("The session has not begun yet."))] if booking.session.starts_at > now else []
    word = Word(booking, result, minutes)
    reasons += [reason for _field, reason in [*typing_errors(word, pupils_present), *without_adult(word)]]
    if reasons:
        raise Refused(*reasons)
    attendance = Attendance.objects.create(
        booking=booking, state=result, pupils_present=pupils_present, confirmed_by=by
    )
    minutes = (minutes or booking.session.minutes) if result in CAME else 0
    moves.advance(move, booking, by, result=result, minutes=minutes)
    if result in CAME:
        hours.enter(booking=booking, minutes=minutes, by=by, now=now)
        notifications.feedback_wanted(booking)
    _settle(booking.session, by)
    return attendance


@transaction.atomic
def confirm_session(
    *,
    session: SchoolSession,
    by: User,
    words: Iterable[Word],
    pupils_present: int | None = None,
    now: datetime | None = None,
) -> list[Attendance]:
    """`confirm_attendance` for several visits of one session, all or none; refuses with the reasons of all of them."""
    lock_session(session, by)
    done, reasons = [], []
    for word in words:
        try:
            done.append(
                confirm_attendance(**word._asdict(), by=by, pupils_present=pupils_present, now=now),
            )
        except NotAllowed:
            raise
        except Refused as refusal:
            reasons += [reason for reason in refusal.reasons if reason not in reasons]
    if reasons:
        raise Refused(*reasons)
    return done


def typing_errors(word: Word, pupils: int | None) -> list[tuple[str, Reason]]:
    """What is wrong with what was typed, each with its field. Codes: pupils, minutes, minutes_missing."""
    found = []
    if pupils is not None and not 0 <= pupils <= GROUP_MAX:
        text = _("The number of pupils must be between 0 and %(most)s.") % {"most": GROUP_MAX}
        found.append(("pupils_present", Reason("pupils", text)))
    if word.result not in CAME:
        return found
    most = word.booking.session.minutes_at_most
    if word.minutes is not None and not 1 <= word.minutes <= most:
        text = _("The minutes must be between 1 and %(most)s.") % {"most": most}
        found.append(("minutes", Reason("minutes", text)))
    if word.minutes is None and word.result == Attendance.State.PARTIAL:
        text = _("Please write how many minutes the mentor was here.")
        found.append(("minutes", Reason("minutes_missing", text)))
    return found


def without_adult(word: Word) -> list[tuple[None, Reason]]:
    """Whether nobody is named who was in the room with the mentor; it belongs to no field. Code: adult_missing."""
    if word.result not in CAME or word.booking.session.school_adult_name:
        return []
    text = _("First name the adult from the school who was in the room.")
    return [(None, Reason("adult_missing", text))]


def _settle(session: SchoolSession, by: User) -> None:
    """The task about this session is done when nobody's attendance is missing any more."""
    if not session.bookings.holding().exists():
        services.settle_task(StaffTask.Kind.ATTENDANCE_MISSING, once=str(session.uuid), by=by)


def ask_for_attendance(on: date) -> list[str]:
    """Every night: sessions of the days before `on` (Asia/Almaty) of which nobody has said who came. The school gets one
    letter, and after `PROGRAMME["attendance_task_days"]` the coordinator one task (scenario 37). Returns the codes of the
    sessions that wait."""
    midnight = timezone.make_aware(datetime.combine(on, time.min))
    overdue = midnight - timedelta(days=settings.PROGRAMME["attendance_task_days"])
    unsaid = Booking.objects.holding().filter(session=OuterRef("pk"))
    waiting = SchoolSession.objects.filter(Exists(unsaid), ends_at__lt=midnight).select_related("school", "topic")
    codes = []
    for session in waiting.order_by("starts_at", "pk"):
        if session.ends_at < overdue:
            _ask_coordinator(session)
        else:
            notifications.attendance_wanted(session)
        codes.append(session.code)
    return codes


def _ask_coordinator(session: SchoolSession) -> None:
    services.raise_task(
        StaffTask.Kind.ATTENDANCE_MISSING,
        role=Role.COORDINATOR,
        about=session.code,
        url=reverse("staff_session", args=[session.uuid]),
        district=session.school.district,
        once=str(session.uuid),
    )
