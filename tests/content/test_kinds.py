"""What each kind of page shows that others have not."""

import re

import pytest
from django.utils.html import escape

from content.models import (
    FaqPage,
    GlossaryPage,
    GuidePage,
    KitPage,
    NewsPage,
    PeoplePage,
    QuizPage,
    StoryPage,
    TextPage,
    TopicPage,
)
from content.stems import alphabetical
from portal.models import Helpline

pytestmark = pytest.mark.django_db
LANGUAGES = ("kk", "ru", "en")


def of(kind, language="kk"):
    return kind.objects.filter(locale__language_code=language).order_by("path").first()


def read(client, page):
    answer = client.get(page.get_url())
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_guide_has_its_steps_in_order(starter, client, language):
    page = of(GuidePage, language)
    html = read(client, page)
    places = [html.index(escape(step.value["title"])) for step in page.steps]
    assert len(places) >= 4 and places == sorted(places)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_kit_has_two_plans_that_fill_their_time(starter, client, language):
    page = of(KitPage, language)
    assert sum(part.value["minutes"] for part in page.short_plan) == 10
    assert sum(part.value["minutes"] for part in page.long_plan) == 45
    html = read(client, page)
    assert escape(page.aim) in html and 'id="short-plan"' in html and 'id="long-plan"' in html


def test_a_story_says_that_it_is_invented(starter, client):
    assert 'data-testid="invented"' in read(client, of(StoryPage))
    assert 'data-testid="invented"' not in read(client, of(TopicPage))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_quiz_sends_nothing_and_answers_without_script(starter, client, language):
    page = of(QuizPage, language)
    html = read(client, page)
    quiz = html[html.index('data-testid="quiz"') : html.index('class="row keep"')]
    assert "<form" not in quiz and "<script" not in quiz
    for question in page.questions:
        assert any(answer["right"] for answer in question.value["answers"])
        for answer in question.value["answers"]:
            assert escape(answer["why"]) in quiz
    names = set(re.findall(r'name="(q\d+)"', quiz))
    assert len(names) == len(page.questions)


def test_questions_and_answers_are_marked_for_search_engines(starter, client):
    html = read(client, of(FaqPage))
    assert html.count('itemtype="https://schema.org/Question"') == len(of(FaqPage).questions)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_glossary_is_in_the_order_of_its_alphabet(starter, client, language):
    page = of(GlossaryPage, language)
    words = [term[language] for term in page.in_order]
    assert words == sorted(words, key=lambda word: alphabetical(word, language)) and len(words) >= 30
    html = read(client, page)
    places = [html.index(f"<dfn>{escape(word)}</dfn>") for word in words]
    assert places == sorted(places)


def test_kazakh_letters_stand_in_their_places():
    words = ["қабыл", "кітап", "әке", "ата", "өмір", "орын", "іні", "ыдыс"]
    ordered = ["ата", "әке", "кітап", "қабыл", "орын", "өмір", "ыдыс", "іні"]
    assert sorted(words, key=lambda word: alphabetical(word, "kk")) == ordered


def test_people_have_no_contacts_and_are_marked_as_invented(starter, client):
    page = of(PeoplePage)
    html = read(client, page)
    assert page.people and all("(үлгі)" in person.value["name"] for person in page.people)
    assert "mailto:" not in html[html.index("<main") :]


def test_news_stand_latest_first_and_in_the_feed(starter, client):
    titles = [escape(page.title) for page in of(NewsPage).get_parent().specific.news()]
    html, feed = client.get("/kk/news/").content.decode(), client.get("/kk/news.atom").content.decode()
    for text in (html, feed):
        assert [text.index(title) for title in titles] == sorted(text.index(title) for title in titles)
    assert feed.startswith("<?xml") and "http://www.w3.org/2005/Atom" in feed


def test_the_library_leads_to_kits_as_files(starter, client):
    page = of(KitPage, "ru")
    assert f'href="/ru/pages/{page.pk}.pdf"' in client.get("/ru/documents/").content.decode()


@pytest.mark.parametrize("kind", [TopicPage, GuidePage, KitPage, StoryPage, QuizPage, FaqPage])
def test_every_article_can_be_had_as_a_file(starter, client, kind):
    page = of(kind)
    answer = client.get(f"/kk/pages/{page.pk}.pdf")
    assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF")
    assert f'href="/kk/pages/{page.pk}.pdf"' in read(client, page)


def test_a_changed_number_stands_in_the_files_at_once(starter, client):
    page = TopicPage.objects.get(slug="my-five-rules", locale__language_code="kk")
    before = client.get(f"/kk/pages/{page.pk}.pdf").content
    assert client.get(f"/kk/pages/{page.pk}.pdf").content == before
    Helpline.objects.filter(number="111").update(number="150")
    assert client.get(f"/kk/pages/{page.pk}.pdf").content != before


def test_other_pages_are_no_files(starter, client):
    about = of(TextPage)
    page = of(TopicPage)
    page.unpublish()
    for pk in (about.pk, page.pk, 10**9):
        assert client.get(f"/kk/pages/{pk}.pdf").status_code == 404


def test_a_code_leads_to_the_page_by_an_address_without_words(starter, client):
    page = of(KitPage)
    html = client.get(f"/kk/pages/{page.pk}/share/").content.decode()
    assert page.get_url() in html and f"/q/{page.pk}/" in html
    assert client.get(f"/kk/pages/{page.pk}.svg")["Content-Type"] == "image/svg+xml"
    assert client.get(f"/q/{page.pk}/")["Location"].endswith(page.get_url())
    assert client.get("/q/999999/").status_code == 404


def test_pages_about_hard_things_ask_nobody_to_share_them(starter, client):
    hard = TopicPage.objects.get(slug="my-five-rules", locale__language_code="kk")
    assert 'data-testid="share"' not in read(client, hard)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_stands_from_a_to_z(starter, client, language):
    html = client.get(f"/{language}/a-z/").content.decode()
    page = of(TopicPage, language)
    assert f'<a href="{page.get_url()}">{escape(page.title)}</a>' in html


def test_the_help_pages_are_kept_for_days_without_a_network(starter, client):
    script = client.get("/worker.js")
    assert script["Content-Type"].startswith("text/javascript") and "/help/" in script.content.decode()
    assert 'data-keeper="/worker.js"' in client.get("/kk/help/").content.decode()
    assert "data-keeper=" not in client.get("/kk/children/").content.decode()
    manifest = client.get("/manifest.webmanifest").json()
    assert {icon["sizes"] for icon in manifest["icons"]} == {"any", "192x192", "512x512"}
