"""Small counts are not published, and cannot be computed from what is. Pure functions; see docs/decisions/0012."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Set

LEAST = 5  # a count from 1 to 4 is not shown


def hidden_cells(counts: Mapping[Hashable, int], also: Set[Hashable] = frozenset()) -> set | None:
    """Which cells of one column to hide when its total is shown; None when the total would give one of them away
    whatever else is hidden.

    Hidden are the counts from 1 to `LEAST` - 1 and the cells of `also`. If what is hidden could then be computed from
    the total, the smallest cells beside them are hidden too, all that are equal: so nothing but the counts decides,
    counts that change places are published alike, and who knows this rule learns no more. Other zeros are shown: they
    are about nobody.
    """
    hidden = {key for key, count in counts.items() if 0 < count < LEAST or key in also}
    while hidden and _can_be_computed([counts[key] for key in hidden]):
        rest = {key: count for key, count in counts.items() if count and key not in hidden}
        if not rest:
            return None
        hidden |= {key for key, count in rest.items() if count == min(rest.values())}
    return hidden


def _can_be_computed(counts: list[int]) -> bool:
    """Who knows the sum of these, and what is hidden and when, knows each of them: it is one, or all are as small or as
    large as small counts can be."""
    return len(counts) == 1 or sum(counts) <= len(counts) or set(counts) == {LEAST - 1}
