"""A word about a page, from somebody of whom nothing is kept."""

import pytest
from django.core.cache import cache

from content.models import PageFeedback, TextPage, TopicPage
from portal.limits import LIMITS

pytestmark = pytest.mark.django_db
FROM_HERE = {"HTTP_SEC_FETCH_SITE": "same-origin"}


@pytest.fixture
def url(starter):
    cache.clear()
    page = TopicPage.objects.get(slug="my-five-rules", locale__language_code="kk")
    return f"/kk/pages/{page.pk}/feedback/"


def test_a_word_is_kept_without_its_sender(url, client):
    answer = client.post(url, {"useful": "no", "text": "Қысқарақ жазыңыз"}, **FROM_HERE)
    assert answer.status_code == 302 and "thanks" in answer["Location"]
    kept = PageFeedback.objects.get()
    assert (kept.useful, kept.text) == (False, "Қысқарақ жазыңыз")
    assert {field.name for field in PageFeedback._meta.get_fields()} == {"id", "page", "useful", "text", "day"}
    assert not answer.cookies
    thanks = client.get(answer["Location"])
    assert thanks.status_code == 200 and 'href="tel:111"' in thanks.content.decode()


def test_what_is_too_long_or_odd_is_cut_and_cleaned(url, client):
    client.post(url, {"useful": "yes", "text": "a\x07b\n" + "х" * 5000}, **FROM_HERE)
    kept = PageFeedback.objects.get()
    assert kept.text.startswith("a b") and len(kept.text) == 300


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Позвоните мне 8 (701) 123-45-67, пожалуйста", "Позвоните мне …, пожалуйста"),
        ("+77011234567", "…"),
        ("жазыңыз: bala@mail.example", "жазыңыз: …"),
        ("мой инстаграм @aliya.08 вот", "мой инстаграм … вот"),
        ("ИИН 080101500123", "ИИН …"),
        ("8 701\u2013234\u201356\u201378, 8/701/234/56/78, 8_701_234_56_78", "…, …, …"),
        ("8,701,234,56,78", "…"),
        ("пишите t.me/erzhan или https://vk.example", "пишите … или …"),
        ("vk.com", "…"),
        ("111-ге 2 рет, 2026 жылы", "111-ге 2 рет, 2026 жылы"),
        ("Классы 5, 6, 7, 8, 9, 10 и т.д. и/или т.п.", "Классы 5, 6, 7, 8, 9, 10 и т.д. и/или т.п."),
    ],
)
def test_by_what_somebody_could_be_reached_is_not_kept(url, client, typed, kept):
    client.post(url, {"useful": "no", "text": typed}, **FROM_HERE)
    assert PageFeedback.objects.get().text == kept


def test_without_an_answer_what_was_typed_stays(url, client):
    answer = client.post(url, {"text": "Түсінікті"}, **FROM_HERE)
    assert answer.status_code == 422 and "Түсінікті" in answer.content.decode()
    assert not PageFeedback.objects.exists()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 302),
        ({"HTTP_SEC_FETCH_SITE": "cross-site"}, 403),
        ({"HTTP_SEC_FETCH_SITE": "same-site"}, 403),
        ({"HTTP_ORIGIN": "https://evil.example"}, 403),
        ({"HTTP_ORIGIN": "null"}, 403),
        ({"HTTP_ORIGIN": "http://testserver"}, 302),
        ({"HTTP_REFERER": "http://testserver/kk/"}, 302),
    ],
)
def test_only_our_own_pages_send_it(url, client, headers, status):
    assert client.post(url, {"useful": "yes"}, **headers).status_code == status


def test_there_is_a_limit(url, client):
    answers = [
        client.post(url, {"useful": "yes"}, **FROM_HERE).status_code for _ in range(LIMITS["page_feedback"].times + 1)
    ]
    assert answers[29] == 302 and answers[-1] == 429  # a class of thirty is heard


def test_pages_that_are_not_public_take_none(url, client):
    page = TopicPage.objects.get(slug="my-five-rules", locale__language_code="kk")
    page.unpublish()
    assert client.post(url, {"useful": "yes"}, **FROM_HERE).status_code == 404
    assert client.get(url).status_code == 405


def test_only_articles_ask(url, client):
    page = TopicPage.objects.get(slug="my-five-rules", locale__language_code="kk")
    assert 'data-testid="useful-yes"' in client.get(page.get_url()).content.decode()
    about = TextPage.objects.get(slug="about", locale__language_code="kk")
    assert 'data-testid="useful-yes"' not in client.get(about.get_url()).content.decode()
