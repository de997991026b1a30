"""What a request must be before it is kept and before it is sent: one list for the form, the page and the service."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from events.models import GROUP_MAX, VISITS_MAX, WINDOWS_MAX, RequestWindow, SessionRequest
from events.services.planning import EARLIEST, LATEST, closed_by
from portal.models import School
from portal.refusals import Reason, Refused

TEXT_MAX = 1000  # characters of a question, an answer or a note


class Problem(NamedTuple):
    """`field` is one of the request or, with the number of the window from 1 on in `row`, one of a window."""

    field: str
    reason: Reason
    row: int = 0


def hours_of(school: School, shift: int) -> tuple[time, time]:
    """The hours of one shift of the school (Asia/Almaty): her own, else the usual ones."""
    for own in school.shift_hours.all():
        if own.number == shift:
            return own.starts, own.ends
    usual = settings.PROGRAMME["shift_hours"].get(shift)
    return (time.fromisoformat(usual[0]), time.fromisoformat(usual[1])) if usual else (EARLIEST, LATEST)


def problems(request: SessionRequest, windows: list[RequestWindow], now: datetime | None = None) -> list[Problem]:
    """All that is wrong with a request and the times that suit.

    Codes: topic_grade, shift, group_size, visits, text_long, windows_missing, windows; of a window past, too_far,
    order, short, outside_shift, no_lessons, twice.
    """
    now = now or timezone.now()
    found = _of_class(request)
    if not windows:
        found.append(Problem("windows", Reason("windows_missing", _("Name at least one day and time that suits."))))
    elif len(windows) > WINDOWS_MAX:
        text = _("Name at most %(most)s times.") % {"most": WINDOWS_MAX}
        found.append(Problem("windows", Reason("windows", text)))
    for row, window in enumerate(windows[:WINDOWS_MAX], start=1):
        found += [Problem(field, reason, row) for field, reason in _of_window(request, window, now)]
    return found + _twice(windows[:WINDOWS_MAX])


def _of_class(request: SessionRequest) -> list[Problem]:
    found = []
    topic = request.topic
    if not topic.grade_from <= request.grade <= topic.grade_to:
        text = _("This topic is for grades %(first)s to %(last)s.")
        values = {"first": topic.grade_from, "last": topic.grade_to}
        found.append(Problem("grade", Reason("topic_grade", text % values)))
    if not 1 <= request.shift <= request.school.shifts:
        found.append(Problem("shift", Reason("shift", _("The school has no such shift."))))
    if not 1 <= request.group_size <= GROUP_MAX:
        text = _("A group has 1 to %(most)s pupils.") % {"most": GROUP_MAX}
        found.append(Problem("group_size", Reason("group_size", text)))
    if not 1 <= request.visits <= VISITS_MAX:
        text = _("A request is for 1 to %(most)s visits.") % {"most": VISITS_MAX}
        found.append(Problem("visits", Reason("visits", text)))
    if len(request.notes) > TEXT_MAX:
        found.append(Problem("notes", too_long()))
    return found


def _of_window(request: SessionRequest, window: RequestWindow, now: datetime) -> list[tuple[str, Reason]]:
    if found := _of_time(window, now):
        return found
    first, last = hours_of(request.school, request.shift)
    if window.starts < first or window.ends > last:
        text = _("The lessons of this shift are between %(first)s and %(last)s.")
        values = {"first": date_format(first, "TIME_FORMAT"), "last": date_format(last, "TIME_FORMAT")}
        found.append(("starts", Reason("outside_shift", text % values)))
    if closed := closed_by(request.school, request.grade, window.day):
        text = _("There are no lessons on this day: %(name)s.") % {"name": closed}
        found.append(("day", Reason("no_lessons", text)))
    return found


def _of_time(window: RequestWindow, now: datetime) -> list[tuple[str, Reason]]:
    least, ahead = settings.PROGRAMME["request_window_minutes"], settings.PROGRAMME["request_ahead_days"]
    today, found = timezone.localdate(now), []
    if (window.day, window.starts) <= (today, timezone.localtime(now).time()):
        found.append(("day", Reason("past", _("This moment has passed."))))
    elif window.day > today + timedelta(days=ahead):
        found.append(("day", Reason("too_far", _("This day is more than a year away."))))
    if window.ends <= window.starts:
        found.append(("ends", Reason("order", _("The end comes before the beginning."))))
    elif _minutes(window) < least:
        text = _("At least %(least)s minutes are needed.") % {"least": least}
        found.append(("ends", Reason("short", text)))
    return found


def _minutes(window: RequestWindow) -> int:
    length = datetime.combine(date.min, window.ends) - datetime.combine(date.min, window.starts)
    return int(length.total_seconds() // 60)


def _twice(windows: list[RequestWindow]) -> list[Problem]:
    """Times of one day that meet are one time."""
    rows = sorted(enumerate(windows, start=1), key=lambda pair: (pair[1].day, pair[1].starts, pair[0]))
    text = _("This time meets another one of the same day.")
    return [
        Problem("starts", Reason("twice", text), row)
        for (_row, earlier), (row, later) in pairwise(rows)
        if earlier.day == later.day and later.starts < earlier.ends
    ]


def too_many(school: School, but: SessionRequest | None = None) -> list[Reason]:
    """Whether the school already has as many requests without a plan as she may (`PROGRAMME["requests_at_most"]`)."""
    most = settings.PROGRAMME["requests_at_most"]
    waiting = SessionRequest.objects.unplanned().filter(school=school)
    if but is not None:
        waiting = waiting.exclude(uuid=but.uuid)
    if waiting.count() < most:
        return []
    text = _("Requests of your school that wait for a plan: %(most)s. Please wait for one of them, or withdraw one.")
    return [Reason("too_many", text % {"most": most})]


def why_not_send(request: SessionRequest, now: datetime | None = None) -> list[Reason]:
    """Every reason why a kept draft cannot be sent now; its days may have passed since it was written."""
    found = problems(request, list(request.windows.all()), now)
    return [problem.reason for problem in found] + too_many(request.school, but=request)


def demand_text(text: str) -> str:
    """The words of a question or an answer; refuses text_missing and text_long."""
    text = text.strip()
    if not text:
        raise Refused(Reason("text_missing", _("Please write what it is about.")))
    if len(text) > TEXT_MAX:
        raise Refused(too_long())
    return text


def too_long() -> Reason:
    return Reason("text_long", _("At most %(most)s characters, please.") % {"most": TEXT_MAX})
