"""Districts as circles where they lie, for a picture beside a table with the same numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from portal.models import District

WIDTH, HEIGHT, EDGE = 640, 400, 80
SMALLEST, LARGEST = 4, 34  # radius of a circle
LABEL_WIDTH, LINE = 130, 16  # of a district's name


class Circle(NamedTuple):
    district: District
    x: int
    y: int
    radius: int
    label_y: int

    @property
    def name(self) -> str:
        return self.district.name


def circles(places: Iterable[District], counts: Mapping[int, int | None]) -> list[Circle]:
    """From south to north; the area of a circle is the district's number in `counts` (by primary key; None is a hidden
    one), so that the largest fills the largest circle."""
    places = list(places)
    if not places:
        return []
    east, north = [float(place.longitude) for place in places], [float(place.latitude) for place in places]
    most = max((counts.get(place.pk) or 0 for place in places), default=0) or 1
    wide, high = (max(east) - min(east)) or 1, (max(north) - min(north)) or 1
    found: list[Circle] = []
    for place in sorted(places, key=lambda place: place.latitude):
        x = round(EDGE + (float(place.longitude) - min(east)) / wide * (WIDTH - 2 * EDGE))
        y = round(HEIGHT - EDGE - (float(place.latitude) - min(north)) / high * (HEIGHT - 2 * EDGE))
        radius = max(SMALLEST, round(LARGEST * ((counts.get(place.pk) or 0) / most) ** 0.5))
        found.append(Circle(place, x, y, radius, _free_line(x, y - radius - 4, found)))
    return found


def _free_line(x: int, y: int, there: list[Circle]) -> int:
    """The height for a name: `y`, or as far above it as the names that are there already leave room."""
    while any(abs(other.x - x) < LABEL_WIDTH and abs(other.label_y - y) < LINE for other in there):
        y -= LINE
    return y
