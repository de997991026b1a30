"""Days from and to, both inclusive."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

FOREVER = date.max
DAY = timedelta(days=1)


class Interval(NamedTuple):
    start: date
    end: date

    def covers(self, on: date) -> bool:
        return self.start <= on <= self.end


def unbroken_end(intervals: Iterable[Interval], on: date) -> date | None:
    """The last day of the run of overlapping or adjoining intervals that covers `on`; None when nothing covers it."""
    end = None
    for interval in sorted(intervals):
        reach = end or (on if interval.covers(on) else None)
        if reach is None:
            continue
        if interval.start <= (reach if reach == FOREVER else reach + DAY):
            end = max(reach, interval.end)
    return end
