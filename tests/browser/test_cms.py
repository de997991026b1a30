"""The CMS's editor, whose form only its scripts can make."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from content.models import TopicPage

TITLE = "Жаңа атау"


@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_specialist_approves_in_the_editor_what_it_shows(town, walk, meanwhile):
    """But not what was changed after the editor was opened."""
    topic = TopicPage.objects.get(slug="my-five-rules", locale__language_code="kk")
    edit = f"/cms/pages/{topic.pk}/edit/"
    writing = walk("kk", 1280).sign_in("asel").go(edit)
    writing.locator("[name=title]").fill(TITLE)
    with writing.expect_navigation():
        writing.evaluate("document.querySelector('[name=action-submit]').click()")
    reading = walk("kk", 1280).sign_in("meruert").go(edit)
    expect(reading.locator("[name=title]")).to_have_value(TITLE)
    if meanwhile:
        draft = topic.get_latest_revision_as_object()
        draft.title = "Оқылмаған"
        draft.save_revision(user=town.asel)
    with reading.expect_navigation():
        reading.evaluate("document.querySelector('[data-workflow-action-name=approve]').click()")
    assert (TopicPage.objects.get(pk=topic.pk).title == TITLE) is not meanwhile
