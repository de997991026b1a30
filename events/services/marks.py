"""What is said of a session on the coordinator's board: in words, never stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import SchoolSession
from events.months import Mark
from events.services.planning import closed_by
from events.services.readiness import risks_of
from events.states import SessionState
from portal.models import NonTeachingPeriod

PLANNED = (SessionState.DRAFT, SessionState.PUBLISHED)


def marks_of(sessions: Iterable[SchoolSession], now: datetime) -> dict[int, list[Mark]]:
    """The marks of each session (by primary key), the gravest first; the same number of queries for any number of them.
    The sessions come from `for_cards()`.

    Of a published session ahead: `at_risk` (something is missing and it begins within `PROGRAMME["at_risk_hours"]`),
    `not_ready` (the same, later) or `ready`, and `unfilled` (a place is free). Of a draft too: `no_lessons` (a day without
    lessons, and no reason was written) and `same_time` (another session of the same grade of the school at that time).
    Of the rest: its state.
    """
    sessions = list(sessions)
    ahead = {row.pk for row in sessions if row.state == SessionState.PUBLISHED and row.ends_at > now}
    risks = risks_of(row for row in sessions if row.pk in ahead)
    twins, calendar = _twins(sessions), _calendar(sessions)
    found = {}
    for row in sessions:
        life = _readiness(row, risks[row.pk], now) if row.pk in ahead else [_state(row)]
        found[row.pk] = [*_clashes(row, now, twins, calendar), *life]
    return found


def _readiness(session: SchoolSession, risks: list, now: datetime) -> list[Mark]:
    marks, why = [], tuple(str(reason.text) for reason in risks)
    near = session.starts_at - timedelta(hours=settings.PROGRAMME["at_risk_hours"]) <= now
    if risks:
        marks.append(
            Mark("at_risk", _("At risk"), "bad", why) if near else Mark("not_ready", _("Not ready"), "wait", why)
        )
    else:
        marks.append(Mark("ready", _("Ready"), "good"))
    if (free := session.seats_max - session.taken - session.kept) > 0:
        marks.append(Mark("unfilled", _("Places free: %(number)s") % {"number": free}, "wait"))
    return marks


def _state(session: SchoolSession) -> Mark:
    tone = session.tone if session.state != SessionState.DRAFT else ""
    return Mark(session.state, session.get_state_display(), tone)


def _clashes(session: SchoolSession, now: datetime, twins: set[int], calendar: list[NonTeachingPeriod]) -> list[Mark]:
    if session.state not in PLANNED or session.ends_at <= now:
        return []
    marks = []
    closed = closed_by(session.school, session.grade, session.day, calendar)
    if closed and not session.calendar_reason:
        text = _("There are no lessons on this day: %(name)s.") % {"name": closed}
        marks.append(Mark("no_lessons", _("No lessons"), "bad", (text,)))
    if session.pk in twins:
        text = _("Another session of this grade of the school is at the same time.")
        marks.append(Mark("same_time", _("Same time"), "bad", (text,)))
    return marks


def _calendar(sessions: list[SchoolSession]) -> list[NonTeachingPeriod]:
    days = [row.day for row in sessions]
    return list(NonTeachingPeriod.objects.between(min(days), max(days))) if days else []


def _twins(sessions: list[SchoolSession]) -> set[int]:
    """Those of the sessions at whose time the same grade of the school has another one, shown or not."""
    planned = [row for row in sessions if row.state in PLANNED]
    if not planned:
        return set()
    others = SchoolSession.objects.filter(
        ~Q(state=SessionState.CANCELLED),
        school__in={row.school_id for row in planned},
        starts_at__lt=max(row.ends_at for row in planned),
        starts_at__gte=min(row.starts_at for row in planned) - timedelta(days=1),
    )
    held = defaultdict(list)
    for pk, school, grade, starts, ends in others.order_by().values_list(
        "pk", "school", "grade", "starts_at", "ends_at"
    ):
        held[school, grade, timezone.localdate(starts)].append((pk, starts, ends))
    return {
        row.pk
        for row in planned
        for pk, starts, ends in held[row.school_id, row.grade, row.day]
        if pk != row.pk and starts < row.ends_at and ends > row.starts_at
    }
