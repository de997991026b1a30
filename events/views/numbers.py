"""What everybody may know of the programme: figures, and no names."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from events import maps
from events.models import PublicFigures
from events.services.numbers import figures_of, school_year
from events.services.suppression import LEAST
from portal import exports
from portal.models import District


class Row(NamedTuple):
    """A month or a district: its counts by measure (None is a hidden one), and of its sessions the share of the largest
    row, in hundredths."""

    name: str
    counts: list[int | None]
    share: int


def _measures(data: dict) -> list[tuple[str, str]]:
    names = [
        ("sessions", _("Sessions held")),
        ("pupils", _("Pupils in them")),
        ("hours", _("Hours of mentors")),
        ("mentors", _("Mentors cleared today")),
    ]
    return [(key, label) for key, label in names if key in data["totals"]]


def _keys(data: dict) -> list[str]:
    return [key for key, _label in _measures(data)]


def _keys_of_months(data: dict) -> list[str]:
    return [key for key in _keys(data) if key != "mentors"]


def _asked_for(request: HttpRequest) -> PublicFigures:
    today = timezone.localdate()
    text = request.GET.get("year", "")
    year = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else school_year(today)
    figures = figures_of(year, today)
    if figures is None:
        raise Http404
    return figures


def _rows(cells: dict, names: dict[str, str], measures: list[str]) -> list[Row]:
    most = max((counts.get("sessions") or 0 for counts in cells.values()), default=0)
    rows = []
    for key, name in names.items():
        counts = cells.get(key, {})
        share = round(100 * (counts.get("sessions") or 0) / most) if most else 0
        rows.append(Row(name, [counts.get(measure, 0) for measure in measures], share))
    return rows


def _tables(figures: PublicFigures) -> tuple[list[Row], list[Row]]:
    """By month and by district, in the order of time and of the oblast's list. Mentors have no months and come last."""
    data = figures.data
    keys = _keys(data)
    months = {key: date_format(date.fromisoformat(f"{key}-01"), "YEAR_MONTH_FORMAT") for key in data["by_month"]}
    districts = {str(district.pk): district.name for district in District.objects.all()}
    return (
        _rows(data["by_month"], months, _keys_of_months(data)),
        _rows(data["by_district"], districts, keys),
    )


def _by_name(cells: dict, names: dict[str, str], measures: list[str]) -> dict[str, dict[str, int | None]]:
    """Each row with all of its measures, nought where nothing was counted."""
    return {row.name: dict(zip(measures, row.counts, strict=True)) for row in _rows(cells, names, measures)}


def _sessions_of(data: dict) -> dict[int, int | None]:
    return {int(district): counts.get("sessions", 0) for district, counts in data["by_district"].items()}


@login_not_required
@require_safe
@cache_control(public=True, max_age=3600)
def numbers(request: HttpRequest) -> HttpResponse:
    """The figures of one school year (`?year=` names the one in which it began), with charts and the tables behind."""
    figures = _asked_for(request)
    data = figures.data
    months, districts = _tables(figures)
    measures = _measures(data)
    context = {
        "figures": figures,
        "totals": [(label, data["totals"][key]) for key, label in measures],
        "months": months,
        "districts": districts,
        "measures": [label for _key, label in measures],
        "measures_of_months": [label for key, label in measures if key != "mentors"],
        "circles": maps.circles(District.objects.all(), _sessions_of(data)),
        "years": PublicFigures.objects.values_list("year", flat=True),
        "fewest": LEAST,
        "map": {"width": maps.WIDTH, "height": maps.HEIGHT},
    }
    return render(request, "events/numbers.html", context)


@login_not_required
@require_safe
@cache_control(public=True, max_age=3600)
def numbers_csv(request: HttpRequest) -> HttpResponse:
    figures = _asked_for(request)
    months, districts = _tables(figures)
    labels = [label for _key, label in _measures(figures.data)]
    hidden = _("fewer than %(fewest)s or hidden") % {"fewest": LEAST}

    def cells(row: Row) -> list[str | int]:
        """As many as there are measures: what a month does not have is empty."""
        counts = [hidden if count is None else count for count in row.counts]
        return [row.name, *counts, *[""] * (len(labels) - len(counts))]

    rows = [cells(row) for row in [*months, *districts]]
    return exports.as_csv(exports.Table(f"tirek-{figures.year}", [_("Month or district"), *labels], rows))


@login_not_required
@require_safe
@cache_control(public=True, max_age=3600)
def numbers_json(request: HttpRequest) -> HttpResponse:
    """The same in numbers: null is a hidden count; districts by their short names, those with none too."""
    figures = _asked_for(request)
    data = figures.data
    districts = {str(district.pk): district.slug for district in District.objects.all()}
    months = {month: month for month in data["by_month"]}
    return JsonResponse(
        {
            "school_year": f"{figures.year}/{figures.year + 1}",
            "made_on": figures.made_on.isoformat(),
            "hidden": f"null: a count from 1 to {LEAST - 1}, or one that would give such a count away",
            "schools": data["schools"],
            "totals": data["totals"],
            "by_month": _by_name(data["by_month"], months, _keys_of_months(data)),
            "by_district": _by_name(data["by_district"], districts, _keys(data)),
        }
    )
