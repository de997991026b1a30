"""Sheets for the walls of schools."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.test import Client

from content import posters
from content.models import HelpPage
from portal.codes import qr_code
from portal.models import Helpline

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_each_age_and_size_is_a_file_of_one_page(starter, language):
    for audience in posters.WORDS:
        for size, width in (("a4", rb"595\."), ("a5", rb"419\.")):
            answer = Client().get(f"/ru/posters/{language}/{audience}-{size}.pdf")
            assert answer["Content-Type"] == "application/pdf"
            assert answer.content.startswith(b"%PDF")
            assert b"/Count 1" in answer.content
            assert re.search(rb"/MediaBox ?\[0 0 " + width, answer.content)


def test_the_code_leads_to_the_help_page_of_its_language(starter):
    page = HelpPage.objects.get(locale__language_code="kk")
    sheet = posters._content("children-6-10", "a4", "kk")
    assert sheet["qr"] == qr_code(f"{settings.SITE_URL}/q/{page.pk}/").decode()
    answer = Client().get(f"/q/{page.pk}/")
    assert answer.url.endswith("/kk/help/")


def test_the_numbers_are_those_of_the_cms(starter):
    before = posters.poster(audience="children-11-14", size="a5", language="ru")
    line = Helpline.objects.get(number="111")
    line.number = "150"
    line.save()
    assert [line["number"] for line in posters._content("children-11-14", "a5", "ru")["large"]] == ["112", "150"]
    assert posters.poster(audience="children-11-14", size="a5", language="ru") != before


@pytest.mark.parametrize("name", ["de/children-6-10-a4", "ru/parents-a4", "ru/children-6-10-a3", "ru/x-y", "kk/-a4"])
def test_a_sheet_that_there_is_not_is_a_404(starter, name):
    assert Client().get(f"/ru/posters/{name}.pdf").status_code == 404


def test_without_a_help_page_there_is_no_sheet(starter):
    HelpPage.objects.filter(locale__language_code="en").delete()
    assert Client().get("/ru/posters/en/children-6-10-a4.pdf").status_code == 404


def test_the_library_and_the_teachers_lead_to_the_choice(starter):
    for path in ("/ru/documents/", "/ru/teachers/"):
        assert 'href="/ru/posters/"' in Client().get(path).content.decode()
    page = Client().get("/ru/posters/").content.decode()
    assert page.count('type="application/pdf"') == 3 * 3 * 2
