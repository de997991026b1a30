"""All the pages that the site starts with."""

import re

import pytest
from wagtail.models import Page

from content.models import ArticlePage, GuidePage, HomePage, TopicPage
from portal.models import Topic

pytestmark = pytest.mark.django_db
LANGUAGES = ("kk", "ru", "en")


def structure(page):
    return [block["type"] for block in page.specific.body.raw_data]


def test_three_trees_of_one_shape(whole_starter):
    shapes = {
        home.locale.language_code: {
            page.translation_key: (type(page.specific), page.depth, structure(page))
            for page in home.get_descendants(inclusive=True)
        }
        for home in HomePage.objects.all()
    }
    assert set(shapes) == set(LANGUAGES)
    assert shapes["kk"] == shapes["ru"] == shapes["en"]
    assert TopicPage.objects.count() >= 120


def test_topic_finds_its_subject(whole_starter):
    subject = Topic.objects.get(slug="bullying")
    assert TopicPage.objects.filter(subject=subject).count() >= 6


def test_prose_uses_only_what_an_editor_may_use(whole_starter):
    allowed = {"p", "ul", "ol", "li", "b", "a", "br"}
    for page in Page.objects.filter(depth__gt=1).specific():
        for block in page.body.raw_data:
            value = block["value"]
            for html in [value if isinstance(value, str) else value.get("text", "")]:
                assert set(re.findall(r"</?(\w+)", html)) <= allowed, page


def test_every_hard_page_that_the_site_starts_with_could_be_sent_in(whole_starter):
    pages = [page for kind in ArticlePage.__subclasses__() for page in kind.objects.filter(sensitive=True)]
    assert len(pages) > 30
    for page in pages:
        blocks = {block.block_type for block in page.body}
        assert page.warning and page.reviewed_by and "numbers" in blocks, page.slug
    easy = GuidePage.objects.get(slug="how-to-tell", locale__language_code="kk").easy_version
    assert (easy.slug, easy.locale.language_code) == ("five-fingers", "kk")
