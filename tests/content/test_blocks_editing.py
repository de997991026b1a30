"""What an editor is told before a text is sent in, and where a link to a word leads."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from wagtail.test.utils.form_data import nested_form_data, rich_text, streamfield

from content.links import broken_links
from content.models import GlossaryPage, TopicPage
from portal.access import Role
from portal.models import User
from portal.services import grant_role

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(cms):
    user = User.objects.create(email="editor@demo.example", is_active=True)
    grant_role(user=user, role=Role.EDITOR, by=None)
    client = Client()
    client.force_login(user)
    return client


NUMBERS = ("numbers", {"title": "Көмек нөмірлері"})


def send(editor, page, *blocks, action="action-submit", **fields):
    data = {
        "title": page.title,
        "slug": page.slug,
        "summary": page.summary,
        "audience": page.audience,
        "body": streamfield([("text", rich_text("<p>Айту оңай емес.</p>")), *blocks]),
        "sources": streamfield([]),
    }
    counts = {"comments-TOTAL_FORMS": 0, "comments-INITIAL_FORMS": 0}
    return editor.post(f"/cms/pages/{page.pk}/edit/", nested_form_data(data | fields) | counts | {action: "1"})


def errors(answer):
    return set(answer.context["form"].errors) if answer.status_code == 200 else set()


def hard(**fields):
    return {"sensitive": "on", "warning": "Ауыр тақырып.", "reviewed_by": "Психолог"} | fields


def test_a_hard_subject_is_not_sent_in_without_warning_reviewer_and_numbers(cms, editor):
    page = cms.article("Үйде қиын болса")
    assert errors(send(editor, page, **hard(warning="", reviewed_by=""))) == {"warning", "reviewed_by", "body"}
    answer = send(editor, page, **hard())
    assert errors(answer) == {"body"} and answer.context["form"].errors["body"].as_data()[0].non_block_errors
    assert page.current_workflow_state is None
    assert send(editor, page, NUMBERS, **hard()).status_code == 302
    assert page.current_workflow_state is not None


def test_a_draft_and_an_easy_subject_need_no_reviewer(cms, editor):
    page = cms.article("Үйде қиын болса")
    assert send(editor, page, action="save", **hard(warning="", reviewed_by="")).status_code == 302
    page.refresh_from_db()
    draft = page.get_latest_revision_as_object()
    assert draft.sensitive and not draft.warning
    assert send(editor, page).status_code == 302


def test_a_new_hard_page_is_saved_before_it_has_its_warning(cms, editor):
    data = {"title": "Жаңа", "slug": "new", "summary": "Қысқаша.", "audience": "children-6-10", "sensitive": "on"}
    blocks = {"body": streamfield([]), "sources": streamfield([])}
    counts = {"comments-TOTAL_FORMS": 0, "comments-INITIAL_FORMS": 0}
    url = f"/cms/pages/add/content/topicpage/{cms.section.pk}/"
    assert editor.post(url, nested_form_data(data | blocks) | counts).status_code == 302
    page = TopicPage.objects.get(slug="new")
    assert page.sensitive and not page.live


def test_no_hard_text_is_published_without_its_warning(cms, editor):
    """A specialist who reads it may call it a hard subject and save it: then the next one cannot approve it so."""
    page = cms.article("Үйде қиын болса")
    assert send(editor, page).status_code == 302
    specialist, other = (User.objects.create(email=f"{name}@demo.example", is_active=True) for name in ("a", "b"))
    for user in (specialist, other):
        grant_role(user=user, role=Role.SPECIALIST, by=None)
    client = Client()
    client.force_login(specialist)
    assert send(client, page, action="save", **hard(warning="")).status_code == 302
    page.refresh_from_db()
    state = page.current_workflow_state
    task = state.current_task_state.task.specific
    assert [name for name, *_rest in task.get_actions(page, other)] == ["reject"]
    client.force_login(other)
    url = reverse("wagtailadmin_pages:workflow_action", args=[page.pk, "approve", state.current_task_state.pk])
    assert client.post(url, {"comment": ""}).status_code == 302
    page.refresh_from_db()
    assert page.current_workflow_state is not None and not page.sensitive
    with pytest.raises(ValidationError):
        page.get_latest_revision().publish()


def test_the_form_says_how_a_text_reads(cms, editor):
    sentence = "Бір " * 12 + "екі."
    page = cms.article("Бет", reading_age=7, body=[("text", f"<p>{sentence}</p>")])
    html = editor.get(f"/cms/pages/{page.pk}/edit/").content.decode()
    assert f"<q>{sentence}</q>" in html
    assert editor.get(f"/cms/pages/add/content/topicpage/{page.get_parent().pk}/").status_code == 200


def term(english):
    return ("term", {"kk": "сөз", "ru": "слово", "en": english, "meaning": "Мағынасы."})


def glossary(cms, *terms):
    page = GlossaryPage(title="Сөздік", slug="glossary", summary="s", locale=cms.locale, terms=[*terms])
    return cms.home.add_child(instance=page)


def test_a_link_leads_to_a_word(cms, client):
    page = glossary(cms, term("Bad secret"), term("Bullying"))
    html = client.get(page.get_url()).content.decode()
    assert '<tr id="bad-secret"' in html and '<tr id="bullying"' in html
    text = cms.article("Бет")
    links = "".join(f'<a href="/kk/glossary/{anchor}">x</a>' for anchor in ("", "#bullying", "#nowhere"))
    text.body = [("text", f"<p>{links}</p>")]
    assert broken_links([text.body]) == ["/kk/glossary/#nowhere"]


def test_a_word_stands_once_in_the_glossary(cms):
    with pytest.raises(ValidationError, match="bullying"):
        glossary(cms, term("Bullying"), term("bullying"))
