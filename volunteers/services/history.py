"""What somebody has done in the last years, and the months of which he says nothing (row B11)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext_lazy as _

KINDS = {
    "work": _("work"),
    "service": _("military or other service"),
    "study": _("study"),
    "care": _("care of children or relatives"),
    "volunteering": _("volunteering"),
    "household": _("pension or household"),
    "other": _("something else"),
}


class Gap(NamedTuple):
    """Months without an entry, both inclusive, each as its first day."""

    start: date
    end: date


def gaps(entries: Iterable[dict], today: date, born: date | None = None) -> list[Gap]:
    """The runs of more than `history_gap_months` whole months that no entry touches, oldest first. Pure.

    Looks back `history_years` from `today`, with `born` not beyond the month of full age. An entry is one of the step
    "history": `from` and `to` are months ("2015-03"), an empty `to` means that it goes on; a month that an entry
    touches is covered.
    """
    this_month = _count(today.year, today.month)
    first = this_month - 12 * settings.PROGRAMME["history_years"]
    if born:
        first = max(first, _count(born.year + settings.PROGRAMME["minimum_age_years"], born.month))
    found, free_from = [], first
    for start, end in [*sorted(_months(entry, this_month) for entry in entries), (this_month + 1, this_month + 1)]:
        if start - free_from > settings.PROGRAMME["history_gap_months"]:
            found.append(Gap(_first_day(free_from), _first_day(start - 1)))
        free_from = max(free_from, end + 1)
    return found


def gaps_in(draft: dict, today: date) -> list[Gap]:
    """The same for answers as they are kept; none where the step was never asked."""
    if "history" not in draft:
        return []
    born = draft.get("about", {}).get("birth_date")
    return gaps(draft["history"]["entries"], today, date.fromisoformat(born) if born else None)


def _months(entry: dict, this_month: int) -> tuple[int, int]:
    start = _count(*map(int, entry["from"].split("-")))
    end = _count(*map(int, entry["to"].split("-"))) if entry["to"] else this_month
    return min(start, this_month + 1), end


def _count(year: int, month: int) -> int:
    """Months since the year 0."""
    return year * 12 + month - 1


def _first_day(count: int) -> date:
    return date(count // 12, count % 12 + 1, 1)
