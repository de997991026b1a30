"""Two people stand behind each text for readers, by every door of the CMS: nobody who writes publishes, superusers included."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from wagtail.models import Page
from wagtail.test.utils.form_data import nested_form_data, streamfield

from content.models import TopicPage
from portal import regular
from portal.access import Role
from portal.models import User
from portal.services import grant_role

pytestmark = pytest.mark.django_db

WRITERS = {
    "editor": ([Role.EDITOR], False),
    "editor and specialist": ([Role.EDITOR, Role.SPECIALIST], False),
    "administrator": ([Role.ADMINISTRATOR], False),
    "superuser": ([Role.ADMINISTRATOR], True),
    "superuser with every role of the CMS": ([Role.ADMINISTRATOR, Role.EDITOR, Role.SPECIALIST], True),
}


def somebody(name: str, roles, superuser=False) -> tuple[User, Client]:
    user = User.objects.create(email=f"{name}@demo.example", is_superuser=superuser, is_staff=superuser)
    for role in roles:
        grant_role(user=user, role=role, by=None)
    client = Client()
    client.force_login(user)
    return user, client


@pytest.fixture(params=WRITERS)
def writer(request, cms):
    return somebody("writer", *WRITERS[request.param])


@pytest.fixture
def page(cms):
    return cms.article("Атау")


def title(page) -> str:
    return TopicPage.objects.get(pk=page.pk).title


def form_of(client, url: str, **more) -> dict:
    """The form of the CMS as a browser would send it."""
    form = client.get(url).context["form"]
    kept = {name: value for name, value in form.initial.items() if isinstance(value, str | int) and value != ""}
    body = {"body": streamfield([]), "sources": streamfield([])}
    comments = {"comments-TOTAL_FORMS": 0, "comments-INITIAL_FORMS": 0}
    return nested_form_data(kept | body) | comments | more


def changed_by(page, user) -> None:
    page.title = "Жаңа атау"
    page.save_revision(user=user)


def sent_in(page, user):
    changed_by(page, user)
    return page.get_workflow().start(page, user)


def approve(client, page, state):
    task = state.current_task_state
    return client.post(
        reverse("wagtailadmin_pages:workflow_action", args=[page.pk, "approve", task.pk]), {"comment": ""}
    )


def test_not_by_the_form_of_the_page(page, writer):
    _user, client = writer
    url = reverse("wagtailadmin_pages:edit", args=[page.pk])
    client.post(url, form_of(client, url, **{"title": "Жаңа атау", "action-publish": "1"}))
    assert title(page) == "Атау"


def test_not_with_a_new_page(cms, writer):
    _user, client = writer
    url = reverse("wagtailadmin_pages:add", args=["content", "topicpage", cms.section.pk])
    new = {
        "title": "Жаңа бет",
        "slug": "new",
        "summary": "Қысқаша.",
        "audience": "children-6-10",
        "action-publish": "1",
    }
    client.post(url, form_of(client, url, **new))
    assert not TopicPage.objects.filter(slug="new", live=True).exists()


def test_not_in_bulk(page, writer):
    user, client = writer
    changed_by(page, user)
    url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"]) + f"?id={page.pk}"
    client.post(url, {"include_descendants": "on"})
    assert title(page) == "Атау"


def test_not_by_a_copy(page, cms, writer):
    _user, client = writer
    copy = {"new_title": "Көшірме", "new_slug": "copy", "new_parent_page": cms.section.pk, "publish_copies": "on"}
    client.post(reverse("wagtailadmin_pages:copy", args=[page.pk]), copy)
    assert not Page.objects.filter(slug="copy", live=True).exists()


def test_not_by_approving_what_he_sent_in(page, writer):
    user, client = writer
    approve(client, page, sent_in(page, user))
    assert title(page) == "Атау"


def test_not_by_changing_and_approving_what_another_sent_in(page, writer):
    """The form of the CMS saves and approves in one go."""
    _user, client = writer
    other, _ = somebody("other", [Role.EDITOR])
    sent_in(page, other)
    url = reverse("wagtailadmin_pages:edit", args=[page.pk])
    answer = client.get(url)
    if answer.status_code == 200 and "form" in answer.context:
        more = {"title": "Басқа атау", "action-workflow-action": "true", "workflow-action-name": "approve"}
        client.post(url, form_of(client, url, **more))
    assert title(page) == "Атау"


def test_not_by_a_specialist_who_changed_it(page, cms):
    _specialist, client = somebody("specialist", [Role.SPECIALIST])
    other, _ = somebody("other", [Role.EDITOR])
    state = sent_in(page, other)
    url = reverse("wagtailadmin_pages:edit", args=[page.pk])
    by_the_form = {"action-workflow-action": "true", "workflow-action-name": "approve"}
    client.post(url, form_of(client, url, title="Басқа атау", **by_the_form))
    assert title(page) == "Атау"
    page.refresh_from_db()
    state.refresh_from_db()
    approve(client, page, state)
    assert title(page) == "Атау"
    _second, another = somebody("second", [Role.SPECIALIST])
    approve(another, page, state)  # from a list, which may be older than the change
    assert title(page) == "Атау"
    another.post(url, form_of(another, url, **by_the_form))
    assert title(page) == "Басқа атау"


@pytest.mark.parametrize("first", [{}, {"title": "Басқа атау"}], ids=["in one go", "saved before"])
@pytest.mark.parametrize("more", [{}, {"go_live_at": "2040-01-01 10:00"}], ids=["now", "later"])
def test_not_by_a_specialist_who_changes_and_publishes(page, cms, first, more):
    _specialist, client = somebody("specialist", [Role.SPECIALIST])
    other, _ = somebody("other", [Role.EDITOR])
    sent_in(page, other)
    url = reverse("wagtailadmin_pages:edit", args=[page.pk])
    assert "action-publish" not in client.get(url).content.decode()
    if first:
        client.post(url, form_of(client, url, **first))
    client.post(url, form_of(client, url, **{"title": "Басқа атау", "action-publish": "1"} | more))
    assert title(page) == "Атау"
    assert not page.revisions.filter(approved_go_live_at__isnull=False).exists()
    draft = TopicPage.objects.get(pk=page.pk).get_latest_revision_as_object()
    assert draft.title == "Басқа атау"  # kept, for another to approve


def test_not_by_a_specialist_in_bulk(page, cms):
    """Neither what he changed himself nor a draft that nobody sent in."""
    specialist, client = somebody("specialist", [Role.SPECIALIST])
    other, _ = somebody("other", [Role.EDITOR])
    draft = cms.article("Басқа", live=False)
    draft.save_revision(user=other)
    changed_by(page, specialist)
    url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"])
    client.post(f"{url}?id={page.pk}&id={draft.pk}&id={cms.section.pk}", {"include_descendants": "on"})
    assert (title(page), TopicPage.objects.get(pk=draft.pk).live) == ("Атау", False)


@pytest.mark.parametrize("day", [None, datetime(2040, 1, 1, tzinfo=UTC)], ids=["live", "on its day"])
def test_what_he_approved_is_no_leave_to_publish_his_own_words(page, cms, day):
    """Approved, taken back, changed and published in one go."""
    other, _ = somebody("other", [Role.EDITOR])
    _both, client = somebody("both", [Role.EDITOR, Role.SPECIALIST])
    page.go_live_at = day
    approve(client, page, sent_in(page, other))
    page.refresh_from_db()
    if day:
        scheduled = page.revisions.get(approved_go_live_at=day)
        client.post(reverse("wagtailadmin_pages:revisions_unschedule", args=[page.pk, scheduled.pk]))
        assert not page.revisions.filter(approved_go_live_at__isnull=False).exists()
    else:
        client.post(reverse("wagtailadmin_pages:unpublish", args=[page.pk]))
        assert not TopicPage.objects.get(pk=page.pk).live
    url = reverse("wagtailadmin_pages:edit", args=[page.pk])
    client.post(url, form_of(client, url, **{"title": "Басқа атау", "go_live_at": "", "action-publish": "1"}))
    assert not TopicPage.objects.filter(title="Басқа атау", live=True).exists()


def test_what_was_approved_for_a_time_goes_live_then_and_ends_in_time(cms):
    past = datetime(2026, 1, 1, tzinfo=UTC)
    waiting, over = cms.article("Күтеді", live=False), cms.article("Бітті", expire_at=past)
    waiting.go_live_at = past
    waiting.save_revision(approved_go_live_at=past)
    draft = cms.article("Қаралама", live=False, go_live_at=past)
    draft.save_revision()
    regular.run()
    assert [TopicPage.objects.get(pk=page.pk).live for page in (waiting, over, draft)] == [True, False, False]


def test_not_by_closing_the_task_of_those_who_approve(page, cms):
    other, _ = somebody("other", [Role.EDITOR])
    root, _ = somebody("superuser", [Role.ADMINISTRATOR], superuser=True)
    state = sent_in(page, other)
    with pytest.raises(PermissionDenied):
        state.current_task_state.task.specific.deactivate(user=root)
    assert title(page) == "Атау"


@pytest.mark.parametrize("roles", [[Role.SPECIALIST], [Role.EDITOR, Role.SPECIALIST]])
def test_what_another_wrote_is_approved_and_published(page, cms, roles):
    other, _ = somebody("other", [Role.EDITOR])
    _user, client = somebody("specialist", roles)
    approve(client, page, sent_in(page, other))
    assert title(page) == "Жаңа атау"
