"""The sprite of pictures: small, under a licence, and with everything that the templates ask for."""

from __future__ import annotations

import gzip
import re
from xml.etree import ElementTree

import pytest
from django.conf import settings

from content.components import ICONS
from content.models import Audience
from portal.templatetags.portal import icon

IMG = settings.BASE_DIR / "portal" / "static" / "portal" / "img"
SVG = "{http://www.w3.org/2000/svg}"
ASKED = re.compile(r"""{% icon ["']([^"']+)["'] %}""")


@pytest.fixture(scope="module")
def symbols() -> dict[str, ElementTree.Element]:
    root = ElementTree.parse(IMG / "icons.svg").getroot()  # noqa: S314 - a file of ours
    return {symbol.get("id"): symbol for symbol in root.iter(f"{SVG}symbol")}


def test_every_picture_that_a_template_asks_for_is_there(symbols):
    asked = {
        name
        for folder in ("portal", "volunteers", "mentors", "events", "content")
        for template in (settings.BASE_DIR / folder / "templates").rglob("*.html")
        for name in ASKED.findall(template.read_text())
    }
    assert "phone" in asked
    assert asked | set(Audience.values) <= set(symbols)


def test_the_page_of_components_shows_every_picture(symbols):
    assert set(ICONS) == set(symbols)


def test_the_sprite_is_small_drawn_in_the_colour_of_the_text_and_licensed(symbols):
    assert len(gzip.compress((IMG / "icons.svg").read_bytes())) < 5 * 1024
    for symbol in symbols.values():
        assert symbol.get("viewBox") == "0 0 24 24"
        assert not any(part.get("fill") or part.get("style") for part in symbol.iter())
    assert "ISC License" in (IMG / "icons.LICENSE.txt").read_text()


def test_a_picture_is_hidden_from_screen_readers():
    drawn = icon("phone")
    assert 'aria-hidden="true"' in drawn
    assert '/img/icons.svg#phone"' in drawn
    assert "<script" not in icon('"><script>')
