"""The page of all components, and the contrast of the colours that it shows."""

from __future__ import annotations

import pytest
from django.apps import apps
from wagtail.fields import StreamField

from content import blocks, colours
from content.components import PIECES

pytestmark = pytest.mark.django_db

# The blocks of lists, which are drawn by the templates of their pages: the component that shows each.
IN_LISTS = {
    "GuideStepBlock": "steps",
    "PointBlock": "remember",
    "PlanBlock": "plan",
    "QuestionBlock": "questions",
    "QuizQuestionBlock": "quiz",
    "TermBlock": "table",
    "DocumentBlock": "downloads",
    "PersonBlock": "cards",
    "SourceBlock": "links",
}


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_component_is_drawn(language, helplines, cast, sign_in):
    answer = sign_in(cast.asel).get(f"/{language}/staff/components/")
    page = answer.content.decode()
    assert page.count('data-testid="component"') == len(PIECES)
    assert all(samples for samples in (shown["samples"] for shown in answer.context["shown"]))
    for mark in (
        'class="care immediate"',
        'class="calendar month"',
        "tel:112",
        'class="timeline"',
        "errorlist",
        'rel="next"',
    ):
        assert mark in page


def test_every_block_of_a_text_has_a_sample(helplines):
    drawn = {template for piece in PIECES for template, _given in piece.samples()}
    assert {block.meta.template for block in blocks.BodyBlock.base_blocks.values()} <= drawn


def test_every_block_of_a_list_has_a_component():
    fields = [
        field
        for model in apps.get_app_config("content").get_models()
        for field in model._meta.get_fields()
        if isinstance(field, StreamField) and field.name != "body"
    ]
    used = {type(child).__name__ for field in fields for child in field.stream_block.child_blocks.values()}
    assert used == set(IN_LISTS)
    assert set(IN_LISTS.values()) <= {piece.slug for piece in PIECES}


def test_the_film_shows_what_a_page_shows(helplines, cast, sign_in):
    page = sign_in(cast.asel).get("/en/staff/components/").content.decode()
    assert '<video controls preload="none"' in page and '<track kind="captions"' in page and "The film in words" in page


def test_no_address_inside_the_page_is_twice(helplines, cast, sign_in):
    from html.parser import HTMLParser  # noqa: PLC0415 - only here

    ids = []

    class Ids(HTMLParser):
        def handle_starttag(self, tag, attrs):
            ids.extend(value for name, value in attrs if name == "id")

    Ids().feed(sign_in(cast.asel).get("/en/staff/components/").content.decode())
    assert sorted(ids) == sorted(set(ids))


def test_the_measure_of_contrast_is_that_of_the_guidelines():
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_every_pair_of_colours_can_be_read_in_both_schemes():
    too_weak = [
        (pair.name, pair.ground, seen)
        for pair in colours.pairs()
        for seen in (pair.light, pair.dark)
        if seen.contrast < pair.least
    ]
    assert too_weak == []
