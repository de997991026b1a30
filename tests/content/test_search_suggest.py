"""What is offered while somebody types."""

import json
from urllib.parse import unquote

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.models import PageViewRestriction, Site

from content.models import QuizPage
from tests.content.test_search import HOSTILE, add_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept(settings):
    """What is kept until something is published, as in the running portal."""
    pages = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "pages"}
    settings.CACHES = settings.CACHES | {"pages": pages}
    caches["pages"].clear()


def suggested(typed, language="kk"):
    answer = Client().get(f"/{language}/search/suggest/", {"q": typed})
    assert answer.status_code == 200
    return answer.json()["pages"]


def titles(typed, language="kk"):
    return [page["title"] for page in suggested(typed, language)]


@pytest.mark.parametrize(
    ("title", "typed"),
    [
        ("Қауіпсіздік ережелері", "қауіп"),
        ("Қауіпсіздік ережелері", "КАУИП"),
        ("Қауіпсіздік ережелері", "ережені"),
        ("Қауіпсіздік ережелері", "ережел кауипс"),
        ("Өмір туралы", "oмi"),
        ("Үйдегі тыныштық", "уй"),
        ("«Жеңіл ақша» ұсынысы", "женил акша"),
        ("Тәлімгер құпиясы", "құпияны"),
        ("Ғарыш пен һәм", "гарыш хам"),
    ],
)
def test_titles_that_have_the_words_are_offered(cms, title, typed):
    cms.article("Басқа бет")
    cms.article(title)
    assert titles(typed) == [title]


def test_words_that_only_readers_use_are_offered_after_titles(trees):
    add_page("ru", "О заповедном", "named", other_words="верблюжатник")
    add_page("ru", "Верблюжатники")
    assert titles("верблю", "ru") == ["Верблюжатники", "О заповедном"]


def test_other_forms_are_offered_in_russian(trees):
    add_page("ru", "Ёлка и насилия нет")
    assert titles("насилие", "ru") == titles("елк", "ru") == ["Ёлка и насилия нет"]


def test_every_typed_word_counts_and_the_first_word_of_a_title_most(cms):
    cms.article("Достар мен сенім")
    cms.article("Сенім деген не")
    assert titles("сен") == ["Сенім деген не", "Достар мен сенім"]
    assert titles("сен дос") == ["Достар мен сенім"]
    assert titles("сен жоқ") == titles("") == titles(" – ") == []


def test_six_are_offered_with_address_and_audience(cms):
    for number in range(8):
        cms.article(f"Сыйластық {number}", kind=QuizPage)
    pages = suggested("сый")
    assert len(pages) == 6
    assert pages[0]["title"] == "Сыйластық 0" and pages[0]["about"] == "Тест · 6–10 жастағы балалар"
    assert unquote(pages[0]["url"]) == "/kk/children/сыйластық-0/"


def test_only_live_public_pages_of_the_language(cms):
    cms.article("Сыйластық бір", live=False)
    closed = cms.article("Сыйластық екі")
    PageViewRestriction.objects.create(page=closed, restriction_type="login")
    assert titles("сый") == []
    cms.article("Сыйластық үш")
    assert titles("сый") == ["Сыйластық үш"] and titles("сый", "ru") == []


def test_a_page_under_no_site_has_no_address_and_is_not_offered(cms):
    cms.article("Достық туралы")
    Site.objects.all().delete()
    assert titles("достық") == []


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_hostile_words_are_words_of_nothing(cms, language):
    for value in HOSTILE:
        answer = Client().get(f"/{language}/search/suggest/?q=дети {value}")
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
        json.loads(answer.content)


def test_what_was_typed_stays_nowhere(cms):
    answer = Client().get("/kk/search/suggest/?q=сый")
    assert not answer.cookies and answer["Cache-Control"] == "no-store"
    assert Client().get("/kk/search/suggest/").json() == {"pages": []}
    assert Client().post("/kk/search/suggest/").status_code == 405


def test_the_list_is_made_once_until_something_is_published(cms, kept, django_capture_on_commit_callbacks):
    page = cms.article("Сыйластық бір")
    assert titles("сый") == ["Сыйластық бір"]
    with CaptureQueriesContext(connection) as asked:
        assert titles("сыйл") == ["Сыйластық бір"] and titles("жоқ") == []
    assert len(asked) == 0
    page.title = "Сыйластық екі"
    with django_capture_on_commit_callbacks(execute=True):
        page.save_revision().publish()
    assert titles("сый") == ["Сыйластық екі"]
    with django_capture_on_commit_callbacks(execute=True):
        PageViewRestriction.objects.create(page=page, restriction_type="login")
    assert titles("сый") == []


def test_the_list_costs_as_much_for_many_pages_as_for_one(cms):
    def cost():
        with CaptureQueriesContext(connection) as asked:
            titles("сый")
        return len(asked)

    cms.article("Сыйластық")
    cost()  # Wagtail learns where its sites stand
    one = cost()
    for number in range(10):
        cms.article(f"Сыйластық {number}")
    assert cost() == one


def test_script_is_loaded_only_where_the_form_stands(starter):
    for path, is_there in [("/kk/", True), ("/kk/search/", True), ("/kk/nothing-here/", True), ("/kk/help/", False)]:
        assert ("js/suggest.js" in Client().get(path).content.decode()) is is_there, path
