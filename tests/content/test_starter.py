from datetime import date

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import Page, Site

from content.models import HomePage, SectionPage, TextPage, TopicPage
from content.services import load_starter

pytestmark = pytest.mark.django_db
LANGUAGES = ("kk", "ru", "en")


def test_topic_keeps_what_its_file_says(starter):
    page = TopicPage.objects.get(slug="my-five-rules", locale__language_code="kk")
    assert (page.audience, page.reading_age, page.sensitive) == ("children-6-10", 7, True)
    assert page.reviewed_on == date(2026, 11, 16)
    assert page.warning and page.reviewed_by and page.reading_minutes >= 1


def test_doors_stand_in_the_order_of_the_start_page_with_its_words(starter):
    home = HomePage.objects.get(locale__language_code="en")
    doors = SectionPage.objects.child_of(home).order_by("path")
    assert [door.slug for door in doors] == [
        "children",
        "teens",
        "youth",
        "parents",
        "teachers",
        "mentors",
        "organisations",
    ]
    assert all(door.invitation != door.summary for door in doors)


def test_welcome_page_goes_and_one_site_is_left(starter):
    assert set(Page.objects.filter(depth=2).values_list("slug", flat=True)) == {"home-kk", "home-ru", "home-en"}
    assert Site.objects.get().root_page.locale.language_code == "kk"


def test_second_run_changes_nothing(starter):
    before = list(Page.objects.order_by("pk").values_list("pk", "path", "title", "last_published_at"))
    with CaptureQueriesContext(connection) as queries:
        call_command("load_starter")
    assert list(Page.objects.order_by("pk").values_list("pk", "path", "title", "last_published_at")) == before
    assert len(queries) < 60


def test_edited_page_stays(starter):
    page = TextPage.objects.get(slug="about", locale__language_code="ru")
    page.title = "Изменено редактором"
    page.save()
    other = TopicPage.objects.get(slug="phone-worries", locale__language_code="ru")
    other.delete()
    assert load_starter() == 1  # what is gone comes back, what is there stays
    page.refresh_from_db()
    assert page.title == "Изменено редактором"


def test_page_of_an_editor_at_the_same_address_stays(starter):
    about = TextPage.objects.get(slug="about", locale__language_code="ru")
    parent = about.get_parent()
    about.delete()
    parent.refresh_from_db()
    parent.add_child(instance=TextPage(title="Своя", slug="about", summary="s", locale=parent.locale))
    assert load_starter() == 0
