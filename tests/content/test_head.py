"""What stands in the head of a page: how it looks when it is shared, and what it says to machines."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest
from django.conf import settings
from wagtail.models import Page

from content.models import (
    FaqPage,
    GlossaryPage,
    GuidePage,
    NewsIndexPage,
    NewsPage,
    QuizPage,
    TopicPage,
)

pytestmark = pytest.mark.django_db
DATA = re.compile(r'<script type="application/ld\+json">(.*?)</script>')


def html_of(client, page: Page) -> str:
    response = client.get(page.get_url())
    assert response.status_code == 200
    return response.content.decode()


def things(html: str) -> dict[str, dict]:
    (text,) = DATA.findall(html)
    data = json.loads(text)
    assert data["@context"] == "https://schema.org"
    return {thing["@type"]: thing for thing in data["@graph"]}


def properties(html: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, content in re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', html):
        found.setdefault(name, []).append(content)
    return found


class TestSharing:
    @pytest.mark.parametrize(
        ("language", "locale", "others"),
        [("kk", "kk_KZ", ["ru_RU", "en_GB"]), ("ru", "ru_RU", ["kk_KZ", "en_GB"]), ("en", "en_GB", ["kk_KZ", "ru_RU"])],
    )
    def test_an_article_says_its_language_and_its_picture(self, starter, client, language, locale, others):
        page = TopicPage.objects.get(slug="when-a-child-tells", locale__language_code=language)
        head = properties(html_of(client, page))
        assert head["og:type"] == ["article"]
        assert (head["og:locale"], head["og:locale:alternate"]) == ([locale], others)
        assert head["og:image"] == [f"{settings.SITE_URL}/q/{page.pk}.png"]
        assert (head["og:image:width"], head["og:image:height"]) == (["1200"], ["630"])
        assert head["twitter:card"] == ["summary_large_image"]
        assert head["article:modified_time"][0].startswith(f"{page.last_published_at:%Y-}")

    def test_a_page_that_is_no_article_is_a_website(self, starter, client):
        assert properties(client.get("/kk/parents/").content.decode())["og:type"] == ["website"]

    def test_a_page_without_the_cms_has_no_picture(self, starter, client):
        assert "og:image" not in properties(client.get("/kk/a-z/").content.decode())

    def test_the_picture_has_the_size_that_is_said(self, cms, client):
        answer = client.get(f"/q/{cms.article('Достық').pk}.png")
        assert answer.headers["Content-Type"] == "image/png" and answer.content.startswith(b"\x89PNG")
        assert [int.from_bytes(answer.content[at : at + 4]) for at in (16, 20)] == [1200, 630]
        assert not answer.cookies

    def test_pictures_of_hard_subjects_do_not_tell_them(self, cms, client):
        plain, other = cms.article("Достық"), cms.article("Ойын")
        hard = [cms.article(title, sensitive=True, warning="Абайла.") for title in ("Зорлық", "Қорқыту")]
        picture = {page.pk: client.get(f"/q/{page.pk}.png").content for page in [plain, other, *hard]}
        assert picture[plain.pk] != picture[other.pk]
        assert picture[hard[0].pk] == picture[hard[1].pk]
        assert properties(html_of(client, hard[0]))["og:image:alt"] == ["Тірек"]

    def test_a_page_that_is_not_live_has_no_picture(self, cms, client):
        page = cms.article("Достық")
        page.unpublish()
        assert client.get(f"/q/{page.pk}.png").status_code == 404


class TestLinkedData:
    def test_the_start_page_is_the_organisation(self, starter, client):
        thing = things(client.get("/kk/").content.decode())["Organization"]
        assert thing["name"] == "Тірек" and thing["url"] == settings.SITE_URL
        assert thing["logo"].startswith(f"{settings.SITE_URL}/static/")

    def test_the_way_to_a_page(self, starter, client):
        page = TopicPage.objects.get(slug="when-a-child-tells", locale__language_code="en")
        steps = things(html_of(client, page))["BreadcrumbList"]["itemListElement"]
        assert [step["position"] for step in steps] == [1, 2, 3]
        addresses = ["/en/", "/en/parents/", "/en/parents/when-a-child-tells/"]
        assert [step["item"] for step in steps] == [settings.SITE_URL + address for address in addresses]
        assert steps[0]["name"] == "Start page" and steps[2]["name"] == page.title

    def test_an_article_says_for_whom_it_is_and_who_checked_it(self, cms, client):
        page = cms.article("Достық", reviewed_by="Психолог", reviewed_on=date(2026, 3, 1))
        thing = things(html_of(client, page))["Article"]
        assert thing["headline"] == "Достық" and thing["inLanguage"] == "kk"
        assert thing["dateModified"] == page.last_published_at.isoformat()
        assert thing["audience"]["audienceType"] == page.get_audience_display()
        about = thing["mainEntityOfPage"]
        assert (about["lastReviewed"], about["reviewedBy"]["name"]) == ("2026-03-01", "Психолог")

    @pytest.mark.parametrize(
        ("kind", "named"), [(GuidePage, "HowTo"), (QuizPage, "Quiz"), (NewsPage, "NewsArticle"), (FaqPage, "Article")]
    )
    def test_kinds(self, starter, client, kind, named):
        assert things(html_of(client, kind.objects.live().first()))[named]["name"]

    def test_the_steps_of_a_guide(self, starter, client):
        page = GuidePage.objects.filter(locale__language_code="ru").first()
        html = html_of(client, page)
        steps = things(html)["HowTo"]["step"]
        assert [step["name"] for step in steps] == [step.value["title"] for step in page.steps]
        assert all(step["text"] and "<" not in step["text"] for step in steps)
        assert all(f'id="{step["url"].split("#")[1]}"' in html for step in steps)

    def test_the_words_of_the_glossary(self, starter, client):
        page = GlossaryPage.objects.get(locale__language_code="ru")
        terms = things(html_of(client, page))["DefinedTermSet"]["hasDefinedTerm"]
        assert [term["name"] for term in terms] == [term["ru"] for term in page.in_order]

    def test_a_title_cannot_end_the_data(self, cms, client):
        title = "</script><script src=//x>&"
        html = html_of(client, cms.article(title))
        assert "</script><script src=//x>" not in html
        assert things(html)["Article"]["name"] == title


class TestLists:
    def test_the_sitemap_has_views_too_and_says_when(self, starter, client):
        xml = client.get("/sitemap.xml").content.decode()
        entry = next(part for part in xml.split("</url>") if f"<loc>{settings.SITE_URL}/kk/help/</loc>" in part)
        assert "<lastmod>" in entry and entry.count('hreflang="') == 3
        for path in ("/ru/become-a-mentor/", "/en/a-z/", "/kk/become-a-mentor/school_mentor/"):
            assert f"<loc>{settings.SITE_URL}{path}</loc>" in xml

    def test_everything_in_the_sitemap_may_be_shown(self, starter, client):
        for address in re.findall(r"<loc>([^<]+)</loc>", client.get("/sitemap.xml").content.decode()):
            html = client.get(address.removeprefix(settings.SITE_URL)).content.decode()
            assert "noindex" not in html and f'<link rel="canonical" href="{address}">' in html

    def test_a_feed_for_each_audience(self, starter, client):
        assert '<link rel="alternate" type="application/atom+xml"' in client.get("/ru/parents/").content.decode()
        feed = client.get("/ru/parents.atom")
        assert feed.headers["Content-Type"].startswith("application/atom+xml")
        page = TopicPage.objects.get(slug="when-a-child-tells", locale__language_code="ru")
        xml = feed.content.decode()
        assert f"<title>{page.title}</title>" in xml and f"{settings.SITE_URL}/ru/parents/when-a-child-tells/" in xml
        assert client.get("/ru/nobody.atom").status_code == 404

    def test_a_further_page_of_the_news_is_a_page_of_its_own(self, starter, client):
        index = NewsIndexPage.objects.get(locale__language_code="kk")
        for number in range(11):
            index.add_child(instance=NewsPage(title=f"N{number}", slug=f"n{number}", summary="s", locale=index.locale))
        first, second = (client.get(f"/kk/news/{query}").content.decode() for query in ("", "?page=2"))
        assert f'<link rel="canonical" href="{settings.SITE_URL}/kk/news/">' in first
        assert f'<link rel="canonical" href="{settings.SITE_URL}/kk/news/?page=2">' in second
        assert 'hreflang="ru" href="http' in first and '<link rel="alternate" hreflang' not in second
