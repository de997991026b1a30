"""A translation begins as a draft, and goes the way of every text."""

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.models import Locale

from content.models import TopicPage
from portal.access import Role
from portal.models import User
from portal.services import grant_role

pytestmark = pytest.mark.django_db


def in_the_cms(*roles):
    user = User.objects.create(email=f"{'-'.join(roles)}@demo.example", is_active=True)
    for role in roles:
        grant_role(user=user, role=role, by=None)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def russian(trees):
    """The Russian tree with the section that the article's translation will lie in."""
    locale = Locale.objects.get(language_code="ru")
    section = trees.section.copy_for_translation(locale)
    section.save_revision().publish()
    return locale


def translate(client, page, locale):
    return client.post(reverse("simple_translation:submit_page_translation", args=[page.pk]), {"locales": [locale.pk]})


def test_a_translation_is_a_draft_that_no_reader_sees(trees, russian, client):
    page = trees.article("Бес ереже", reviewed_by="Психолог", reviewed_on="2026-11-01")
    answer = translate(in_the_cms(Role.EDITOR), page, russian)
    copy = TopicPage.objects.get(locale=russian)
    assert answer["Location"] == reverse("wagtailadmin_pages:edit", args=[copy.pk])
    assert not copy.live and client.get(copy.get_url()).status_code == 404
    assert (copy.reviewed_by, copy.reviewed_on) == ("", None)
    assert page.get_translations().get() == copy


def test_it_has_the_form_of_every_page_and_is_approved_by_a_specialist(trees, russian):
    editor, specialist = in_the_cms(Role.EDITOR), in_the_cms(Role.SPECIALIST)
    translate(editor, trees.article("Бес ереже"), russian)
    copy = TopicPage.objects.get(locale=russian)
    html = editor.get(f"/cms/pages/{copy.pk}/edit/").content.decode()
    assert 'name="action-submit"' in html and 'name="action-publish"' not in html
    assert translate(specialist, copy, Locale.objects.get(language_code="en")).status_code != 200
    assert TopicPage.objects.count() == 2


@pytest.mark.parametrize("role", [Role.EDITOR, Role.SPECIALIST])
def test_who_works_on_texts_lands_in_the_cms_which_leads_to_the_desk(trees, role):
    client = in_the_cms(role)
    assert client.get("/kk/start/")["Location"] == reverse("wagtailadmin_home")
    html = client.get("/cms/").content.decode()
    assert "/kk/staff/" in html
