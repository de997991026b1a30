"""What can be found, in few words: title, address, audience and words of every live public page of a language. Kept until
something is published; suggestions, the choice of an audience and "did you mean" are answered from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeVar

from django.core.cache import caches
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import override
from wagtail.models import Page, PageQuerySet

from content.middleware import NOTHING_KEPT, VERSION
from content.models import ArticlePage, SitePage, TopicPage
from content.stems import WORD, fold, stem

Made = TypeVar("Made")
SUGGESTIONS = 6
SHORTEST_CORRECTED = 4  # letters; in shorter words one wrong letter leaves too little to go by
CLOSE_ENOUGH = 0.84  # of difflib: «домогается» is no «помогает». In a shorter word one wrong letter is more of it


@dataclass(frozen=True)
class Entry:
    """A page as a line of a list. `about` is its kind and audience in the page's language, `audience` the value."""

    pk: int
    title: str
    url: str
    about: str
    audience: str
    words: list[str]  # of the title, then the page's other words, folded
    stems: list[str]

    def place(self, typed: str, language: str) -> int | None:
        """Which of its words begins with what was typed, or is another form of it."""
        wanted, written = stem(typed, language), fold(typed)
        pairs = enumerate(zip(self.words, self.stems, strict=True))
        return next(
            (place for place, (word, its_stem) in pairs if word.startswith(written) or its_stem == wanted), None
        )


def catalogue(language: str) -> list[Entry]:
    """The live public pages of `language`, in the order of the tree. After each publishing this costs one query for each
    kind of page, otherwise none."""
    return _kept("catalogue", language, _entries)


def spelling(language: str) -> dict[str, str]:
    """Words of the live public pages, those of their texts too: folded → as they are written. Costs as `catalogue` does."""
    return _kept("spelling", language, _words)


def _kept(name: str, language: str, make: Callable[[str], Made]) -> Made:
    """What `make` made, kept with the public pages, so that it is made anew after each publishing."""
    pages, key = caches["pages"], f"{name}:{language}"
    kept = pages.get_many([VERSION, key])
    version = kept.get(VERSION, NOTHING_KEPT)
    if key in kept and kept[key][0] == version:
        return kept[key][1]
    with override(language):
        made = make(language)
    pages.set(key, (version, made))
    return made


def _pages(language: str) -> PageQuerySet:
    return Page.objects.live().public().filter(depth__gt=1, locale__language_code=language).order_by("path").specific()


def _entries(language: str) -> list[Entry]:
    sites = HttpRequest()  # where Wagtail keeps the roots of the sites, that it asks for them once
    pages = _pages(language).defer_streamfields()
    return [
        _entry(page, language, sites)
        for page in pages
        if isinstance(page, SitePage) and page.get_url_parts(sites)  # one that lies under no site has no address
    ]


def _words(language: str) -> dict[str, str]:
    pages = [page for page in _pages(language) if isinstance(page, SitePage)]
    texts = [
        " ".join([page.plain_text, page.other_words, *(getattr(page, name) for name in page.before_text), page.title])
        for page in pages
    ]
    return {fold(word): word.lower() for text in texts for word in WORD.findall(text)}


def _entry(page: SitePage, language: str, sites: HttpRequest) -> Entry:
    words = WORD.findall(f"{page.title} {page.other_words}")
    has_kind = isinstance(page, ArticlePage) and not isinstance(page, TopicPage)
    kind = str(capfirst(page._meta.verbose_name)) if has_kind else ""
    audience = getattr(page, "audience", "")
    return Entry(
        pk=page.pk,
        title=page.title,
        url=page.get_url_parts(sites)[2],
        about=" · ".join(filter(None, [kind, audience and page.get_audience_display()])),
        audience=audience,
        words=[fold(word) for word in words],
        stems=[stem(word, language) for word in words],
    )


def suggest(typed: str, language: str) -> list[Entry]:
    """At most six pages that have, in their titles or among their other words, one for every word that was typed: one that begins
    with it, or another form of it. Those come first whose titles begin so."""
    words = WORD.findall(typed)
    found = []
    for number, entry in enumerate(catalogue(language) if words else []):
        places = [entry.place(word, language) for word in words]
        if None not in places:
            found.append((places, number, entry))
    return [entry for _places, _number, entry in sorted(found, key=lambda hit: hit[:2])[:SUGGESTIONS]]


def corrected(query: str, language: str) -> str:
    """`query` with each word that the pages do not have replaced by the nearest that they have; nothing where no word is
    near enough."""
    written = spelling(language)
    known = {stem(word, language) for word in written.values()}
    words = WORD.findall(query)
    nearest = [word if stem(word, language) in known else _nearest(fold(word), written) or word for word in words]
    return "" if nearest == words else " ".join(nearest)


def _nearest(word: str, written: dict[str, str]) -> str:
    if len(word) < SHORTEST_CORRECTED:
        return ""
    cutoff = min(CLOSE_ENOUGH, (len(word) - 1) / len(word))
    near = [other for other in written if len(other) >= SHORTEST_CORRECTED and abs(len(other) - len(word)) <= 2]
    return next((written[other] for other in get_close_matches(word, near, n=1, cutoff=cutoff)), "")
