"""A planned session is changed, alone or with those of its series that follow (I13, I16, I18). What this does to those who
hold a place stands in `holders`."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from events import notifications
from events.models import Booking, SchoolSession, SessionBatch, SessionTemplate, WaitlistEntry
from events.services.holders import ask_holders, release_named
from events.services.line import place_freed
from events.services.locks import lock_with_holders
from events.services.planning import problems
from events.states import CHANGE, SessionState
from portal import access, moves
from portal.models import User
from portal.refusals import NotAllowed, Reason, Refused

MOVE_IT = frozenset({"starts_at", "ends_at", "school"})  # the mentors say again whether they come
TELL = frozenset({"topic", "grade", "group_size", "language", "notes_for_mentor"})
OF_A_SERIES = frozenset(
    {"starts_at", "ends_at", "seats_min", "seats_max", "adults_min", "needs_lead", "notes_for_mentor"}
)
CHANGEABLE = MOVE_IT | TELL | OF_A_SERIES | {"opens_at", "closes_at", "calendar_reason"}

Values = Mapping[str, object]


@dataclass(frozen=True)
class Changed:
    """What became of the bookings: `asked` mentors say again whether they come, `released` lost their place."""

    sessions: int = 0
    asked: int = 0
    released: int = 0

    def __add__(self, other: Changed) -> Changed:
        return Changed(self.sessions + other.sessions, self.asked + other.asked, self.released + other.released)


@transaction.atomic
def change_session(
    *,
    session: SchoolSession,
    by: User,
    values: Values,
    seen: int | None = None,
    release: Iterable[Booking] = (),
    reason: str = "",
    now: datetime | None = None,
) -> Changed:
    """Gives the session other `values` (of `CHANGEABLE`; moments in UTC). The same values again change and send nothing.

    New time or place: `version` and `ical_sequence` rise, everybody who holds a place and still can is asked whether he
    comes, whoever cannot by the rules is released (`holders.ask_holders`), the school and those who wait are told, at
    another school its adult is to be named. A new class, topic or note: a letter with the calendar file. `release` names bookings to end
    where there are to be fewer places, each told the `reason`. The waiting list is brought up to date.

    Refuses with all of: `planning.problems`, past (it has begun), changed_meanwhile (`seen` is an older version),
    of_a_request (another school), already_there (its template has one at that time), below_bookings (I13),
    reason_missing; wrong_state; `NotAllowed` not_yours.
    """
    now = now or timezone.now()
    (session,) = lock_with_holders([session], by)
    moves.demand(CHANGE, session, by)
    change = _Change(session, values)
    if not change.fields:
        return Changed()
    named = [booking for booking in session.bookings.holding() if booking in set(release)]
    if reasons := [*_stale(session, seen), *change.against(by, now, released=len(named))]:
        raise Refused(*reasons)
    if named and not reason.strip():
        raise Refused(Reason("reason_missing", _("Please write the reason.")))
    change.after.moved_alone = change.after.moved_alone or _of_a_series(session)
    changed = change.make(by, now, named, reason)
    _tell([change], by)
    return changed


@transaction.atomic
def change_following(
    *, session: SchoolSession, by: User, values: Values, seen: int | None = None, now: datetime | None = None
) -> Changed:
    """The same change for this session and for those of its series that follow and were not changed by themselves:
    another hour, a shift by days, places, the note. Everything or nothing; who has to do with several of them reads one
    letter.

    Refuses as `change_session` does, for each session with its day, and also: not_a_series, one_at_a_time (values that
    are not `OF_A_SERIES`). Nobody can be released by name here.
    """
    now = now or timezone.now()
    if not _of_a_series(session):
        raise Refused(Reason("not_a_series", _("This session is not one of a series.")))
    rows = lock_with_holders([session, *following(session, now)], by)
    anchor = next(row for row in rows if row.pk == session.pk)
    for row in rows:
        moves.demand(CHANGE, row, by)
    first = _Change(anchor, values)
    if first.fields - OF_A_SERIES:
        text = _("Of a series only the time, the places and the note are changed together.")
        raise Refused(Reason("one_at_a_time", text))
    changes = [first if row is anchor else _Change(row, _carried(first, row)) for row in rows]
    changes = [change for change in changes if change.fields]
    reasons = [reason for change in changes for reason in _dated(change, change.against(by, now))]
    if changes and (reasons := [*_stale(anchor, seen), *reasons]):
        raise Refused(*reasons)
    for change in changes:
        change.after.series_day += first.after.day - first.before.day  # the rule itself is another now
    changed = sum((change.make(by, now) for change in _in_safe_order(changes, first)), Changed())
    _tell(changes, by)
    return changed


def _tell(changes: list[_Change], by: User) -> None:
    """One letter for everybody who holds a place, waits for one or receives the mentors, however many of his sessions were
    changed."""
    moved = [change for change in changes if change.is_moved]
    notifications.sessions_moved((visit, change.before.starts_at) for change in moved for visit in change.asked)
    notifications.details_changed(visit for change in changes for visit in change.told)
    published = [change for change in moved if change.after.state == SessionState.PUBLISHED]
    notifications.to_school_sessions_moved(((change.after, change.before) for change in published), but=by)
    line = WaitlistEntry.objects.in_line().filter(session__in=[change.after.pk for change in published])
    notifications.session_changed_waiting(
        line.select_related("person__user", "session__school", "session__topic", "session__language").order_by(
            "session__starts_at", "pk"
        )
    )


class _Change:
    """One locked session before and after."""

    def __init__(self, session: SchoolSession, values: Values):
        if unknown := values.keys() - CHANGEABLE:
            raise TypeError(f"not to be changed: {sorted(unknown)}")
        self.before, self.after = session, copy.copy(session)
        self.asked: list[Booking] = []  # visits whose mentors are to be written to: they say again whether they come,
        self.told: list[Booking] = []  # or read that the class, the topic or the note is another
        self.fields = frozenset(name for name, value in values.items() if getattr(session, name) != value)
        for name in self.fields:
            setattr(self.after, name, values[name])

    @property
    def is_moved(self) -> bool:
        return bool(self.fields & MOVE_IT)

    @property
    def shift(self) -> timedelta:
        return self.after.starts_at - self.before.starts_at

    def against(self, by: User, now: datetime, *, released: int = 0) -> list[Reason]:
        """Every reason why it cannot be changed so. `NotAllowed` for a school out of reach."""
        before, after = self.before, self.after
        if not access.allows(by, "session.plan", after.reach):
            raise NotAllowed(Reason("not_yours", _("You plan sessions for the schools of your own district only.")))
        reasons = []
        if before.state == SessionState.PUBLISHED and before.starts_at <= now:
            reasons.append(Reason("past", _("This session has already begun.")))
        if before.request_id and "school" in self.fields:
            text = _("A school has asked for this session, so it stays there. Cancel it and plan another one.")
            reasons.append(Reason("of_a_request", text))
        if before.taken - released > after.seats_max:
            text = _("More mentors have booked: %(number)s. First choose whose visits are cancelled.")
            reasons.append(Reason("below_bookings", text % {"number": before.taken}))
        if _made_twice(after):
            text = _("There is one from the same template for this school, class and time.")
            reasons.append(Reason("already_there", text))
        return [*(reason for _field, reason in problems(after, now)), *reasons]

    def make(self, by: User, now: datetime, named: Iterable[Booking] = (), reason: str = "") -> Changed:
        after, moved = self.after, self.is_moved
        if moved:
            after.version += 1
        if moved or self.fields & TELL:
            after.ical_sequence += 1
            after.changed_at = now
        if "school" in self.fields:
            after.school_adult_name, after.school_adult = "", None
        moves.advance(CHANGE, after, by, **self._for_the_log())
        released = release_named(named, by, reason, now)
        if moved or "language" in self.fields:
            answer = ask_holders(after, moved=moved, now=now)
            self.asked, released = answer.asked, released + answer.released
        if not moved and self.fields & TELL:
            self.told = list(after.bookings.holding().order_by("pk").with_session())
            for booking in self.told:
                notifications.forget_reminders(booking)  # they tell of the class and the topic
        place_freed(after, now)
        return Changed(1, len(self.asked), released)

    def _for_the_log(self) -> dict:
        """Names of fields, moments and numbers of schools."""
        log = {"changed": sorted(self.fields, key=_order), "version": self.after.version}
        for name in sorted(self.fields & {"starts_at", "ends_at", "seats_max"}):
            log[name] = [_code(getattr(self.before, name)), _code(getattr(self.after, name))]
        if "school" in self.fields:
            log["school"] = [self.before.school.number, self.after.school.number]
        return log


def _order(name: str) -> tuple[bool, bool, str]:
    """When it begins is read first, then when it ends."""
    return name != "starts_at", name != "ends_at", name


def _code(value: datetime | int) -> str | int:
    return value.isoformat() if isinstance(value, datetime) else value


def _stale(session: SchoolSession, seen: int | None) -> list[Reason]:
    if seen in (None, session.version):
        return []
    text = _("Somebody has moved this session meanwhile. Look at it again, then change it.")
    return [Reason("changed_meanwhile", text)]


def _made_twice(session: SchoolSession) -> bool:
    """Whether the template of a session has another one there already (scenario 31)."""
    if session.template_id is None:
        return False
    SessionTemplate.objects.select_for_update().get(pk=session.template_id)  # as `apply_template` does
    there = slots_of(session.template, session.starts_at).filter(school=session.school, grade=session.grade)
    return there.exclude(pk=session.pk).exists()


def slots_of(template: SessionTemplate, starts_at: datetime) -> QuerySet[SchoolSession]:
    """The sessions from a template at that moment; of each school and class one at most."""
    return SchoolSession.objects.filter(template=template, starts_at=starts_at).exclude(state=SessionState.CANCELLED)


def _of_a_series(session: SchoolSession) -> bool:
    return bool(session.batch_id) and session.batch.kind == SessionBatch.Kind.SERIES


def following(session: SchoolSession, now: datetime | None = None) -> QuerySet[SchoolSession]:
    """The later sessions of the same series that "this and following" changes: planned, to come, not changed alone."""
    rest = SchoolSession.objects.filter(batch=session.batch_id, moved_alone=False, state__in=CHANGE.sources)
    return rest.filter(series_day__gt=session.series_day).upcoming(now)


def _carried(first: _Change, row: SchoolSession) -> dict:
    """What the change of the first session means for another one: the same days' shift and the same hours."""
    values = {name: getattr(first.after, name) for name in first.fields - MOVE_IT}
    if not first.fields & MOVE_IT:
        return values
    days = first.after.day - first.before.day
    begins = timezone.localtime(first.after.starts_at)
    starts_at = timezone.make_aware(datetime.combine(row.day + days, begins.time()))
    values |= {"starts_at": starts_at, "ends_at": starts_at + (first.after.ends_at - first.after.starts_at)}
    for name in ("opens_at", "closes_at"):
        if moment := getattr(row, name):
            values[name] = moment + (starts_at - row.starts_at)
    if days:
        values["calendar_reason"] = ""  # it was for that day alone
    return values


def _dated(change: _Change, reasons: Iterable[Reason]) -> list[Reason]:
    day = date_format(change.after.day, "SHORT_DATE_FORMAT")
    return [reason._replace(text=f"{day}: {reason.text}") for reason in reasons]


def _in_safe_order(changes: list[_Change], first: _Change) -> list[_Change]:
    """Later ones first where they move to later: one mentor may hold several, and none may meet the next one's old time."""
    return sorted(changes, key=lambda change: change.before.starts_at, reverse=first.shift > timedelta(0))
