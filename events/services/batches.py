"""Sessions made at once: the days of a series with what stands against each of them (scenario 29), making them in one
step, and undoing that step (scenario 31)."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from events import notifications
from events.models import SchoolSession, SessionBatch, WaitlistEntry
from events.services.following import follow
from events.services.locks import lock_requests_of, lock_with_holders
from events.services.planning import closed_by, known_to_school, plan_session, problems, publish
from events.states import UNDO, SessionState
from portal import access, audit, moves
from portal.models import NonTeachingPeriod, User
from portal.refusals import NotAllowed, Reason, Refused

AT_ONCE = 60  # sessions made in one step, at most
WEEKS = (1, 2, 3, 4)  # every so many


@dataclass(frozen=True)
class Occurrence:
    """One session that would be made, unsaved, and why it cannot be."""

    session: SchoolSession
    reasons: tuple[Reason, ...]

    @property
    def ok(self) -> bool:
        return not self.reasons

    @property
    def day(self) -> date:
        return self.session.day


def days_of(
    plan: SchoolSession,
    *,
    weeks: int,
    count: int | None = None,
    until: date | None = None,
    move_on: bool = False,
    now: datetime | None = None,
) -> list[Occurrence]:
    """The visits of a series that begins with `plan` and goes on every so many weeks: `count` of them, or until a day.

    Days without lessons and other faults stay in the list with their reasons. With `move_on` the series goes on until
    `count` days are free of them. Never more than `AT_ONCE` rows, whatever is asked.
    """
    last = min(until or date.max, plan.day + timedelta(weeks=weeks * (AT_ONCE - 1)))
    calendar = list(NonTeachingPeriod.objects.between(plan.day, last))
    rows: list[Occurrence] = []
    day = plan.day
    while day <= last and not _enough(rows, count, move_on):
        rows.append(occurrence(on_day(plan, day), calendar, now))
        day += timedelta(weeks=weeks)
    return rows


def occurrence(
    session: SchoolSession, calendar: list[NonTeachingPeriod], now: datetime | None = None, *more: Reason
) -> Occurrence:
    """The session with all that stands against it. Many at once know no exception for a day without lessons."""
    closed = closed_by(session.school, session.grade, session.day, calendar)
    found = [reason for _field, reason in problems(session, now, calendar) if reason.code != "no_lessons"]
    if closed:
        found.append(Reason("no_lessons", _("There are no lessons on this day: %(name)s.") % {"name": closed}))
    return Occurrence(session, (*found, *more))


def _enough(rows: list[Occurrence], count: int | None, move_on: bool) -> bool:
    done = sum(row.ok for row in rows) if move_on else len(rows)
    return count is not None and done >= count


def on_day(plan: SchoolSession, day: date) -> SchoolSession:
    """The same plan on another day, at the same hours of Almaty; the time for booking moves with it. A reason for a day
    without lessons is one for that day alone."""
    session = copy.copy(plan)
    session.uuid = uuid4()
    session.calendar_reason = plan.calendar_reason if day == plan.day else ""
    for name in ("starts_at", "ends_at", "opens_at", "closes_at"):
        if moment := getattr(plan, name):
            setattr(session, name, _moved(moment, day - plan.day))
    return session


def _moved(moment: datetime, days: timedelta) -> datetime:
    local = timezone.localtime(moment)
    return timezone.make_aware(datetime.combine(local.date() + days, local.time()))


@transaction.atomic
def make_series(
    *,
    plan: SchoolSession,
    days: Iterable[date],
    weeks: int,
    by: User,
    key: UUID,
    at_once: bool = False,
    now: datetime | None = None,
) -> SessionBatch:
    """Makes one session for each of `days`, as drafts or published `at_once`. The same `key` again returns what it made.

    Everything or nothing. Refuses with all `planning.problems` of all days, each with its day; no_days, too_many (over
    `AT_ONCE`); `NotAllowed` not_yours (a school out of reach, or somebody else's key).
    """
    days = sorted(set(days))
    if not days:
        raise Refused(Reason("no_days", _("Choose at least one day.")))
    sessions = [on_day(plan, day) for day in days[: AT_ONCE + 1]]
    return make_batch(SessionBatch.Kind.SERIES, sessions, by, key, weeks=weeks, at_once=at_once, now=now)


def make_batch(
    kind: str,
    sessions: list[SchoolSession],
    by: User,
    key: UUID,
    *,
    weeks: int = 1,
    at_once: bool = False,
    now: datetime | None = None,
) -> SessionBatch:
    """What `make_series` says, for any unsaved sessions. The caller has opened the transaction."""
    if not access.allows(by, "session.plan"):
        raise NotAllowed(Reason("not_yours", _("You plan sessions for the schools of your own district only.")))
    if len(sessions) > AT_ONCE:
        text = _("At most %(most)s sessions are made at once.") % {"most": AT_ONCE}
        raise Refused(Reason("too_many", text))
    batch, is_new = SessionBatch.objects.get_or_create(
        uuid=key, defaults={"kind": kind, "weeks": weeks, "created_by": by}
    )
    if not is_new:
        return _as_made(batch, by)
    if reasons := [reason for session in sessions for reason in _dated_problems(session, now)]:
        raise Refused(*reasons)
    for session in sessions:
        session.batch = batch
        session.series_day = session.day if kind == SessionBatch.Kind.SERIES else None
        plan_session(session=session, by=by, now=now)
        if at_once:
            publish(session=session, by=by, now=now)
    audit.record(batch, "make_batch", by, count=len(sessions), kind=kind, published=at_once)
    return batch


def _as_made(batch: SessionBatch, by: User) -> SessionBatch:
    if batch.created_by_id != by.pk:
        raise NotAllowed(Reason("not_yours", _("Somebody else has made these sessions.")))
    return batch


def _dated_problems(session: SchoolSession, now: datetime | None) -> list[Reason]:
    day = date_format(session.day, "SHORT_DATE_FORMAT")
    found = problems(session, now)
    return [reason._replace(text=f"{day}, {session.school.name}: {reason.text}") for _field, reason in found]


@transaction.atomic
def undo_batch(*, batch: SessionBatch, by: User, now: datetime | None = None) -> SessionBatch:
    """Takes back all sessions that were made at once and still stand. Each school that knew of some gets one letter, and the
    request for them is to be planned again at once. A repeated call changes and sends nothing.

    Refuses with one reason for each session that stands in the way: booked (a mentor holds a place or waits for one),
    past (it has begun). `NotAllowed` not_yours where one of them is out of reach.
    """
    now = now or timezone.now()
    batch = SessionBatch.objects.visible_to(by).get(pk=batch.pk)
    standing = _standing(batch)
    if foreign := _out_of_reach(standing, by):
        raise NotAllowed(foreign)
    asked = lock_requests_of(standing)
    rows = lock_with_holders(standing, by)
    batch.refresh_from_db()
    if batch.undone_at:
        return batch
    if reasons := _in_the_way(rows, now):
        raise Refused(*reasons)
    known = [session for session in rows if known_to_school(session)]
    for session in rows:
        session.ical_sequence += 1
        moves.advance(UNDO, session, by)
    batch.undone_at = now
    batch.save(update_fields=["undone_at"])
    audit.record(batch, "undo_batch", by, count=len(rows))
    notifications.to_school_sessions_off(known, but=by)
    for request in asked:
        follow(request, timezone.localdate(now))
    return batch


def why_not_undo(batch: SessionBatch, by: User, now: datetime | None = None) -> list[Reason]:
    """Every reason why `by` cannot take the batch back now."""
    standing = _standing(batch)
    foreign = _out_of_reach(standing, by)
    return [foreign] if foreign else _in_the_way(standing, now or timezone.now())


def _standing(batch: SessionBatch) -> list[SchoolSession]:
    return list(batch.sessions.exclude(state=SessionState.CANCELLED).for_cards())


def _out_of_reach(sessions: list[SchoolSession], by: User) -> Reason | None:
    if all(moves.may_make(UNDO, session, by) for session in sessions):
        return None
    return Reason("not_yours", _("Your role does not make this step in this case."))


def _in_the_way(sessions: list[SchoolSession], now: datetime) -> list[Reason]:
    waited = WaitlistEntry.objects.in_line().filter(session__in=[session.pk for session in sessions])
    waited_for = set(waited.values_list("session", flat=True))
    found = []
    for session in sessions:
        values = {"day": date_format(session.day, "SHORT_DATE_FORMAT"), "school": session.school.name}
        page = reverse("staff_session", args=[session.uuid])
        if session.starts_at <= now or session.state not in UNDO.sources:
            found.append(Reason("past", _("%(day)s, %(school)s: it has begun already.") % values, page))
        elif session.taken or session.pk in waited_for:
            found.append(Reason("booked", _("%(day)s, %(school)s: mentors have booked it.") % values, page))
    return found
