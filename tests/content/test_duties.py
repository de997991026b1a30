"""Two people stand behind each text for readers, by every door of the CMS: nobody who writes publishes, superusers included."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.models import Page
from wagtail.test.utils.form_data import nested_form_data, streamfield

from content.models import TopicPage
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
    more = {"title": "Басқа атау", "action-workflow-action": "true", "workflow-action-name": "approve"}
    client.post(url, form_of(client, url, **more))
    assert title(page) == "Атау"
    page.refresh_from_db()
    state.refresh_from_db()
    approve(client, page, state)
    assert title(page) == "Атау"
    _second, another = somebody("second", [Role.SPECIALIST])
    approve(another, page, state)
    assert title(page) == "Басқа атау"


@pytest.mark.parametrize("roles", [[Role.SPECIALIST], [Role.EDITOR, Role.SPECIALIST]])
def test_what_another_wrote_is_approved_and_published(page, cms, roles):
    other, _ = somebody("other", [Role.EDITOR])
    _user, client = somebody("specialist", roles)
    approve(client, page, sent_in(page, other))
    assert title(page) == "Жаңа атау"
