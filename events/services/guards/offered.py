"""Which sessions a mentor is shown, and when he can come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from math import asin, cos, radians, sin, sqrt

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import Booking, SchoolSession
from events.querysets import SchoolSessionQuerySet
from portal.models import District, School
from portal.refusals import Reason

from .situation import Situation, buffer

EARTH_KM = 6371
Runs = Sequence[tuple[date, date]]  # first and last days, inclusive, Asia/Almaty


def offered(sessions: SchoolSessionQuerySet, situation: Situation) -> SchoolSessionQuerySet:
    """Of `sessions` those that a list may show him: none that he is kept from (I8)."""
    return sessions.exclude(school__in=situation.closed_schools).exclude(pk__in=situation.shunned)


def fitting(
    sessions: SchoolSessionQuerySet,
    situation: Situation,
    now: datetime,
    ways: Mapping[int, float] | None = None,
    until: date | None = None,
) -> SchoolSessionQuerySet:
    """Of `sessions` those that suit this mentor: open, in his districts, languages and topics, near enough, in hours and on
    days that suit him, on days he is cleared, within his caps, not too close to a visit of his and, while his visits are
    the first ones, beside an experienced mentor. `ways` are those of `ways_from`, where the caller has them; `until` is the
    last day that he asks about."""
    today = timezone.localdate(now)
    until = until or today + timedelta(days=settings.PROGRAMME["plan_ahead_days"])
    sessions = offered(sessions, situation).open(now).filter(language__in=situation.languages)
    for held in situation.held:
        sessions = sessions.exclude(_around(held, buffer()) & ~Q(school=held.session.school_id))
        sessions = sessions.exclude(_around(held, timedelta(0)))
    if situation.districts:
        sessions = sessions.filter(school__district__in=situation.districts)
    if situation.topics:
        sessions = sessions.filter(topic__in=situation.topics)
    if (most := situation.limits.max_km) is not None and situation.person.district:
        ways = ways_from(situation.person.district) if ways is None else ways
        sessions = sessions.filter(school__in=[school for school, way in ways.items() if way <= most])
    for full in situation.full_periods():
        sessions = sessions.exclude(_on(*full))
    cleared = situation.days_for(today, until)
    sessions = sessions.filter(_in_one_of(cleared), _when_he_can(situation))
    return _accompanied(sessions, situation, cleared)


def _accompanied(sessions: SchoolSessionQuerySet, situation: Situation, cleared: Runs) -> SchoolSessionQuerySet:
    """On days of his first visits only sessions with an experienced mentor."""
    if not situation.is_beginner:
        return sessions
    days = (first + timedelta(days=number) for first, last in cleared for number in range((last - first).days + 1))
    alone = [(day, day) for day in days if not situation.is_beginner_on(day)]
    return sessions.filter(Q(pk__in=sessions.model.objects.led().order_by().values("pk")) | _in_one_of(alone))


def _in_one_of(runs: Runs) -> Q:
    """A condition: the session is on a day of one of these runs."""
    found = Q(pk__in=[])
    for first, last in runs:
        found |= _on(first, last)
    return found


def _on(first: date, last: date) -> Q:
    begins, ends = (timezone.make_aware(datetime.combine(day, time.min)) for day in (first, last + timedelta(days=1)))
    return Q(starts_at__gte=begins, starts_at__lt=ends)


def _around(held: Booking, way: timedelta) -> Q:
    return Q(starts_at__lt=held.ends_at + way, ends_at__gt=held.starts_at - way)


def _when_he_can(situation: Situation) -> Q:
    """Inside his hours, where he has named some, and on no day on which he is away."""
    suits = Q()
    for window in situation.windows:
        suits |= Q(
            starts_at__iso_week_day=window.weekday + 1,
            starts_at__time__gte=window.starts,
            ends_at__time__lte=window.ends,
        )
    for absence in situation.absences:
        suits &= ~_on(absence.first_day, absence.last_day)
    return suits


def why_not_then(situation: Situation, session: SchoolSession) -> list[Reason]:
    """Why the hour does not suit him by what he has said of himself (code not_available). It does not bind what he books
    himself; whoever books for him goes past it with a reason only."""
    if any(absence.first_day <= session.day <= absence.last_day for absence in situation.absences):
        return [Reason("not_available", _("The mentor is away on this day."))]
    begins, ends = timezone.localtime(session.starts_at), timezone.localtime(session.ends_at)
    inside = any(
        window.weekday == begins.weekday() and window.starts <= begins.time() and ends.time() <= window.ends
        for window in situation.windows
    )
    if situation.windows and not inside:
        return [Reason("not_available", _("The hour is outside those that suit the mentor."))]
    return []


def kilometres(district: District | None, school: School) -> float | None:
    """In a straight line from the centre of the mentor's district; None for a mentor without one."""
    if district is None:
        return None
    here, there = (radians(float(place.latitude)) for place in (district, school))
    east = radians(float(school.longitude) - float(district.longitude))
    chord = sin((there - here) / 2) ** 2 + cos(here) * cos(there) * sin(east / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(chord))


def ways_from(district: District | None, schools: Iterable[School] | None = None) -> dict[int, float]:
    """`kilometres` to every school (those of `schools`, where the caller has them), by its primary key; nothing for a
    mentor without a district."""
    if district is None:
        return {}
    schools = School.objects.only("latitude", "longitude") if schools is None else schools
    return {school.pk: kilometres(district, school) for school in schools}
