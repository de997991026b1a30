"""How long each stage usually takes, from what happened: the applicant's page shows it (B8)."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from itertools import groupby, pairwise

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from portal.models import LogEntry
from volunteers.models import Application, StageDuration
from volunteers.states import OPEN

WINDOW_DAYS = 365  # stages that were left in the last year count
ENTERED_WITHIN_DAYS = 730  # a stage begun before that is left out
AT_LEAST_CASES = 5  # fewer say nothing, and would let one see a single case
DAY_SECONDS = 86400


@transaction.atomic
def measure_stages(on: date) -> list[str]:
    """Writes the median of days per stage, rounded up, over the cases that left it in the year before `on`: all days of
    one case in that stage together. A stage with fewer than `AT_LEAST_CASES` has no row. Returns the states that have one.
    """
    days = _days_by_state(on)
    enough = {state: spent for state, spent in days.items() if len(spent) >= AT_LEAST_CASES}
    StageDuration.objects.exclude(state__in=enough).delete()
    for state, spent in enough.items():
        median = max(1, math.ceil(statistics.median(spent)))
        values = {"median_days": median, "cases": len(spent), "computed_on": on}
        StageDuration.objects.update_or_create(state=state, defaults=values)
    return sorted(enough)


def _days_by_state(on: date) -> dict[str, list[float]]:
    """For each open state the days that every case spent in it."""
    end = timezone.make_aware(datetime.combine(on, time.max))
    window, oldest = end - timedelta(days=WINDOW_DAYS), end - timedelta(days=ENTERED_WITHIN_DAYS)
    changes = LogEntry.objects.filter(
        model=Application._meta.label, kind=LogEntry.Kind.CHANGE, at__gte=oldest, at__lte=end
    )
    changes = changes.exclude(state_to="").exclude(state_to=F("state_from"))
    rows = changes.order_by("object_id", "at", "pk").values_list("object_id", "state_to", "at").iterator()
    days: dict[str, list[float]] = defaultdict(list)
    for _case, entries in groupby(rows, key=lambda row: row[0]):
        spent: dict[str, float] = defaultdict(float)
        for (_id, state, entered), (_next_id, _next_state, left) in pairwise(entries):
            if left >= window and state in OPEN:
                spent[state] += (left - entered).total_seconds() / DAY_SECONDS
        for state, length in spent.items():
            days[state].append(length)
    return days
