"""All the pages that the site starts with."""

import re

import pytest
from wagtail.models import Page

from content.models import ArticlePage, Audience, GuidePage, HomePage, TextPage, TopicPage
from content.readability import WORD
from content.search import entries_of, find
from portal.models import Topic
from portal.retention import SCHEDULE

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


def test_youngest_children_get_at_most_150_words(whole_starter):
    pages = TopicPage.objects.filter(audience=Audience.CHILDREN_6_10)
    lengths = {
        page.url: len(WORD.findall(" ".join([page.title, page.summary, page.warning, page.plain_text])))
        for page in pages
    }
    assert len(lengths) >= 18 and {url: length for url, length in lengths.items() if length > 150} == {}


@pytest.mark.parametrize(
    ("language", "days", "years"), [("kk", "күн", "жыл"), ("ru", "дней", "лет|года"), ("en", "days", "years")]
)
def test_privacy_page_names_the_times_that_the_jobs_of_the_night_keep(whole_starter, language, days, years):
    text = TextPage.objects.get(slug="privacy", locale__language_code=language).plain_text
    told = SCHEDULE.keys() - {"papers", "lists", "archives"}  # a paper has its own days; hours are told where they run
    for rule in (SCHEDULE[code] for code in told):
        time = rf"{rule.years} ({years})" if rule.years else rf"{rule.days} ({days})"
        assert re.search(rf"\b{time}", text), rule.code


@pytest.mark.parametrize(
    ("language", "typed", "first"),
    [
        ("ru", "шантаж", ["about-photos", "phone-worries"]),
        ("ru", "не хочу жить", ["heavy-feelings", "helping-a-friend"]),
        ("ru", "самоубийства", ["heavy-feelings", "helping-a-friend"]),
        ("ru", "меня бьют дома", ["when-home-is-hard"]),
        ("ru", "дроппер", ["easy-money"]),
        ("ru", "вейпы", ["when-offered"]),
        ("kk", "өлгім келеді", ["heavy-feelings"]),
        ("kk", "олгим келеди", ["heavy-feelings"]),
        ("kk", "мені ұрады", ["when-home-is-hard", "hard-at-school"]),
        ("kk", "шантаж", ["about-photos", "phone-worries"]),
        ("kk", "темекі", ["when-offered"]),
        ("kk", "зорлау", ["yes-and-no", "my-five-rules"]),
        ("kk", "111", ["when-i-call"]),
        ("en", "suicidal", ["heavy-feelings", "helping-a-friend"]),
        ("en", "I want to die", ["heavy-feelings"]),
        ("en", "blackmailed", ["about-photos", "phone-worries"]),
    ],
)
def test_what_a_child_in_trouble_types_leads_to_the_page_for_it(whole_starter, language, typed, first):
    entries = entries_of(find(typed, language)[0], typed, language)
    found = [entry.url.split("/")[-2] for entry in entries if entry.audience.startswith("children")]
    assert found[0] in first, found
