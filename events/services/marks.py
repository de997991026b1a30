"""What is said of a session on the coordinator's board: in words, never stored."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from events.models import SchoolSession
from events.months import Mark
from events.services.assuring import silent_in
from events.services.planning import closed_by
from events.services.readiness import risks_from, visits_of
from events.states import SessionState
from portal.gather import gather
from portal.models import NonTeachingPeriod
from portal.sets import among

PLANNED = (SessionState.DRAFT, SessionState.PUBLISHED)


def marks_of(sessions: Iterable[SchoolSession], now: datetime) -> dict[int, list[Mark]]:
    """The marks of each session (by primary key), the gravest first; three queries for any number of them.
    The sessions come from `for_cards()`.

    Of a published session ahead: `at_risk` (something is missing and it begins within `PROGRAMME["at_risk_hours"]`),
    `not_ready` (the same, later) or `ready`, `unfilled` (a place is free), and in those hours `not_assured` (mentors were
    asked whether they come and have not said it). Of a draft too: `no_lessons` (a day without
    lessons, and no reason was written) and `same_time` (another session of the same grade of the school at that time).
    Of the rest: its state.
    """
    sessions = list(sessions)
    if not sessions:
        return {}
    ahead = {row.pk: row for row in sessions if row.state == SessionState.PUBLISHED and row.ends_at > now}
    found = gather(**visits_of(ahead), twins=_twins(sessions), calendar=_calendar(sessions))
    risks, silent = risks_from(list(ahead.values()), found), silent_in(found["held"], now)
    twins, marks = {row.pk for row in found["twins"]}, {}
    for row in sessions:
        life = _readiness(row, risks[row.pk], now) if row.pk in ahead else [_state(row)]
        marks[row.pk] = [*_clashes(row, now, twins, found["calendar"]), *life, *_unsaid(silent[row.pk])]
    return marks


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


def _unsaid(number: int) -> list[Mark]:
    text = _("Not yet said that they come: %(number)s") % {"number": number}
    return [Mark("not_assured", text, "wait")] if number else []


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


def _calendar(sessions: list[SchoolSession]) -> QuerySet:
    days = [row.day for row in sessions]
    return NonTeachingPeriod.objects.between(min(days), max(days))


def _twins(sessions: list[SchoolSession]) -> QuerySet:
    """Those that are planned and at whose time the same grade of the school has another session, shown or not."""
    others = SchoolSession.objects.exclude(state=SessionState.CANCELLED).exclude(pk=OuterRef("pk"))
    others = others.filter(school=OuterRef("school"), grade=OuterRef("grade"))
    # `starts_at` has two bounds, so that its index is used: nothing goes over midnight
    others = others.filter(starts_at__lt=OuterRef("ends_at"), ends_at__gt=OuterRef("starts_at"))
    others = others.filter(starts_at__gt=OuterRef("starts_at") - timedelta(days=1))
    planned = SchoolSession.objects.filter(pk__in=among(row.pk for row in sessions if row.state in PLANNED))
    return planned.filter(Exists(others)).only("pk")
