"""The CMS speaks Kazakh and Russian where editors are every day: our words stand over the gaps and slips of the library's."""

from __future__ import annotations

import json
import re

import polib
import pytest
from django.conf import settings
from django.test import Client
from django.utils.translation import gettext, override

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
