"""The colours of the sheet of style and how well they are read on one another (WCAG 2.2, 1.4.3 and 1.4.11)."""

from __future__ import annotations

import re
from typing import NamedTuple

from django.conf import settings

SHEET = settings.BASE_DIR / "portal" / "static" / "portal" / "css" / "site.css"
TOKEN = re.compile(r"(?<![\w-])--([a-z0-9-]++): (?:light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)|(#[0-9a-f]{6}));")
TEXT, SHAPE = 4.5, 3.0  # the least contrast of text, and of borders and signs
PAIRS = [  # (what is drawn, its ground, the least contrast)
    ("ink", "felt", TEXT),
    ("ink", "surface", TEXT),
    ("ink-2", "felt", TEXT),
    ("ink-2", "wool", TEXT),
    ("kol", "felt", TEXT),
    ("on", "kol", TEXT),
    ("kol-deep", "kol-tint", TEXT),
    ("anar", "felt", TEXT),
    ("on", "anar", TEXT),
    ("anar", "anar-tint", TEXT),
    ("alma", "alma-tint", TEXT),
    ("saffron-text", "saffron-tint", TEXT),
    ("sky", "sky-tint", TEXT),
    ("jer", "jer-tint", TEXT),
    ("lav", "lav-tint", TEXT),
    ("line", "surface", SHAPE),
]


class Seen(NamedTuple):
    """One pair in one scheme; `contrast` from 1 to 21."""

    colour: str
    ground: str
    contrast: float


class Pair(NamedTuple):
    name: str
    ground: str
    least: float
    light: Seen
    dark: Seen


def tokens() -> dict[str, tuple[str, str]]:
    """The colours by name, for light and dark, as the sheet has them now."""
    found = TOKEN.findall(SHEET.read_text())
    return {name: (light or both, dark or both) for name, light, dark, both in found}


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, from 0 to 1 (WCAG 2.2)."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def pairs() -> list[Pair]:
    """Every pair that the pages use, measured in both schemes."""
    known = tokens()
    return [
        Pair(
            name, ground, least, *(Seen(a, b, contrast(a, b)) for a, b in zip(known[name], known[ground], strict=True))
        )
        for name, ground, least in PAIRS
    ]
