"""Nothing English is left on a Kazakh or Russian page: each person's pages are read, and no source string may stand there."""

from __future__ import annotations

import html
import re

import polib
import pytest
from django.conf import settings
from django.utils.translation import override

from events.forms.series import SeriesForm
from portal.management.demo import cases
from portal.templatetags.portal import in_my_language
from tests.access.addresses import address
from tests.access.asking import client_of
from tests.access.rows import ACCESS, SIGNED_IN

TEXTAREA = re.compile(r"<textarea.*?</textarea>", re.DOTALL)
TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]+>", re.DOTALL)
WORDS = re.compile(r"[A-Za-z]{2,}(?: [A-Za-z]{2,})+")


def sources(language: str) -> set[str]:
    """Source strings of two words and more that the catalogue translates, without placeholders."""
    path = settings.BASE_DIR / "portal" / "locale" / language / "LC_MESSAGES" / "django.po"
    return {
        entry.msgid
        for entry in polib.pofile(str(path))
        if "%" not in entry.msgid
        and "{" not in entry.msgid
        and WORDS.search(entry.msgid)
        and entry.msgid != entry.msgstr
    }


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_no_source_string_is_left(language, world, keys, settings):
    settings.DEMO_MODE = True
    cases.make_organisations()
    english, left, read = sources(language), {}, 0
    for name in sorted(ACCESS):
        with override(language):  # whatever language an earlier test left active
            url = address(name, world)
        if not url.startswith(f"/{language}/"):
            continue
        for person in sorted(ACCESS[name].get & SIGNED_IN)[:3] or ["nobody"]:
            response = client_of(keys[person]).get(url)
            if response.streaming or "html" not in response.headers.get("Content-Type", ""):
                continue
            read += 1
            page = TEXTAREA.sub(" ", response.content.decode())  # a text of its own language, to be edited
            text = " ".join(html.unescape(TAGS.sub(" ", page)).split())
            if found := {source for source in english if source in text}:
                left[name] = found
    assert left == {}
    assert read > 60


@pytest.mark.parametrize(
    ("written", "read"), [("/ru/staff/", "/kk/staff/"), ("/kk/", "/kk/"), ("/cms/pages/3/", "/cms/pages/3/")]
)
def test_a_stored_address_opens_in_the_language_of_its_reader(written, read):
    with override("kk"):
        assert in_my_language(written) == read


def test_the_weeks_of_a_series_are_named_in_the_language_of_the_reader():
    weeks = SeriesForm.base_fields["weeks"].choices
    for language, word in (("kk", "апта"), ("ru", "недел"), ("en", "weeks")):
        with override(language):
            assert all(word in str(label) for number, label in weeks if number > 1)
