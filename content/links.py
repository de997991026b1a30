"""Links in a text that lead nowhere, found before it is published."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve
from django.utils.translation import get_language_from_path, override
from wagtail.blocks import StreamValue
from wagtail.documents import get_document_model
from wagtail.models import Page

from portal.models import Helpline

ANCHOR = re.compile(r"<a\b([^<>]*)>([^<]*)")
ATTRIBUTE = re.compile(r'(?<![\w-])([\w-]++)="([^"]*)"')


def broken_links(texts: Iterable[StreamValue], anchors: Collection[str] = ()) -> list[str]:
    """What the links of these texts, on a page with these anchors, lead to in vain: a page that is not live, a document that is
    gone, an address of this site that nothing answers, a place or a word that its page does not have, a number that is not
    among the helplines, and nothing at all (named by the words of the link). Other sites are not asked: an answer of today
    says nothing about tomorrow, and the question would tell them who we are."""
    links = [
        (dict(ATTRIBUTE.findall(attributes)), words)
        for text in texts
        for html in _html_of(text.get_prep_value())
        for attributes, words in ANCHOR.findall(html)
    ]
    return [
        link.get("href") or f"{link.get('linktype', '')} {link.get('id', '')}".strip() or words.strip() or "…"
        for link, words in links
        if _is_broken(link, anchors)
    ]


def _html_of(value):
    """Every string inside the blocks of a text."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _html_of(item)
    elif hasattr(value, "__iter__"):
        for item in value:
            yield from _html_of(item)


def _is_broken(link: dict[str, str], anchors: Collection[str]) -> bool:
    kind, pk = link.get("linktype"), link.get("id", "")
    if kind == "page":
        return not (pk.isdigit() and Page.objects.live().filter(pk=pk).exists())
    if kind == "document":
        return not (pk.isdigit() and get_document_model().objects.filter(pk=pk).exists())
    address = urlsplit(link.get("href", ""))
    if address.scheme == "tel":
        return not Helpline.objects.filter(number=address.path).exists()
    if address.netloc and address.netloc != urlsplit(settings.SITE_URL).netloc:
        return False
    if not address.netloc and not address.path:
        return address.fragment not in anchors
    return bool(address.path) and not _answers(address.path, address.fragment)


def _answers(path: str, anchor: str) -> bool:
    """Whether an address of this site leads to a page of the CMS that is live, and to a place or a word that it has; or to a view."""
    try:
        # Only addresses of the language that is on resolve, and the editor reads the CMS in one of his own.
        with override(get_language_from_path(path)):
            match = resolve(path)
    except Resolver404:
        return False
    if match.url_name != "wagtail_serve":
        return True
    slugs = [slug for slug in path.split("/") if slug]
    home = Page.objects.live().filter(depth=2, locale__language_code=slugs[0]).first() if slugs else None
    page = home
    for slug in slugs[1:]:
        page = page and page.get_children().live().filter(slug=slug).first()
    return page is not None and (not anchor or anchor in getattr(page.specific, "anchors", {anchor}))
