"""Requests of Gulnara's school for the tests, in any state."""

from __future__ import annotations

from datetime import date, time, timedelta

from django.utils import timezone

from events.models import RequestMessage, RequestWindow, SessionRequest
from events.states import RequestState
from portal.management.demo.sessions import teaching_days
from portal.models import Language, Topic

OWNED = {RequestState.NEEDS_INFO, RequestState.ACCEPTED, RequestState.SCHEDULED, RequestState.FULFILLED}


def days_ahead(count: int = 1, after: int = 7) -> list[date]:
    """Days with lessons, from so many days after today on."""
    return teaching_days(timezone.localdate() + timedelta(days=after), count)


def window(day: date | None = None, starts: time = time(9), ends: time = time(11)) -> RequestWindow:
    return RequestWindow(day=day or days_ahead()[0], starts=starts, ends=ends)


def new_request(cast, **more) -> SessionRequest:
    """Unsaved: for a class of the seventh grade, first shift, one visit."""
    fields = {
        "school": cast.school,
        "topic": Topic.objects.filter(grade_from__lte=7, grade_to__gte=7).first(),
        "grade": 7,
        "shift": 1,
        "group_size": 24,
        "language": Language.objects.get(code="kk"),
        "visits": 1,
    }
    return SessionRequest(**(fields | more))


def make_request(
    cast, state: str = RequestState.SUBMITTED, windows: list[RequestWindow] = (), **more
) -> SessionRequest:
    """In the database as it would be after its moves; owned by Aigul where somebody must own it."""
    more.setdefault("owner", cast.aigul if state in OWNED else None)
    more.setdefault("decline_code", "no_mentors" if state == RequestState.DECLINED else "")
    asked = new_request(cast, state=state, created_by=cast.gulnara, **more)
    asked.save()
    for row in windows or [window()]:
        RequestWindow.objects.create(request=asked, day=row.day, starts=row.starts, ends=row.ends)
    if state == RequestState.NEEDS_INFO:
        RequestMessage.objects.create(request=asked, author=cast.aigul, from_school=False, text="Which room?")
    return asked


def typed(asked: SessionRequest | None = None, rows=(), **more) -> dict:
    """What a form of a request sends: five rows, those after `rows` (day, starts, ends) left empty."""
    fields = {
        "topic": Topic.objects.filter(grade_from__lte=7, grade_to__gte=7).first().pk,
        "grade": 7,
        "shift": 1,
        "group_size": 24,
        "language": Language.objects.get(code="kk").pk,
        "visits": 3,
        "adult_name": "",
        "notes": "",
    }
    for number in range(1, 6):
        row = rows[number - 1] if number <= len(rows) else ("", "", "")
        fields |= {f"{number}-{part}": value for part, value in zip(("day", "starts", "ends"), row, strict=True)}
    return fields | more
