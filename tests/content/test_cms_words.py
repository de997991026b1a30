"""The CMS speaks Kazakh and Russian where editors are every day: our words stand over the gaps and slips of the library's."""

from __future__ import annotations

import json
import re

import polib
import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext, override
from wagtail.test.utils.form_data import nested_form_data, streamfield

from portal.access import Role
from portal.models import User
from portal.services import grant_role

pytestmark = pytest.mark.django_db

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|</?\w+")


def overlay(language: str, domain: str) -> polib.POFile:
    return polib.pofile(str(settings.LOCALE_PATHS[1] / language / "LC_MESSAGES" / f"{domain}.po"))


@pytest.fixture
def editor(cms):
    user = User.objects.create(email="editor@demo.example", is_active=True)
    grant_role(user=user, role=Role.EDITOR, by=None)
    return user


@pytest.mark.parametrize("domain", ["django", "djangojs"])
@pytest.mark.parametrize("language", ["kk", "ru"])
def test_what_is_laid_over_keeps_its_placeholders(language, domain):
    wrong = [
        entry.msgid
        for entry in overlay(language, domain)
        if entry.msgstr and sorted(PLACEHOLDER.findall(entry.msgid)) != sorted(PLACEHOLDER.findall(entry.msgstr))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("language", "words"),
    [("kk", ["Қараламаны сақтау", "Алдын ала көріністі"]), ("ru", ["Сохранить черновик", "слово в адресе"])],
)
def test_an_editor_works_in_his_language(language, words, cms, editor):
    page = cms.article("Бес ереже")
    client = Client(headers={"Accept-Language": language})
    client.force_login(editor)
    client.get("/cms/")  # Wagtail makes its profile of him
    html = client.get(f"/cms/pages/{page.pk}/edit/").content.decode()
    assert f'<html lang="{language}"' in html
    assert [word for word in words if word.lower() not in html.lower()] == []


def test_what_the_cms_answers_and_asks_is_kazakh(cms, editor):
    taken, draft = cms.article("Бес ереже"), cms.article("Қаралама", live=False)
    client = Client(headers={"Accept-Language": "kk"})
    client.force_login(editor)
    client.get("/cms/")
    new = reverse("wagtailadmin_pages:add", args=["content", "topicpage", cms.section.pk])
    blocks = {"body": streamfield([]), "sources": streamfield([])}
    form = {"title": "Тағы", "slug": taken.slug, "summary": "x", "audience": "parents"} | blocks
    comments = {"comments-TOTAL_FORMS": 0, "comments-INITIAL_FORMS": 0}
    answers = {
        client.post(new, nested_form_data(form) | comments): ["бет жасалмады", f"«{taken.slug}» сөзі"],
        client.get(reverse("wagtailadmin_pages:delete", args=[draft.pk])): ["шынымен жоясыз ба", "Иә, жою"],
        client.get(reverse("wagtailadmin_pages:search") + "?q=Бес"): ["бет табылды"],
        client.post(reverse("wagtailimages:add"), {"title": "x"}): ["Қателер болғандықтан сурет қосылмады"],
        client.post(reverse("wagtaildocs:add"), {"title": "x"}): ["Қателер болғандықтан құжат қосылмады"],
    }
    missing = [word for answer, words in answers.items() for word in words if word not in answer.content.decode()]
    assert missing == []


@pytest.mark.parametrize(
    ("language", "words"), [("kk", {"Collapse all": "Бәрін жинау"}), ("ru", {"Fair": "Средне", "Close": "Закрыть"})]
)
def test_the_scripts_of_the_cms_speak_it_too(language, words, editor):
    client = Client(headers={"Accept-Language": language})
    client.force_login(editor)
    said = client.get("/cms/jsi18n/?format=json", headers={"Accept": "application/json"}).content.decode()
    assert [word for word in words.values() if json.dumps(word) not in said and word not in said] == []
    assert "cms/jsi18n/" in client.get("/cms/").content.decode()


def test_who_does_not_see_a_picture_is_named():
    """Wagtail's Russian says «Текст подсказки», the text of a tooltip: editors wrote none."""
    with override("ru"):
        assert "не видит" in gettext("Alt text")
    with override("kk"):
        assert "көрмейтін" in gettext("Alt text")
