"""What stands around the pages that were found: audiences, the nearest word, other languages."""

import re
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from content.catalogue import corrected
from content.models import Audience
from content.search import find
from tests.content.test_search import add_page

pytestmark = pytest.mark.django_db


def asked(query, language="ru", **more):
    answer = Client().get(f"/{language}/search/", {"q": query} | more)
    assert answer.status_code == 200
    return answer.content.decode()


def choices(html):
    """Label → number, as the row of audiences says."""
    row = re.search(r'<ul class="choices across">(.*?)</ul>', html, re.DOTALL)
    return {name: int(number) for name, number in re.findall(r">([^<>]+) \((\d+)\)<", row[1])} if row else {}


def found(html):
    return html.count('data-testid="found"')


def test_audiences_add_up_and_choose(cms):
    for number in range(3):
        cms.article(f"Сыйластық {number}", audience=Audience.PARENTS)
    cms.article("Сыйластық мұғалімге", audience=Audience.TEACHERS)
    add_page("kk", "Сыйластық парағы")  # for nobody in particular
    html = asked("сыйластық", "kk")
    assert choices(html) == {"Барлығы": 5, "Ата-аналар": 3, "Мұғалімдер": 1} and found(html) == 5
    html = asked("сыйластық", "kk", audience="parents")
    assert choices(html) == {"Барлығы": 5, "Ата-аналар": 3, "Мұғалімдер": 1} and found(html) == 3
    assert re.search(r'audience=parents" aria-current="true"', html)
    assert found(asked("сыйластық", "kk", audience="mentors")) == 0


def test_audience_is_kept_over_pages_and_languages(cms):
    for number in range(12):
        cms.article(f"Сыйластық {number}", audience=Audience.PARENTS)
    cms.article("Сыйластық мұғалімге", audience=Audience.TEACHERS)
    html = asked("сыйластық", "kk", audience="parents")
    following = re.search(r'rel="next" href="([^"]+)"', html)[1].replace("&amp;", "&")
    second = Client().get("/kk/search/" + following).content.decode()
    assert (found(html), found(second)) == (10, 2)
    assert re.search(r'href="/ru/search/\?q=[^"]+&amp;audience=parents"', html)


@pytest.mark.parametrize("audience", ["zzz", "PARENTS", "'", "\x00", "х" * 10_000, "<script>", "😀", "parents\n"])
def test_unknown_audience_is_said_and_all_is_shown(cms, audience):
    cms.article("Сыйластық", audience=Audience.PARENTS)
    html = asked("сыйластық", "en", audience=audience)
    assert "There is no such audience" in html and "<script>" not in html.replace("<script src", "")
    assert found(asked("сыйластық", "kk", audience=audience)) == 1


@pytest.mark.parametrize(
    ("language", "title", "typed", "nearest"),
    [
        ("ru", "Заповедник верблюдов", "заповндник", "заповедник"),
        ("ru", "Заповедник верблюдов", "ЗАПОВЕДИНК вербльудов", "заповедник верблюдов"),
        ("kk", "Құлыншақ қамқоршысы", "кулынжак", "құлыншақ"),
        ("kk", "Құлыншақ қамқоршысы", "камкоршыcы кулнышак", "камкоршыcы құлыншақ"),
        ("en", "Stubbornness of camels", "stubornness", "stubbornness"),
    ],
)
def test_the_nearest_words_are_offered_and_find_something(trees, language, title, typed, nearest):
    add_page(language, title)
    assert corrected(typed, language) == nearest
    if not find(typed, language)[0]:
        html = asked(typed, language)
        link = re.search(r'href="(\?q=[^"]+)" data-testid="nearest">([^<]+)', html)
        assert link[2] == nearest and "<h2" in html
        assert f"/{language}/new/" in Client().get(f"/{language}/search/{link[1]}").content.decode()


def test_words_of_a_text_are_near_too(trees):
    add_page("ru", "Другое", body=[("text", "<p>Спросите о верблюжатнике заранее.</p>")])
    assert corrected("вирблюжатник", "ru") == "верблюжатнике"


def test_no_little_word_is_taken_for_a_longer_one(trees):
    add_page("ru", "Про верблюдов", other_words="верблюжатник")
    assert corrected("порно", "ru") == "" and corrected("вирблюжатник", "ru") == "верблюжатник"


@pytest.mark.parametrize(("typed", "there"), [("домогается", "помогает"), ("пристаёт", "присылает")])
def test_another_word_is_not_taken_for_a_misspelt_one(trees, typed, there):
    add_page("ru", f"Он {there} другим")
    assert corrected(typed, "ru") == "" and corrected(there.replace("а", "о"), "ru") == there


@pytest.mark.parametrize("typed", ["", "—", "😀", "щ" * 100, "абв", "<b>", "ққққққ", "7 7 7"])
def test_nothing_is_offered_where_nothing_is_near(trees, typed):
    assert corrected(typed, "ru") == "" and "nearest" not in asked(typed)


def test_words_of_another_language_lead_to_its_pages(trees):
    add_page("ru", "Верблюжатник")
    html = asked("верблюжатники", "kk")
    link = f'<a href="/ru/search/?q={quote("верблюжатники")}" hreflang="ru"><span lang="ru">Русский</span> (1)</a>'
    assert link in html and 'hreflang="en"><span' not in html
    assert "tel:111" in html


def test_other_languages_are_silent_where_this_one_answers_or_they_know_no_more(trees):
    add_page("ru", "Верблюжатник")
    add_page("kk", "Верблюжатник")
    assert 'hreflang="ru"><span' not in asked("верблюжатник", "kk")
    assert 'hreflang="ru"><span' not in asked("верблюжатник зубочистка", "kk")


def test_where_only_some_words_are_found_a_language_with_all_of_them_is_named(trees):
    add_page("ru", "Верблюжатник и зубочистка")
    add_page("kk", "Верблюжатник")
    assert 'hreflang="ru"><span' in asked("верблюжатник зубочистка", "kk")


def test_what_was_typed_is_shown_as_text_only(trees):
    for typed in ('"><script>alert(1)</script>', "<mark>дети</mark>", "дети\u202e<img src=x>", "дети&q=2"):
        html = asked(typed)
        assert "<script>alert" not in html and "<img" not in html and "\u202e" not in html
        assert "<mark>дети</mark>&" not in html


def test_a_search_costs_as_much_for_many_pages_as_for_one(cms):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            asked("сыйластық", "kk")
        return len(queries)

    cms.article("Сыйластық")
    cost()  # Wagtail learns where its sites stand
    one = cost()
    for number in range(9):
        cms.article(f"Сыйластық {number}")
    assert cost() == one


def test_an_empty_search_shows_the_form_alone(trees):
    html = asked("")
    assert "choices" not in html and found(html) == 0
