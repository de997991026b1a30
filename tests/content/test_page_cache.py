"""Public pages are served whole until something is published, and never to somebody of whom something is known."""

import gzip

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from content.models import TopicPage
from portal.models import Helpline

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(starter, settings):
    pages = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "pages"}
    settings.CACHES = settings.CACHES | {"pages": pages}
    caches["pages"].clear()  # what another test has kept: its pages had other keys
    return TopicPage.objects.get(slug="my-five-rules", locale__language_code="kk")


def queries(client, url, **headers):
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(url, **headers)
    return len(asked), answer


def test_a_second_reader_asks_the_database_nothing(page):
    url = page.get_url()
    first, answer = queries(Client(), url)
    second, kept = queries(Client(), url)
    assert (first > 0, second) == (True, 0)
    assert kept.content == answer.content
    ids = [one.headers.pop("X-Request-ID") for one in (answer, kept)]
    assert kept.headers == answer.headers and ids[0] != ids[1]
    assert kept["Content-Security-Policy"] and kept["Cache-Control"] == "no-cache"


def test_who_has_it_is_told_that_it_is_the_same(page):
    etag = Client().get(page.get_url())["ETag"]
    answer = Client().get(page.get_url(), HTTP_IF_NONE_MATCH=etag)
    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", etag)


def test_publishing_changes_what_is_served_at_once(page, django_capture_on_commit_callbacks):
    Client().get(page.get_url())
    page.title = "Жаңа атау"
    with django_capture_on_commit_callbacks(execute=True):
        page.save_revision().publish()
    assert "Жаңа атау" in Client().get(page.get_url()).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        page.unpublish()
    assert Client().get(page.get_url()).status_code == 404


def test_a_changed_number_changes_every_page(page, django_capture_on_commit_callbacks):
    Client().get("/kk/help/")
    line = Helpline.objects.get(number="112")
    line.number = "119"
    with django_capture_on_commit_callbacks(execute=True):
        line.save()
    assert 'href="tel:119"' in Client().get("/kk/help/").content.decode()


def test_cookies_queries_and_posts_go_past_it(page):
    url = page.get_url()
    Client().get(url)
    known = Client()
    known.cookies["session"] = "x"
    assert queries(known, url)[0] > 0
    assert queries(Client(), f"{url}?page=2")[0] > 0
    assert Client().post(url).status_code == 405


def test_each_coding_is_kept_for_itself(page):
    plain = Client().get(page.get_url())
    packed = Client().get(page.get_url(), HTTP_ACCEPT_ENCODING="gzip")
    count, again = queries(Client(), page.get_url(), HTTP_ACCEPT_ENCODING="gzip")
    assert count == 0 and again["Content-Encoding"] == "gzip"
    assert gzip.decompress(again.content) == plain.content and packed.content == again.content


def test_what_is_not_a_page_is_not_kept(page):
    for url in ("/kk/nowhere/", "/kk/account/login/", "/kk/become-a-mentor/"):
        Client().get(url)
        assert "ETag" not in Client().get(url)
