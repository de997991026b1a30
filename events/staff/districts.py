"""A map of the districts with what the coming sessions need, and the table behind it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Count
from django.utils import timezone
from django.views.generic import TemplateView

from events import maps
from events.models import SchoolSession
from events.services.readiness import risks_of
from events.states import SessionState
from portal.models import District
from portal.staff import StaffView
from volunteers.models import Person


class Row(NamedTuple):
    """Of the coming days: published sessions, those that lack mentors, those at risk (see `events.services.marks`), and
    the mentors who live there and serve today."""

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
        planned = _by_district(coming)
        lacking = _by_district(coming.lacking_mentors(now))
        near = coming.filter(starts_at__lte=now + timedelta(hours=settings.PROGRAMME["at_risk_hours"]))
        near = list(near.select_related("school"))
        risks = risks_of(near)
        at_risk = Counter(session.school.district_id for session in near if risks[session.pk])
        serving = Person.objects.visible_to(user).serving(timezone.localdate(now))
        mentors = dict(serving.order_by().values_list("district").annotate(number=Count("pk", distinct=True)))
        known = set(planned) | set(mentors)
        return [
            Row(place, planned[place.pk], lacking[place.pk], at_risk[place.pk], mentors.get(place.pk, 0))
            for place in District.objects.all()
            if place.pk in known
        ]


def _by_district(sessions) -> Counter:
    keys = SchoolSession.objects.filter(pk__in=sessions.order_by().values("pk")).order_by()
    return Counter(dict(keys.values_list("school__district").annotate(number=Count("pk"))))
