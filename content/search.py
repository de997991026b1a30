"""Finding pages by their stems, and showing where the words stand."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from functools import partial

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from wagtail.models import Locale, Page

from content.catalogue import Entry, catalogue
from content.models import Audience, SitePage
from content.stems import WORD, stem, stems
from portal.replica import late

LONGEST_QUERY = 100
WORDS_AROUND = 14


def clean_query(text: str) -> str:
    """What somebody typed, fit to be shown and searched: no control characters, marks joined to their letters, at most
    100 characters."""
    text = unicodedata.normalize("NFC", text[: LONGEST_QUERY * 4])
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:LONGEST_QUERY]


def find(query: str, language: str) -> tuple[list[Page], bool]:
    """Live public pages of `language` with every word of `query`, best first; where there are none, those with some of
    the words. The second value says whether all words were found. Never fails, whatever was typed. Asks the replica where there is one."""
    return late(partial(_find, query, language))


def _find(query: str, language: str) -> tuple[list[Page], bool]:
    wanted = stems(query, language)
    locale = wanted and Locale.objects.filter(language_code=language).first()
    if not locale:
        return [], True
    pages = Page.objects.live().public().filter(locale=locale, depth__gt=1)
    if found := list(pages.search(wanted, operator="and")):
        return found, True
    return list(pages.search(wanted, operator="or")), False


def entries_of(pages: list[Page], query: str, language: str) -> list[Entry]:
    """What the catalogue says of the pages that `query` found: those first that have its words in their titles or among their
    other words, else in the same order."""
    by_pk = {entry.pk: entry for entry in catalogue(language)} if pages else {}
    wanted = set(stems(query, language).split())
    entries = [by_pk[page.pk] for page in pages if page.pk in by_pk]
    return sorted(entries, key=lambda entry: -len(wanted.intersection(entry.stems)))


def audience_counts(entries: Iterable[Entry], chosen: str) -> list[tuple[Audience, int]]:
    """How many pages there are for each audience that has any, in the order of the audiences; the chosen one stands
    first, so that it is in sight where the row scrolls sideways."""
    counts = Counter(entry.audience for entry in entries)
    return sorted(
        ((audience, counts[audience]) for audience in Audience if counts[audience]), key=lambda c: c[0] != chosen
    )


def in_other_languages(query: str, language: str, *, nothing_here: bool) -> list[tuple[str, int]]:
    """The other languages in which `query` finds pages, with how many: code and number. Where something was found in this
    language, only those count in which every word is found."""
    found = [(code, *find(query, code)) for code, _name in settings.LANGUAGES if code != language]
    return [(code, len(pages)) for code, pages, every_word in found if pages and (every_word or nothing_here)]


def whole(entries: list[Entry]) -> list[tuple[Entry, SitePage]]:
    """The entries with their pages and all that these have, in the same order; one query for each kind of page."""
    by_pk = Page.objects.filter(pk__in=[entry.pk for entry in entries]).specific().in_bulk()
    return [(entry, by_pk[entry.pk]) for entry in entries if entry.pk in by_pk]


def mark(text: str, query: str, language: str) -> SafeString:
    """`text` as HTML, with every form of the words of `query` marked."""
    wanted = set(stems(query, language).split())
    pieces, end = [], 0
    for word in WORD.finditer(text):
        if stem(word[0], language) in wanted:
            pieces += [("{}", text[end : word.start()]), ("<mark>{}</mark>", word[0])]
            end = word.end()
    pieces.append(("{}", text[end:]))
    return format_html_join("", "{}", ((format_html(pattern, piece),) for pattern, piece in pieces))


def passage(text: str, query: str, language: str) -> str:
    """The words of `text` around the place where most of the words of `query` stand together, the first such place;
    nothing where none stands there."""
    wanted = set(stems(query, language).split())
    words = list(WORD.finditer(text))
    hits = [(place, found) for place, word in enumerate(words) if (found := stem(word[0], language)) in wanted]
    if not hits:
        return ""
    places = [place for place, _stem in hits]

    def together(number: int) -> int:
        return len({found for _place, found in hits[number : bisect_left(places, places[number] + WORDS_AROUND)]})

    best = places[max(range(len(hits)), key=together)]
    first = words[max(0, best - WORDS_AROUND)].start()
    last = words[min(len(words) - 1, best + WORDS_AROUND)].end()
    return ("… " if first else "") + text[first:last] + (" …" if last < len(text) else "")
