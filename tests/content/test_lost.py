"""Where nothing else helps: an unknown address, a fault of ours, no network, a device that must forget."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.decorators import login_not_required
from django.test import Client, RequestFactory
from django.urls import path

from content.models import HelpPage, TopicPage
from portal.limits import LIMITS
from portal.models import Helpline, User
from portal.urls import urlpatterns as own_urlpatterns
from portal.views import error_400, error_500

pytestmark = pytest.mark.django_db
handler500 = "portal.views.error_500"


@login_not_required
def fault(request):
    raise RuntimeError


urlpatterns = [path("fault/", fault), *own_urlpatterns]


@pytest.mark.parametrize(
    ("place", "accepts", "language"),
    [
        ("/kk/nothing/", "ru", "kk"),
        ("/ru/nothing/deep/", "kk", "ru"),
        ("/en/nothing/", "", "en"),
        ("/nothing/", "ru-RU,ru;q=0.9", "ru"),
        ("/de/help/", "de", "kk"),
        ("/q/999999/", "en", "en"),
    ],
)
def test_an_unknown_address_has_numbers_and_search_in_its_language(starter, place, accepts, language):
    answer = Client(raise_request_exception=False).get(place, headers={"Accept-Language": accepts}, follow=True)
    page = answer.content.decode()
    assert answer.status_code == 404
    assert f'<html lang="{language}">' in page
    main = page[page.index("<main") : page.index("</main>")]
    assert {"112", "111"} <= set(re.findall(r'href="tel:(\d+)"', main))
    assert f'action="/{language}/search/"' in main
    assert "sessionid" not in answer.cookies


@pytest.mark.parametrize("view", [error_500, error_400])
def test_a_fault_of_ours_needs_neither_database_nor_context(view, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = view(RequestFactory().get("/"))
    page = answer.content.decode()
    assert re.findall(r'lang="(..)"', page) == ["kk", "ru", "en"]
    assert page.count('href="tel:112"') == page.count('href="tel:111"') == 3
    assert "{" not in page


def test_a_fault_shows_that_page(settings):
    settings.ROOT_URLCONF = __name__
    answer = Client(raise_request_exception=False).get("/fault/")
    assert answer.status_code == 500
    assert answer.content == error_500(RequestFactory().get("/")).content
    assert answer["Content-Security-Policy"]


def test_too_many_words_lead_a_reader_to_help_and_not_to_the_sign_in(starter, settings):
    url = f"/ru/pages/{TopicPage.objects.filter(locale__language_code='ru')[0].pk}/feedback/"
    answers = [Client().post(url, {"useful": "yes"}) for _time in range(LIMITS["page_feedback"].times + 1)]
    stopped = [answer for answer in answers if answer.status_code == 429]
    assert stopped
    assert 'href="/ru/help/"' in stopped[0].content.decode().split("<main")[1]
    assert "/ru/start/" not in stopped[0].content.decode()


def test_forgetting_asks_the_browser_and_keeps_somebody_signed_in(starter, sign_in):
    client = sign_in(User.objects.create(email="x@demo.example", is_active=True))
    answer = client.get("/kk/forget/")
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert answer["Cache-Control"] == "no-store"
    assert client.get("/kk/account/settings/").status_code == 200
    for place in ("/kk/help/", "/kk/safe-browsing/"):
        assert 'href="/kk/forget/"' in Client().get(place).content.decode()


def test_another_number_or_help_page_is_kept_anew(starter):
    scripts = [Client().get("/worker.js").content]
    assert Client().get("/worker.js").content == scripts[0]
    Helpline.objects.filter(number="111").update(number="150")
    scripts.append(Client().get("/worker.js").content)
    HelpPage.objects.first().save_revision().publish()
    scripts.append(Client().get("/worker.js").content)
    assert len(set(scripts)) == 3


def test_what_the_worker_keeps_is_there(starter):
    worker = Client().get("/worker.js").content.decode()
    files = re.findall(r'"(/static/[^"]+)"', worker)
    assert any("icons.svg" in file for file in files)
    page = Client().get("/ru/help/").content.decode()
    loaded = set(re.findall(r'(?:src|href)="(/static/[^"#]+)', page))
    assert loaded <= set(files)
    for code in ("kk", "ru", "en"):
        for place in (f"/{code}/help/", f"/{code}/offline/"):
            assert Client().get(place).status_code == 200
