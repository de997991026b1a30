"""Words with headings, lists and emphasis that somebody typed: what of it reaches a page."""

from __future__ import annotations

import nh3

TAGS = frozenset({"h2", "h3", "p", "ul", "ol", "li", "b", "strong", "i", "em", "blockquote"})


def clean(html: str) -> str:
    """`html` with the tags of `TAGS` and nothing else: no attribute, no link, no script and none of its text."""
    return nh3.clean(html, tags=set(TAGS), attributes={}).strip()
