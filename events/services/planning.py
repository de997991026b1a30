from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from events import notifications
from events.models import GROUP_MAX, SEATS_MAX, SchoolSession
from events.services.booking import end_booking
from events.services.following import follow
from events.services.guards import adult_is_a_mentor
from events.services.line import place_freed
from events.services.locks import lock_requests_of, lock_session
from events.states import (
    CANCEL_BY_COORDINATOR,
    CANCEL_BY_SCHOOL,
    CANCEL_SESSION,
    CLOSE,
    FINISH,
    NAME_ADULT,
    PUBLISH,
    SessionState,
)
from portal import access, audit, moves
from portal.models import NonTeachingPeriod, School, User
from portal.refusals import NotAllowed, Reason, Refused

EARLIEST, LATEST = time(8), time(20)  # both shifts, clubs and parents' meetings
SUNDAY = 6

Problem = tuple[str, Reason]


def problems(
    session: SchoolSession, now: datetime | None = None, calendar: list[NonTeachingPeriod] | None = None
) -> list[Problem]:
    """What is wrong with a plan, each with the field it belongs to: `day`, `starts`, `ends` or a field of the model.
    For many plans at once `calendar` holds the periods of their days, read beforehand.

    Codes: past, too_far, order, over_midnight, hours, group_size, seats, adults, topic_grade, booking_window, no_lessons.
    """
    found = [*_of_time(session, now or timezone.now()), *of_the_class(session)]
    closed = closed_by(session.school, session.grade, session.day, calendar)
    if closed and not session.calendar_reason.strip():
        text = _("There are no lessons on this day: %(name)s. If the session takes place all the same, write why.")
        found.append(("day", Reason("no_lessons", text % {"name": closed})))
    return found


def _of_time(session: SchoolSession, now: datetime) -> list[Problem]:
    begins, ends = timezone.localtime(session.starts_at), timezone.localtime(session.ends_at)
    found, ahead = [], settings.PROGRAMME["plan_ahead_days"]
    if begins <= now:
        found.append(("day", Reason("past", _("This moment has passed."))))
    if begins > now + timedelta(days=ahead):
        found.append(("day", Reason("too_far", _("This is more than %(days)s days ahead.") % {"days": ahead})))
    if ends <= begins:
        found.append(("ends", Reason("order", _("The end comes before the beginning."))))
    elif ends.date() != begins.date():
        found.append(("ends", Reason("over_midnight", _("A session ends on the day it begins."))))
    elif begins.time() < EARLIEST or ends.time() > LATEST:
        text = _("Sessions are held between %(first)s and %(last)s.")
        values = {"first": date_format(EARLIEST, "TIME_FORMAT"), "last": date_format(LATEST, "TIME_FORMAT")}
        found.append(("starts", Reason("hours", text % values)))
    opens, closes = session.opens_at, session.closes_at
    slip = any(moment and moment.year < begins.year - 1 for moment in (opens, closes))
    if slip or (closes and closes > session.starts_at) or (opens and opens >= (closes or session.starts_at)):
        text = _("Booking opens first, then closes, and both before the session begins.")
        found.append(("closes_at", Reason("booking_window", text)))
    return found


def of_the_class(session: SchoolSession) -> list[Problem]:
    """Of `problems` those that no day and hour can mend."""
    found = []
    if not 1 <= session.group_size <= GROUP_MAX:
        text = _("A group has 1 to %(most)s pupils.") % {"most": GROUP_MAX}
        found.append(("group_size", Reason("group_size", text)))
    if not 1 <= session.seats_min <= session.seats_max <= SEATS_MAX:
        text = _("At least one mentor is needed, and there are at most %(most)s places.") % {"most": SEATS_MAX}
        found.append(("seats_max", Reason("seats", text)))
    if not 2 <= session.adults_min <= session.seats_max + 1:
        text = _("At least two adults are in the room, and not more than the places and the adult from the school.")
        found.append(("adults_min", Reason("adults", text)))
    if not session.topic.grade_from <= session.grade <= session.topic.grade_to:
        text = _("This topic is for grades %(first)s to %(last)s.")
        values = {"first": session.topic.grade_from, "last": session.topic.grade_to}
        found.append(("grade", Reason("topic_grade", text % values)))
    return found


def closed_by(school: School, grade: int, day: date, calendar: list[NonTeachingPeriod] | None = None) -> str:
    """The name of what closes the school for that grade on that day, or nothing. `calendar`: see `problems`."""
    if calendar is None:
        calendar = NonTeachingPeriod.objects.on(day, school=school, grade=grade)
    if period := next((period for period in calendar if period.closes(day, school, grade)), None):
        return period.name
    # "Sunday" by itself is the first word of a date
    return pgettext("no lessons", "Sunday") if day.weekday() == SUNDAY else ""


@transaction.atomic
def plan_session(*, session: SchoolSession, by: User, now: datetime | None = None) -> SchoolSession:
    """Keeps a new, unsaved session as a draft. Refuses with all `problems`; `NotAllowed` (not_yours) for a school out
    of reach."""
    if not access.allows(by, "session.plan", session.reach):
        raise NotAllowed(Reason("not_yours", _("You plan sessions for the schools of your own district only.")))
    if found := problems(session, now):
        raise Refused(*(reason for _field, reason in found))
    session.state, session.created_by = SessionState.DRAFT, by
    _set_adult(session, session.school_adult_name, by)
    session.save()
    audit.record(session, "plan", by, state_to=session.state, reason=session.calendar_reason)
    return session


@transaction.atomic
def publish(*, session: SchoolSession, by: User, now: datetime | None = None) -> SchoolSession:
    """Mentors see it and may book. Refuses with all `problems` as they are now (the day may have become a holiday
    since the draft), wrong_state, `NotAllowed` not_yours. A repeated call changes nothing."""
    session = lock_session(session, by)
    if session.state == SessionState.PUBLISHED and moves.may_make(PUBLISH, session, by):
        return session
    moves.demand(PUBLISH, session, by)
    if found := problems(session, now):
        raise Refused(*(reason for _field, reason in found))
    moves.advance(PUBLISH, session, by)
    return session


@transaction.atomic
def name_adult(*, session: SchoolSession, by: User, name: str) -> SchoolSession:
    """Names the adult from the school who is in the room. Does not confirm anybody's visit. Refuses name_missing,
    adult_is_mentor (somebody who has booked), wrong_state, `NotAllowed` not_yours."""
    session = lock_session(session, by)
    moves.demand(NAME_ADULT, session, by)
    if not name.strip():
        raise Refused(Reason("name_missing", _("Write the family name and the given name.")))
    _set_adult(session, name, by)
    mentors = [booking.person for booking in session.bookings.holding().select_related("person")]
    if reasons := adult_is_a_mentor(session, mentors):
        raise Refused(*reasons)
    moves.advance(NAME_ADULT, session, by)
    notifications.forget_school_reminders(session)  # it says who is in the room
    return session


def _set_adult(session: SchoolSession, name: str, by: User) -> None:
    session.school_adult_name = " ".join(name.split())[:200]
    own = by.get_full_name().casefold().split()
    himself = bool(own) and sorted(own) == sorted(session.school_adult_name.casefold().split())
    session.school_adult = by if himself else None


@transaction.atomic
def cancel_session(*, session: SchoolSession, by: User, reason: str, now: datetime | None = None) -> SchoolSession:
    """Cancels the session and every booking in it. Each holder is told once, with a calendar cancellation and the
    reason, each waiter once; so is the school's contact unless he did it himself or the school never knew of it. A request that
    has no other session ahead is to be planned again at once. Refuses reason_missing, wrong_state, past (it has begun),
    `NotAllowed` not_yours. A repeated call changes and sends nothing."""
    asked = lock_requests_of([session])
    session = lock_session(session, by)
    if session.state == SessionState.CANCELLED and moves.may_make(CANCEL_SESSION, session, by):
        return session
    moves.demand(CANCEL_SESSION, session, by, reason)
    if session.state == SessionState.PUBLISHED and session.starts_at <= (now or timezone.now()):
        raise Refused(Reason("past", _("This session has already begun.")))
    known = known_to_school(session)
    session.ical_sequence += 1
    moves.advance(CANCEL_SESSION, session, by, reason=reason)
    by_coordinator = access.allows(by, "session.plan", session.reach)
    booking_move = CANCEL_BY_COORDINATOR if by_coordinator else CANCEL_BY_SCHOOL
    visits = list(session.bookings.holding().order_by("pk").with_session())
    for booking in visits:
        end_booking(booking, booking_move, by, reason=reason)
        notifications.session_cancelled(booking)
    place_freed(session, now)  # nobody waits for it any more
    if known:
        notifications.to_school_session_cancelled(session, reason, mentors=bool(visits), but=by)
    for request in asked:
        follow(request, timezone.localdate(now))
    return session


def known_to_school(session: SchoolSession) -> bool:
    """Whether the school has read of a session that stands: it is published, or its day was sent to the school that asked."""
    return session.state == SessionState.PUBLISHED or session.request_id is not None


def close_past_sessions(on: date) -> list[str]:
    """Every night: sessions of the days before `on` (Asia/Almaty) are over; those where nobody's attendance is awaited
    are closed. Returns the codes of the sessions that moved."""
    midnight = timezone.make_aware(datetime.combine(on, time.min))
    moved = []
    for move in (FINISH, CLOSE):
        past = SchoolSession.objects.filter(state__in=move.sources, ends_at__lt=midnight).order_by("pk")
        for session in past:
            if _step(session, move):
                moved.append(session.code)
    return moved


@transaction.atomic
def _step(session: SchoolSession, move: moves.Move) -> bool:
    session = lock_session(session)
    if session.state not in move.sources or (move is CLOSE and session.taken):
        return False
    moves.advance(move, session, None)
    return True
