"""The coordinator's board: requests of schools and sessions in one picture, by week, by month or as a list."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django_filters.views import FilterView

from events import months
from events.filters import BoardFilter
from events.models import RequestWindow, SchoolSession, SessionRequest
from events.months import Day, Entry, Mark
from events.services.marks import marks_of
from events.states import SessionState
from portal import access
from portal.staff import NearestPage, StaffView

VIEWS = ("week", "month", "list")
NOON = time(13)  # the second shift begins after it
SHOWN = {"week": 8, "month": 2}  # of sessions in one cell, and as many requests; the rest is in the list of the day
REQUESTS_SHOWN = 25  # above a list
KEPT = ("district", "school", "topic", "state", "attention")


@dataclass(frozen=True)
class Frame:
    """What an address asks for: a view and its days (inclusive). Nonsense is the current week."""

    view: str
    first: date
    last: date

    @classmethod
    def asked_for(cls, query, today: date) -> Frame:
        view = query.get("view", "") if query.get("view") in VIEWS else ("month" if "month" in query else "week")
        day = months.day_of(query.get("day", ""))
        if view == "list" and day:
            return cls(view, day, day)
        if view == "month":
            weeks = months.weeks_of(months.month_of(query.get("month", ""), today))
            return cls(view, weeks[0][0], weeks[-1][-1])
        monday = months.week_of(query.get("week", ""), today)
        return cls(view, monday, monday + timedelta(days=6))

    @property
    def month(self) -> date:
        """The month that is shown or, of a week, the one in which its middle lies."""
        middle = self.first + (self.last - self.first) / 2
        return middle.replace(day=1)

    @property
    def title(self) -> str:
        if self.view == "month":
            return date_format(self.month, "YEAR_MONTH_FORMAT")
        if self.first == self.last:
            return date_format(self.first, "DATE_FORMAT")
        return f"{date_format(self.first, 'SHORT_DATE_FORMAT')} – {date_format(self.last, 'SHORT_DATE_FORMAT')}"

    def turned(self, forward: bool) -> dict[str, str]:
        """The parameters of the page before or after this one."""
        if self.view == "month":
            turn = months.next_month if forward else months.previous_month
            return {"view": "month", "month": months.written_month(turn(self.month))}
        step = self.last - self.first + timedelta(days=1)
        first = self.first + step if forward else self.first - step
        if self.first == self.last:
            return {"view": "list", "day": first.isoformat()}
        return {"view": self.view, "week": months.written_week(first)}


class Board(NearestPage, StaffView, FilterView):
    permission = "session.view"
    filterset_class = BoardFilter
    template_name = "events/staff_board.html"
    strict = False

    @cached_property
    def now(self) -> datetime:
        return timezone.now()

    @cached_property
    def frame(self) -> Frame:
        return Frame.asked_for(self.request.GET, timezone.localdate(self.now))

    def get_queryset(self):
        begins, ends = months.moments(self.frame.first, self.frame.last)
        sessions = SchoolSession.objects.visible_to(self.request.user).for_cards()
        return sessions.filter(starts_at__gte=begins, starts_at__lt=ends)

    def get_paginate_by(self, queryset):
        return 25 if self.frame.view == "list" else None

    def get_context_data(self, **kwargs):
        context, frame = super().get_context_data(**kwargs), self.frame
        context["inside"] = access.has_role(self.request.user, *access.PERMISSIONS["session.internal"])
        context |= {"frame": frame, "views": self._views(), "before": self.address(**frame.turned(forward=False))}
        context |= {"after": self.address(**frame.turned(forward=True)), "today": self.address(view=frame.view)}
        if frame.view == "list":
            marks = marks_of(context["object_list"], self.now)
            context["rows"] = [(session, marks[session.pk]) for session in context["object_list"]]
            context["requests"] = [self._request(window) for window in self._windows()[:REQUESTS_SHOWN]]
        elif frame.view == "month":
            context["weeks"] = self._weeks(frame)
        else:
            context["days"] = self._days(frame)
        return context

    def address(self, **changes: str) -> str:
        """This board with its filters and other days."""
        kept = {name: self.request.GET[name] for name in KEPT if self.request.GET.get(name)}
        return f"?{urlencode(kept | changes)}"

    def _views(self) -> list[tuple[str, str, str, bool]]:
        """Name, title, address and whether it is open, of each view, on the days that are open."""
        frame, today = self.frame, timezone.localdate(self.now)
        inside = today if frame.first <= today <= frame.last else frame.first
        if frame.view == "month" and inside < frame.month:
            inside = frame.month
        week, month = {"week": months.written_week(inside)}, {"month": months.written_month(frame.month)}
        titles = {"week": (_("Week"), week), "month": (_("Month"), month), "list": (_("List"), week)}
        return [
            (name, title, self.address(view=name, **days), name == frame.view) for name, (title, days) in titles.items()
        ]

    def _days(self, frame: Frame) -> list[tuple[date, Day, Day]]:
        """Each day of a week with its halves; Sunday where something is on it."""
        entries, left = self._placed(lambda moment: (moment.date(), moment.time() >= NOON))
        days = [frame.first + timedelta(days=number) for number in range(7)]
        rows = [
            (day, self._cell(day, entries, left, (day, False)), self._cell(day, entries, left, (day, True)))
            for day in days
        ]
        return rows if not all(half.is_empty for half in rows[-1][1:]) else rows[:-1]

    def _weeks(self, frame: Frame) -> list[list[Day]]:
        entries, left = self._placed(lambda moment: moment.date())
        weeks = [[self._cell(day, entries, left, day) for day in week] for week in months.weeks_of(frame.month)]
        for week in weeks:
            for cell in week:
                cell.inside = (cell.day.year, cell.day.month) == (frame.month.year, frame.month.month)
        return weeks

    def _cell(self, day: date, entries: dict, left: Counter, key) -> Day:
        rows = sorted(entries[key], key=lambda entry: entry.starts)
        return Day(day, entries=rows, more=left[key], more_url=self.address(view="list", day=day.isoformat()))

    def _placed(self, key_of) -> tuple[dict, Counter]:
        """The entries of each cell, and how many more there are. Few sessions are read whole, whatever their number: of a
        full cell those that lack mentors or the adult come first."""
        most, chosen, left = SHOWN[self.frame.view], [], Counter()
        keys, entries = defaultdict(list), defaultdict(list)
        light, zone = self.object_list.order_by("starts_at", "pk"), timezone.get_current_timezone()
        fields = ("pk", "starts_at", "state", "taken", "seats_min", "school_adult_name")
        for pk, starts, state, taken, needed, adult in light.values_list(*fields):
            lacks = state == SessionState.PUBLISHED and (taken < needed or not adult)
            keys[key_of(starts.astimezone(zone))].append((not lacks, starts, pk))
        for key, rows in keys.items():
            chosen += [pk for _lacks, _starts, pk in sorted(rows)[:most]]
            left[key] += max(0, len(rows) - most)
        for window in self._windows():
            key = key_of(datetime.combine(window.day, window.starts))
            if len(entries[key]) < most:
                entries[key].append(self._request(window))
            else:
                left[key] += 1
        sessions = list(SchoolSession.objects.filter(pk__in=chosen).for_cards())
        marks = marks_of(sessions, self.now)
        for session in sessions:
            entries[key_of(timezone.localtime(session.starts_at))].append(_session(session, marks[session.pk]))
        return entries, left

    def _windows(self):
        """The times that schools ask for and that are not planned yet, by the filters that requests have too."""
        user, form = self.request.user, self.filterset.form
        wanted = form.cleaned_data if form.is_valid() else {}  # without a question there is nothing to be valid
        if not access.has_role(user, *access.PERMISSIONS["session.internal"]):
            return RequestWindow.objects.none()  # a contact person has her requests on her own page
        if wanted.get("state") or wanted.get("attention"):
            return RequestWindow.objects.none()
        asked = SessionRequest.objects.visible_to(user).unplanned()
        fields = {"district": "school__district", "school": "school", "topic": "topic"}
        asked = asked.filter(**{fields[name]: wanted[name] for name in fields if wanted.get(name)})
        windows = RequestWindow.objects.filter(request__in=asked, day__range=(self.frame.first, self.frame.last))
        return windows.select_related("request__school", "request__topic").order_by("day", "starts", "pk")

    @staticmethod
    def _request(window: RequestWindow) -> Entry:
        asked = window.request
        mark = Mark(asked.state, asked.get_state_display(), asked.tone)
        title = _("Request: %(school)s") % {"school": asked.school.name}
        return Entry(
            window.starts, reverse("staff_request", args=[asked.uuid]), title, asked.topic.name, [mark], "request"
        )


def _session(session: SchoolSession, marks: list[Mark]) -> Entry:
    starts = timezone.localtime(session.starts_at).time()
    url = reverse("staff_session", args=[session.uuid])
    return Entry(starts, url, session.school.name, f"{session.topic.name}, {session.grade}", marks)
