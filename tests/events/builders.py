"""Sessions for the tests, made without the planner where its rules are not the subject."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.utils import timezone

from events.models import SchoolSession
from events.states import SessionState
from portal.models import Language, Topic

ADULT = "Сынып жетекшісі Б. Есімова"


def at(days: int, hour: int = 10, minute: int = 0) -> datetime:
    """A moment in Almaty, `days` after today."""
    day = timezone.localdate() + timedelta(days=days)
    return timezone.make_aware(datetime.combine(day, time(hour, minute)))


def make_session(cast, *, starts_at: datetime | None = None, minutes: int = 45, **more) -> SchoolSession:
    """A published session in Gulnara's school in a week at ten, one place, its adult named."""
    starts_at = starts_at or at(7)
    fields = {
        "school": cast.school,
        "topic": Topic.objects.filter(grade_to__gte=7).first(),
        "grade": 7,
        "group_size": 24,
        "language": Language.objects.get(code="kk"),
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=minutes),
        "school_adult_name": ADULT,
        "state": SessionState.PUBLISHED,
        "created_by": cast.aigul,
    }
    return SchoolSession.objects.create(**(fields | more))
