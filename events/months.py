"""Weeks and months as pages of a calendar, read from an address, and what stands on their days."""

from __future__ import annotations

import re
from calendar import Calendar
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.utils import timezone

WEEK = re.compile(r"(20[0-9]{2})-W([0-9]{2})")
MONTH = re.compile(r"(20[0-9]{2})-([0-9]{2})")
DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")


class Mark(NamedTuple):
    """A word about a session; `tone` is good, bad, wait or empty, `reasons` are sentences."""

    code: str
    text: str
    tone: str = ""
    reasons: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        return " ".join(self.reasons)


class Entry(NamedTuple):
    """One line on a day: a link and its marks. `starts` is the local time."""

    starts: time
    url: str
    title: str
    detail: str
    marks: list[Mark]
    kind: str = "session"


@dataclass
class Day:
    """A day of a page; `more` are the entries that did not find room, `more_url` the page that has them."""

    day: date
    inside: bool = True
    entries: list[Entry] = field(default_factory=list)
    more: int = 0
    more_url: str = ""

    @property
    def is_today(self) -> bool:
        return self.day == timezone.localdate()

    @property
    def is_empty(self) -> bool:
        return not self.entries and not self.more


def week_of(text: str, today: date) -> date:
    """The Monday of a week written as 2026-W48; of the current one for anything else."""
    if found := WEEK.fullmatch(text):
        try:
            return date.fromisocalendar(int(found[1]), int(found[2]), 1)
        except ValueError:
            pass
    return today - timedelta(days=today.weekday())


def month_of(text: str, today: date) -> date:
    """The first day of a month written as 2026-12; of the current one for anything else."""
    found = MONTH.fullmatch(text)
    if found and 1 <= int(found[2]) <= 12:
        return date(int(found[1]), int(found[2]), 1)
    return today.replace(day=1)


def day_of(text: str) -> date | None:
    """A day written as 2026-12-01, or nothing."""
    try:
        return date.fromisoformat(text) if DAY.fullmatch(text) else None
    except ValueError:
        return None


def written_week(day: date) -> str:
    year, week, _weekday = day.isocalendar()
    return f"{year}-W{week:02}"


def written_month(day: date) -> str:
    return f"{day:%Y-%m}"


def next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def previous_month(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


def weeks_of(first: date) -> list[list[date]]:
    """The weeks of a month, Monday first, with the days of its neighbours that fill them."""
    return Calendar().monthdatescalendar(first.year, first.month)


def moments(first: date, last: date) -> tuple[datetime, datetime]:
    """From midnight of the first day to midnight after the last one (Asia/Almaty)."""
    ends = last + timedelta(days=1)
    return tuple(timezone.make_aware(datetime.combine(day, time.min)) for day in (first, ends))


def by_day(entries: Iterable[tuple[date, Entry]]) -> dict[date, list[Entry]]:
    """The entries of each day in the order of time."""
    found: dict[date, list[Entry]] = {}
    for day, entry in entries:
        found.setdefault(day, []).append(entry)
    return {day: sorted(rows, key=lambda entry: entry.starts) for day, rows in found.items()}
