"""The pages of a list of sessions: what lies ahead, then what is over, each along the order in time."""

from __future__ import annotations

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.functional import cached_property


class NextFirst(Paginator):
    """Of a query for keys of sessions in any order. A part is read from its nearer end: a database walks past all rows
    before the page."""

    @cached_property
    def _parts(self) -> list[tuple[QuerySet, int]]:
        """What is ahead and what is over, with their numbers; one query."""
        now, rows = timezone.now(), self.object_list.order_by()
        counted = rows.aggregate(all=Count("pk"), ahead=Count("pk", filter=Q(ends_at__gt=now)))
        ahead, behind = self.object_list.ahead(now), self.object_list.behind(now)
        return [(ahead, counted["ahead"]), (behind, counted["all"] - counted["ahead"])]

    @cached_property
    def count(self) -> int:
        return sum(number for _rows, number in self._parts)

    def page(self, number) -> Page:
        number = self.validate_number(number)
        first, found = (number - 1) * self.per_page, []
        last = first + self.per_page
        for rows, many in self._parts:
            found += _read(rows, many, max(0, first), min(last, many))
            first, last = first - many, last - many
        return self._get_page(found, number, self)


def _read(rows: QuerySet, many: int, first: int, last: int) -> list:
    if first >= last:
        return []
    if first <= many // 2:
        return list(rows[first:last])
    return list(rows.reverse()[many - last : many - first])[::-1]
