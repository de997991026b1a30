"""A map of the districts with what the coming sessions need, and the table behind it."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count
from django.utils import timezone
from django.views.generic import TemplateView

from events import maps
from events.models import SchoolSession
from events.services.numbers import cleared_by_district
from events.services.readiness import risks_of
from events.states import SessionState
from portal import access
from portal.models import District
from portal.staff import StaffView

KEPT_SECONDS = 15 * 60


class Row(NamedTuple):
    """Of the coming days: published sessions, those that lack mentors, those at risk (see `events.services.marks`), and
    the mentors who live there and are cleared today (`cleared_today`)."""

    district: District
    sessions: int
    lacking: int
    at_risk: int
    mentors: int


class BoardMap(StaffView, TemplateView):
    """Sessions and people in the reader's reach."""

    permission = "session.internal"
    template_name = "events/staff_board_map.html"

    def get_context_data(self, **kwargs):
        rows = self._rows(timezone.now())
        circles = maps.circles([row.district for row in rows], {row.district.pk: row.lacking for row in rows})
        days = settings.PROGRAMME["needs_days"]
        size = {"width": maps.WIDTH, "height": maps.HEIGHT}
        return super().get_context_data(rows=rows, circles=circles, days=days, map=size, **kwargs)

    def _rows(self, now: datetime) -> list[Row]:
        user, until = self.request.user, now + timedelta(days=settings.PROGRAMME["needs_days"])
        coming = SchoolSession.objects.visible_to(user).filter(state=SessionState.PUBLISHED, starts_at__gt=now)
        coming = coming.filter(starts_at__lte=until)
        planned, lacking = _by_district(coming), _by_district(coming.lacking_mentors(now))
        near = coming.filter(starts_at__lte=now + timedelta(hours=settings.PROGRAMME["at_risk_hours"]))
        near = list(near.select_related("school"))
        risks = risks_of(near)
        at_risk = Counter(session.school.district_id for session in near if risks[session.pk])
        mentors = cleared_today(timezone.localdate(now))
        return [
            Row(place, planned[place.pk], lacking[place.pk], at_risk[place.pk], mentors[place.pk])
            for place in District.objects.filter(access.within(user, self.permission, district="pk"))
            if planned[place.pk] or mentors[place.pk]
        ]


def _by_district(sessions) -> Counter:
    return Counter(dict(sessions.order_by().values_list("school__district").annotate(number=Count("pk"))))


def cleared_today(day: date) -> Counter[int]:
    """`cleared_by_district`, a quarter of an hour old at most: with thousands of mentors it takes seconds. Nothing is decided
    by these numbers."""
    key = f"cleared-by-district:{day.isoformat()}"
    if (found := cache.get(key)) is None:
        found = cleared_by_district(day)
        cache.set(key, found, KEPT_SECONDS)
    return found
