"""What an editor writes is read by somebody else before anybody outside reads it."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override
from wagtail.test.utils.form_data import nested_form_data, rich_text, streamfield

from content.blocks import NumbersBlock
from content.editing import missing_care
from content.links import broken_links
from content.models import PageFeedback, TopicPage
from content.reviewing import report_reviews_due
from portal.access import Role
from portal.models import StaffTask, User
from portal.services import end_role, grant_role

pytestmark = pytest.mark.django_db


def in_the_cms(name, *roles):
    user = User.objects.create(email=f"{name}@demo.example", is_active=True)
    for role in roles:
        grant_role(user=user, role=role, by=None)
    client = Client()
    client.force_login(user)
    return user, client


@pytest.fixture
def page(starter):
    return TopicPage.objects.get(slug="my-five-rules", locale__language_code="kk")


def send_in(page, editor):
    page.title = "Жаңа атау"
    page.save_revision(user=editor)
    return page.get_workflow().start(page, editor)


def decide(client, page, state, action="approve"):
    url = reverse("wagtailadmin_pages:workflow_action", args=[page.pk, action, state.current_task_state.pk])
    return client.post(url, {"comment": ""})


def title(page):
    return TopicPage.objects.get(pk=page.pk).title


LINKS = '<p><a href="/kk/nowhere/">x</a> <a href="tel:999">y</a> <a href="/kk/help/">z</a></p>'


def form_of(client, page, action, text=LINKS):
    """The editor's form as a browser would send it, with another title and text."""
    form = client.get(f"/cms/pages/{page.pk}/edit/").context["form"]
    kept = {name: value for name, value in form.initial.items() if isinstance(value, (str, int)) and value != ""}
    blocks = [("text", rich_text(text)), ("numbers", {"title": "Көмек нөмірлері"})]
    body = {"body": streamfield(blocks), "sources": streamfield([])}
    return (
        nested_form_data(kept | body)
        | {"title": "Жаңа атау", "comments-TOTAL_FORMS": 0, action: "1"}
        | {"comments-INITIAL_FORMS": 0}
    )


def test_a_specialist_approves_and_the_page_is_published(page, client):
    editor, _ = in_the_cms("editor", Role.EDITOR)
    _, specialist = in_the_cms("specialist", Role.SPECIALIST)
    state = send_in(page, editor)
    assert title(page) == "Менің бес ережем"
    decide(specialist, page, state)
    assert title(page) == "Жаңа атау"


@pytest.mark.parametrize("in_a_dialogue", [False, True])
def test_one_click_in_a_list_approves_nothing_written_since_it_was_sent(page, in_a_dialogue):
    """Who wrote it saves once more (the CMS does so while he types) between the reading and the click."""
    editor, _ = in_the_cms("editor", Role.EDITOR)
    _, specialist = in_the_cms("specialist", Role.SPECIALIST)
    state = send_in(page, editor)
    page.title = "Оқылмаған"
    page.save_revision(user=editor, overwrite_revision=page.get_latest_revision())
    url = reverse("wagtailadmin_pages:workflow_action", args=[page.pk, "approve", state.current_task_state.pk])
    here = reverse("wagtailadmin_pages:edit", args=[page.pk])
    if in_a_dialogue:
        answer = specialist.post(url, {"comment": ""}, headers={"x-requested-with": "XMLHttpRequest"})
        assert answer.json()["redirect"] == here
    else:
        assert specialist.post(url, {"comment": ""}).url == here
    assert title(page) == "Менің бес ережем" and page.current_workflow_state is not None
    answer = specialist.get(here)
    form = answer.context["form"]
    assert "Оқылмаған" in form.initial["title"] and "жіберілген" in answer.content.decode()
    decide(specialist, page, state, "reject")
    state.refresh_from_db()
    assert state.status == "needs_changes"
    state.resume(editor)
    decide(specialist, page, state)
    assert title(page) == "Оқылмаған"


def test_nobody_approves_his_own_text(page):
    both, client = in_the_cms("both", Role.EDITOR, Role.SPECIALIST)
    state = send_in(page, both)
    decide(client, page, state)
    state.refresh_from_db()
    assert (title(page), state.status) == ("Менің бес ережем", "in_progress")
    assert state.current_task_state.task.specific.get_actions(page, both) == []


def test_an_editor_cannot_publish_by_a_crafted_post(page):
    _, client = in_the_cms("editor", Role.EDITOR)
    client.post(f"/cms/pages/{page.pk}/edit/", form_of(client, page, "action-publish", "<p>x</p>"))
    assert title(page) == "Менің бес ережем"
    assert TopicPage.objects.get(pk=page.pk).get_latest_revision_as_object().title == "Жаңа атау"  # kept as a draft


def test_a_specialist_takes_a_page_back_and_writes_none(page):
    user, client = in_the_cms("specialist", Role.SPECIALIST)
    may = page.permissions_for_user(user)
    assert may.can_unpublish() and not may.can_edit() and not may.can_add_subpage()
    client.post(f"/cms/pages/{page.pk}/unpublish/")
    assert not TopicPage.objects.get(pk=page.pk).live


def test_without_the_role_the_group_is_left(page):
    user, _ = in_the_cms("both", Role.EDITOR, Role.SPECIALIST)
    end_role(user=user, role=Role.SPECIALIST, by=None)
    assert list(user.groups.values_list("name", flat=True)) == ["CMS"]


def test_what_is_sent_in_has_no_link_that_leads_nowhere(page):
    _, client = in_the_cms("editor", Role.EDITOR)
    answer = client.post(f"/cms/pages/{page.pk}/edit/", form_of(client, page, "action-submit"))
    assert "/kk/nowhere/, tel:999" in answer.content.decode() and page.get_workflow() is not None
    assert page.current_workflow_state is None


def test_a_link_that_leads_to_nothing_is_named_by_its_words(page):
    """What was made of `javascript:` has no address left."""
    links = ["#nowhere", "#part-2", "#part-1", "http://", "https://", "", "/kk/help/#nowhere"]
    anchors = "".join(f'<a href="{link}">екі</a>' for link in links)
    page.body = [("heading", "Тақырып"), ("text", f"<p>{anchors} <a>бір</a> <a><b>үш</b></a></p>")]
    broken = ["#nowhere", "#part-2", "http://", "https://", "екі", "/kk/help/#nowhere", "бір", "…"]
    assert broken_links([page.body], page.anchors) == broken


def test_what_is_sent_in_may_lead_to_a_part_of_its_own(page):
    _, client = in_the_cms("editor", Role.EDITOR)
    text = '<p><a href="#part-2">x</a> <a href="#part-9">y</a></p>'  # the numbers are the second part
    answer = client.post(f"/cms/pages/{page.pk}/edit/", form_of(client, page, "action-submit", text))
    html = answer.content.decode()
    assert ": #part-9" in html and "#part-2," not in html
    client.post(f"/cms/pages/{page.pk}/edit/", form_of(client, page, "action-submit", text.replace("9", "2")))
    assert page.current_workflow_state is not None


def test_a_hard_page_without_numbers_is_told_to_add_the_block_as_it_is_called():
    with override("kk"):
        missing = missing_care({"sensitive": True, "warning": "x", "reviewed_by": "y", "body": []})
        assert str(NumbersBlock().label) in missing["body"].as_json_data()["messages"][0]


def test_a_specialist_is_led_to_what_waits_and_to_no_report_that_says_nothing_does(page):
    _, writing = in_the_cms("editor", Role.EDITOR)
    _, specialist = in_the_cms("specialist", Role.SPECIALIST)
    both, sender = in_the_cms("both", Role.EDITOR, Role.SPECIALIST)
    assert 'data-testid="waiting"' not in specialist.get(reverse("staff_home")).content.decode()
    state = send_in(page, both)
    desk = specialist.get(reverse("staff_home"))
    assert desk.context["waiting"] == 1 and 'data-testid="waiting"' in desk.content.decode()
    for client in (writing, sender):  # who may not approve it
        assert client.get(reverse("staff_home")).context["waiting"] == 0
    reports = reverse("wagtailadmin_reports:workflow")
    assert reports not in specialist.get("/cms/").content.decode()
    assert reports in writing.get("/cms/").content.decode()
    decide(specialist, page, state)
    assert specialist.get(reverse("staff_home")).context["waiting"] == 0


def test_links_to_pages_that_are_not_live_are_broken(page):
    other = TopicPage.objects.exclude(pk=page.pk).first()
    page.body = [("text", f'<p><a linktype="page" id="{other.pk}">x</a></p>')]
    assert broken_links([page.body]) == []
    other.unpublish()
    assert broken_links([page.body]) == [f"page {other.pk}"]


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_link_is_not_broken_because_the_cms_is_read_in_another_language(page, language):
    page.body = [("text", '<p><a href="/kk/help/">x</a> <a href="/ru/a-z/">y</a> <a href="/en/nowhere/">z</a></p>')]
    with override(language):
        assert broken_links([page.body]) == ["/en/nowhere/"]


def test_editors_read_what_readers_say(page):
    _, client = in_the_cms("editor", Role.EDITOR)
    PageFeedback.objects.create(page_id=page.pk, useful=False, text="Ұзақ")
    html = client.get("/cms/reports/feedback/").content.decode()
    assert "Ұзақ" in html and page.title in html
    assert "Ұзақ" in client.get("/cms/reports/feedback/?language=kk").content.decode()
    assert "Ұзақ" not in client.get("/cms/reports/feedback/?language=ru").content.decode()
    assert "Ұзақ" in client.get("/cms/reports/feedback/?export=csv").getvalue().decode()


def test_editors_are_asked_to_read_old_texts_again(page):
    TopicPage.objects.filter(pk=page.pk).update(next_review=date(2026, 1, 1))
    assert report_reviews_due(date(2026, 1, 1)) == report_reviews_due(date(2026, 1, 2))
    task = StaffTask.objects.get(kind="page_review")
    assert task.role == Role.EDITOR and task.url.endswith(f"/{page.pk}/edit/")
