import re

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import Page

from content.models import Audience, HomePage, SectionPage, TextPage, TopicPage

pytestmark = pytest.mark.django_db
LANGUAGES = ("kk", "ru", "en")


def addresses():
    return {page.get_url(): page for page in Page.objects.filter(depth__gt=1).live()}


def head_links(html):
    canonical = re.findall(r'<link rel="canonical" href="([^"]+)">', html)
    alternates = dict(re.findall(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)">', html))
    return canonical, alternates


def new_topic(parent, number, **values):
    return parent.add_child(
        instance=TopicPage(
            title=f"Topic {number}",
            slug=f"topic-{number}",
            summary="s",
            audience=Audience.PARENTS,
            first_published_at=timezone.now(),
            locale=parent.locale,
            **values,
        )
    )


def test_every_page_answers_in_its_language(starter, client):
    pages = addresses()
    assert len(pages) >= 48
    for url, page in pages.items():
        response = client.get(url)
        html = response.content.decode()
        assert response.status_code == 200, url
        assert f'<html lang="{page.locale.language_code}">' in html
        assert "Set-Cookie" not in response.headers and not response.cookies
        assert html.count("<h1") == 1
        assert 'name="description" content="' in html and "noindex" not in html
        assert not re.search(
            r"<style|<script(?! src=| type=.application/ld\+json.>| id=.page-script.>)| style=| on\w+=|csrfmiddlewaretoken",
            html,
        ), url
        ids = re.findall(r' id="([^"]+)"', html)
        assert len(ids) == len(set(ids)), url
        assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids), url


def test_canonical_and_alternates_are_absolute_and_mutual(starter, client):
    links = {settings.SITE_URL + url: head_links(client.get(url).content.decode()) for url in addresses()}
    for url, (canonical, alternates) in links.items():
        assert canonical == [url]
        assert set(alternates) == {*LANGUAGES, "x-default"} and url in alternates.values()
        assert alternates["x-default"] == alternates["kk"]
        for other in alternates.values():
            assert links[other][1] == alternates


def test_pages_outside_the_cms_name_their_other_languages_too(starter, client):
    address = f"{settings.SITE_URL}/kk/become-a-mentor/"
    canonical, alternates = head_links(client.get("/kk/become-a-mentor/").content.decode())
    assert canonical == [address]
    assert alternates == {
        "kk": address,
        "ru": f"{settings.SITE_URL}/ru/become-a-mentor/",
        "en": f"{settings.SITE_URL}/en/become-a-mentor/",
        "x-default": address,
    }


def test_missing_translation_is_said_and_leads_to_the_start_page(starter, client):
    TextPage.objects.get(slug="about", locale__language_code="en").delete()
    html = client.get("/ru/about/").content.decode()
    assert set(head_links(html)[1]) == {"kk", "ru", "x-default"}
    assert re.search(r'<a href="/en/" lang="en"', html)
    assert '<p class="notice" lang="en">' in html


def test_unpublished_translation_is_not_offered(starter, client):
    TextPage.objects.get(slug="about", locale__language_code="kk").unpublish()
    alternates = head_links(client.get("/ru/about/").content.decode())[1]
    assert "kk" not in alternates and "x-default" not in alternates
    assert client.get("/kk/about/").status_code == 404


def test_start_page_shows_doors_topics_and_numbers(starter, client):
    html = client.get("/kk/").content.decode()
    assert re.findall(r'data-testid="door-(\w+)"', html) == [
        "children",
        "teens",
        "youth",
        "parents",
        "teachers",
        "mentors",
        "organisations",
    ]
    assert html.count('href="tel:111"') >= 1
    latest = html[html.index('id="latest"') :]
    assert latest.count('<li class="card stack"><h3>') == 6


@pytest.mark.parametrize("address", ["/kk/", "/ru/", "/en/", "/kk/mentors/", "/ru/mentors/", "/en/mentors/"])
def test_start_and_mentors_pages_lead_to_the_roles(starter, client, address):
    language = address.split("/")[1]
    html = client.get(address).content.decode()
    assert f'href="/{language}/become-a-mentor/" data-testid="become-a-mentor"' in html
    assert "become-a-mentor" not in client.get(f"/{language}/parents/").content.decode()


def test_topic_page_warns_with_a_way_out_and_says_who_reviewed_it(starter, client):
    html = client.get("/ru/teens/phone-worries/").content.decode()
    assert 'data-testid="warning"' in html and 'data-testid="review"' in html
    assert '<a href="/ru/teens/">' in html[html.index('data-testid="warning"') :]
    assert 'class="toc"' in html and "2026" in html


def test_numbers_come_from_the_reference_data(starter, helplines, client):
    helplines[1].number = "116"
    helplines[1].save()
    html = client.get("/kk/children/").content.decode()
    assert 'href="tel:116"' in html and 'href="tel:111"' not in html
    assert '<time datetime="2026-01-01">01.01.2026</time>' in html  # the day it was last checked


def test_pages_take_no_post(starter, client):
    assert client.post("/kk/").status_code == 405


@pytest.mark.parametrize("url", ["/kk/", "/kk/parents/", "/kk/parents/when-a-child-tells/"])
def test_number_of_queries_does_not_grow(starter, client, url):
    parent = SectionPage.objects.get(slug="parents", locale__language_code="kk")
    new_topic(parent, "first")
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    for number in range(8):
        new_topic(parent, number)
    client.get(url)
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(many) == len(few) <= 25


def test_pages_keep_to_their_places():
    assert HomePage.allowed_subpage_models()[0] is SectionPage
    assert TopicPage.allowed_subpage_models() == []
    assert TopicPage.allowed_parent_page_models() == [SectionPage]


def test_sitemap_and_robots(starter, client):
    xml = client.get("/sitemap.xml").content.decode()
    assert set(re.findall(r"<loc>([^<]+)</loc>", xml)) >= {settings.SITE_URL + url for url in addresses()}
    assert xml.count("<xhtml:link") == 3 * xml.count("<loc>")
    assert f"<loc>{settings.SITE_URL}/kk/help/</loc>" in xml
    robots = client.get("/robots.txt")
    assert f"Sitemap: {settings.SITE_URL}/sitemap.xml" in robots.content.decode()
    assert robots.headers["Content-Type"].startswith("text/plain")
