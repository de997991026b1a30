"""Where mentors are needed: what each coming session lacks, and how urgent that is. Only read, nothing is stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from events.models import SchoolSession
from events.querysets import SchoolSessionQuerySet
from portal.models import District

URGENT_DAYS, SOON_DAYS = 3, 7


@dataclass(frozen=True)
class Need:
    """`urgency` is `bad` up to three days before the session, `wait` up to seven, else empty; `days` are whole ones."""

    session: SchoolSession
    days: int
    mentors: int
    adult: bool
    partner: bool
    unconfirmed: int

    @property
    def urgency(self) -> str:
        if self.days <= URGENT_DAYS:
            return "bad"
        return "wait" if self.days <= SOON_DAYS else ""


def need_of(session: SchoolSession, now: datetime) -> Need:
    """What a session of `in_need()` lacks: how many mentors, the adult from the school, an experienced mentor, and about how
    many visits the school's word."""
    return Need(
        session=session,
        days=(session.day - timezone.localdate(now)).days,
        mentors=max(0, session.seats_min - session.taken),
        adult=not session.school_adult_name,
        partner=bool(session.waiting_again) and not session.experienced,
        unconfirmed=session.unconfirmed,
    )


def districts_in_need(sessions: SchoolSessionQuerySet, now: datetime, districts: Iterable[District]) -> list[District]:
    """Those of `districts` with some of `sessions` (of `in_need()` or `lacking_mentors()`), each with `lacking`, the number
    of these, and `urgent` of them. One query."""
    urgent = Q(starts_at__lt=_midnight_after(now, URGENT_DAYS))
    keys = sessions.order_by().values_list("school__district")
    found = {pk: more for pk, *more in keys.annotate(lacking=Count("pk"), urgent=Count("pk", filter=urgent))}
    needy = [district for district in districts if district.pk in found]
    for district in needy:
        district.lacking, district.urgent = found[district.pk]
    return needy


def _midnight_after(now: datetime, days: int) -> datetime:
    day = timezone.localdate(now) + timedelta(days=days + 1)
    return timezone.make_aware(datetime.combine(day, time.min))
