"""Which addresses there are."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

CMS = "cms/"
OURS = {"portal", "volunteers", "mentors", "events", "content"}


def patterns(within=None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address with what stands before it."""
    for pattern in within or get_resolver().url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern.url_patterns, route)
        else:
            yield route, pattern


def own_names() -> set[str]:
    """Names of all addresses, those of the libraries with them; of Wagtail's tree for editors (`test_cms_tree`) our own."""
    return {pattern.name for route, pattern in patterns() if not route.startswith(CMS) or _is_ours(pattern)}


def _is_ours(pattern: URLPattern) -> bool:
    return pattern.callback.__module__.split(".")[0] in OURS
