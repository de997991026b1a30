"""What the first visit of an article costs its reader and the server."""

from __future__ import annotations

import gzip
import re

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import PageViewRestriction

from content.models import FaqPage, GuidePage, HomePage, SectionPage, TopicPage

pytestmark = pytest.mark.django_db
AS_THEY_ARE = (".woff2", ".png")
ARTICLE = "/kk/parents/when-a-child-tells/"


def static_file(address: str) -> bytes:
    path = finders.find(address.removeprefix(settings.STATIC_URL))
    assert path, address
    with open(path, "rb") as file:
        return file.read()


def test_an_article_needs_eight_requests_and_sixty_kilobytes(starter, client):
    """That is the whole of it: the page, its icons and script, the sheet and what the sheet asks for."""
    html = client.get(ARTICLE).content
    asked = set(re.findall(r'(?:src|href)="(/static/[^"#]+)', html.decode()))
    (sheet,) = (address for address in asked if address.endswith(".css"))
    folder = sheet.rsplit("/", 2)[0]
    asked |= {f"{folder}/{name}" for name in re.findall(r"url\(\.\./([^)]+)\)", static_file(sheet).decode())}
    files = {address: static_file(address) for address in asked}
    parts = [html, client.get("/manifest.webmanifest").content]
    parts += [content for address, content in files.items() if not address.endswith(AS_THEY_ARE)]
    weight = sum(len(gzip.compress(part)) for part in parts)
    weight += sum(len(content) for address, content in files.items() if address.endswith(AS_THEY_ARE))
    assert len(files) + 2 <= 8, sorted(files)
    assert weight <= 60 * 1024


def test_the_sheet_has_one_font_for_all_languages(starter, client):
    fonts = re.findall(r"url\(\.\./(fonts/[^)]+)\)", static_file("/static/portal/css/site.css").decode())
    assert fonts == ["fonts/onest.woff2"]
    assert f"/static/portal/{fonts[0]}" in client.get("/worker.js").content.decode()
    assert "woff2" not in client.get(ARTICLE).content.decode()  # the words come first: tests/browser/test_site.py


def test_an_article_needs_twelve_queries(starter, client):
    client.get(ARTICLE)
    with CaptureQueriesContext(connection) as queries:
        client.get(ARTICLE)
    assert len(queries) <= 12, [query["sql"][:120] for query in queries]


class TestCards:
    def test_all_kinds_lead_to_their_pages_in_order(self, cms, client):
        kinds = [TopicPage, GuidePage, FaqPage]
        pages = [cms.article(f"Мақала {number}", kind=kind) for number, kind in enumerate(kinds)]
        topics = client.get("/kk/children/").context["topics"]
        assert [(card.title, card.url, card.summary, card.reading_minutes) for card in topics] == [
            (page.title, page.get_url(), page.summary, page.reading_minutes) for page in pages
        ]

    def test_a_closed_page_has_no_card(self, cms, client):
        page, closed = cms.article("Ашық"), cms.article("Жабық")
        PageViewRestriction.objects.create(page=closed, restriction_type=PageViewRestriction.LOGIN)
        assert [card.pk for card in client.get("/kk/children/").context["topics"]] == [page.pk]
        assert [card.pk for card in client.get("/kk/").context["latest"]] == [page.pk]
        assert not client.get(page.get_url()).context["related"]

    def test_the_start_page_shows_nothing_of_a_closed_section(self, cms, client):
        cms.article("Жабық")
        PageViewRestriction.objects.create(page=cms.section, restriction_type=PageViewRestriction.LOGIN)
        assert not client.get("/kk/").context["latest"]

    def test_related_come_from_the_same_section_without_the_page_itself(self, cms, client):
        page, near = cms.article("Бірінші"), cms.article("Екінші")
        assert [card.pk for card in client.get(page.get_url()).context["related"]] == [near.pk]


class TestAddresses:
    def test_a_draft_and_what_is_below_an_article_are_not_found(self, cms, client):
        page = cms.article("Бірінші")
        assert client.get(page.get_url()).status_code == 200
        assert client.get(f"{page.get_url()}deeper/").status_code == 404
        page.unpublish()
        assert client.get(page.get_url()).status_code == 404

    def test_each_language_finds_its_own_page(self, starter, client):
        for language in ("kk", "ru", "en"):
            page = client.get(f"/{language}/parents/").context["page"]
            assert isinstance(page, SectionPage) and page.locale.language_code == language
            assert isinstance(client.get(f"/{language}/").context["page"], HomePage)
