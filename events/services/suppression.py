"""Small counts are not published, and cannot be computed from what is. Pure functions; see docs/decisions/0012."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Set

LEAST = 5  # a count from 1 to 4 is not shown


def hidden_cells(counts: Mapping[Hashable, int], also: Set[Hashable] = frozenset()) -> set | None:
    """Which cells of one column to hide when its total is shown; None when the total would give one of them away
    whatever else is hidden.

    Hidden are the counts from 1 to `LEAST` - 1 and the cells of `also`. If what is hidden could then be computed from
    the total (one cell, or cells that can only be ones), the smallest cells beside them are hidden too. Other zeros are
    shown: they are about nobody.
    """
    hidden = {key for key, count in counts.items() if 0 < count < LEAST or (key in also and count)}
    rest = sorted((key for key, count in counts.items() if count and key not in hidden), key=lambda key: counts[key])
    while hidden and _can_be_computed([counts[key] for key in hidden]):
        if not rest:
            return None
        hidden.add(rest.pop(0))
    return hidden


def _can_be_computed(counts: list[int]) -> bool:
    """Who knows the sum of these, and that each is at least one, knows each of them."""
    return len(counts) == 1 or sum(counts) <= len(counts)
