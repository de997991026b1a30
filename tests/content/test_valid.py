"""What checkers of pages look at: names of landmarks, times that are valid, what a shared link shows."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page

from content.models import TopicPage
from events.services.numbers import school_year
from portal.models import LogEntry
from tests.content.test_pages import head_links

pytestmark = pytest.mark.django_db
TIME = re.compile(r'<time datetime="([^"]+)"')
ENTRANCES = ["account_login", "account_signup", "account_reset_password", "certificate_ask", "forget"]


def test_two_parts_with_one_title_are_no_two_landmarks_of_one_name(cms, client):
    parts = [("phrases", {"title": "Балаға айтуға болады", "phrases": [phrase]}) for phrase in ("Бір", "Екі")]
    page = cms.article("Екі рет", body=parts)
    html = client.get(page.get_url()).content.decode()
    assert html.count("Балаға айтуға болады</h") == 2
    named = re.findall(r'<section[^>]* aria-labelledby="([^"]+)"', html)
    words = [re.search(rf'id="{anchor}">(.*?)</h', html)[1] for anchor in named]
    assert words and len(words) == len(set(words))


def test_times_have_no_more_than_the_standard_allows():
    entry = LogEntry(at=timezone.now().replace(microsecond=123456), action="x", actor_name="system")
    (written,) = TIME.findall(render_to_string("components/timeline.html", {"entries": [entry]}))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d[+-]\d{4}", written)


@pytest.mark.parametrize("name", ENTRANCES)
def test_a_link_to_an_entrance_tells_what_it_is_though_no_search_engine_keeps_it(name, client):
    html = client.get(reverse(name)).content.decode()
    assert 'name="robots" content="noindex"' in html
    assert re.search(r'<meta name="description" content="[^"]{20,}">', html)
    assert head_links(html)[0] == [settings.SITE_URL + reverse(name)]


def test_a_page_to_share_is_named_after_the_page(starter, client):
    page = Page.objects.type(TopicPage).live().first().specific
    html = client.get(reverse("page_share", args=[page.pk])).content.decode()
    assert page.title in re.search(r"<title>(.*?)</title>", html, re.DOTALL)[1]


def test_each_year_of_figures_is_a_page_of_its_own_in_every_language(client):
    year = school_year(timezone.localdate())
    bare = head_links(client.get("/kk/numbers/?utm=x").content.decode())
    assert bare[0] == [f"{settings.SITE_URL}/kk/numbers/"] and bare[1]["ru"] == f"{settings.SITE_URL}/ru/numbers/"
    named = head_links(client.get(f"/kk/numbers/?year={year}&utm=x").content.decode())
    assert named[0] == [f"{settings.SITE_URL}/kk/numbers/?year={year}"]
    assert named[1]["en"] == f"{settings.SITE_URL}/en/numbers/?year={year}"
