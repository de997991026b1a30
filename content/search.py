"""Finding pages by their stems, and showing where the words stand."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from wagtail.models import Locale, Page

from content.stems import WORD, stem, stems

LONGEST_QUERY = 100
WORDS_AROUND = 14


def clean_query(text: str) -> str:
    """What somebody typed, fit to be shown and searched: no control characters, at most 100 characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[: LONGEST_QUERY * 4]).split())[:LONGEST_QUERY]


def find(query: str, language: str) -> tuple[Sequence[Page], bool]:
    """Live public pages of `language` with every word of `query`; where there are none, those with some of the words.
    The second value says whether all words were found. Never fails, whatever was typed."""
    locale = Locale.objects.filter(language_code=language).first()
    wanted = stems(query, language)
    if not (locale and wanted):
        return [], True
    pages = Page.objects.live().public().filter(locale=locale, depth__gt=1).specific()
    results = pages.search(wanted, operator="and")
    if results.count():
        return results, True
    return pages.search(wanted, operator="or"), False


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
    """The words of `text` around the first that `query` asks for; nothing where none stands there."""
    wanted = set(stems(query, language).split())
    words = list(WORD.finditer(text))
    for number, word in enumerate(words):
        if stem(word[0], language) in wanted:
            first = words[max(0, number - WORDS_AROUND)].start()
            last = words[min(len(words) - 1, number + WORDS_AROUND)].end()
            return ("… " if first else "") + text[first:last] + (" …" if last < len(text) else "")
    return ""
