"""Letters about pages: who gets one when a text is sent in, approved or sent back, in which language and with which words."""

from __future__ import annotations

import pytest
from django.core import mail as django_mail
from django.urls import reverse
from django.utils import timezone
from wagtail.users.models import UserProfile

from portal.access import Role
from portal.models import OutgoingMessage, RoleGrant, User
from portal.services import end_role, grant_role

pytestmark = pytest.mark.django_db

REFUSAL = "Тым ұзақ.\n<b>Қысқарт</b> http://evil.example/"


def person(name: str, language: str, *roles: str, **fields) -> User:
    user = User.objects.create(email=f"{name}@demo.example", is_active=True, language=language, **fields)
    for role in roles:
        grant_role(user=user, role=role, by=None)
    OutgoingMessage.objects.all().delete()  # what administrators are told of roles
    return user


@pytest.fixture(autouse=True)
def nobody_else(cms):
    """The specialists of the demonstration are not asked."""
    RoleGrant.objects.filter(role=Role.SPECIALIST).update(ends_at=timezone.now())


@pytest.fixture
def writer(cms):
    return person("writer", "ru", Role.EDITOR)


@pytest.fixture
def reader(cms):
    return person("reader", "kk", Role.SPECIALIST)


@pytest.fixture
def page(cms):
    return cms.article("Бес ереже")


def send_in(page, by, title="Жаңа атау"):
    page.title = title
    page.save_revision(user=by)
    state = page.current_workflow_state
    return state.resume(user=by) if state else page.get_workflow().start(page, by)


def decide(client, page, by, action, comment=""):
    client.force_login(by)
    state = page.current_workflow_state.current_task_state
    client.post(reverse("wagtailadmin_pages:workflow_action", args=[page.pk, action, state.pk]), {"comment": comment})


def letters(name=""):
    rows = OutgoingMessage.objects.filter(letter__startswith=f"content/{name}").order_by("pk")
    return [(row.letter.removeprefix("content/"), row.recipient.email.split("@")[0]) for row in rows]


def test_specialists_are_told_in_their_language(page, writer, reader):
    other = person("other", "en", Role.SPECIALIST)
    send_in(page, writer)
    assert letters() == [("page_waits", "reader"), ("page_waits", "other")]
    letter = OutgoingMessage.objects.get(recipient=other)
    assert "Жаңа атау" in letter.subject and "waits for your word" in letter.subject  # the draft's title
    assert letter.text.endswith(f"/cms/pages/{page.pk}/edit/")
    assert OutgoingMessage.objects.get(recipient=reader).language == "kk"


def test_nobody_hears_of_what_he_did_himself(page, client, reader):
    both = person("both", "ru", Role.EDITOR, Role.SPECIALIST)
    send_in(page, both)
    assert letters() == [("page_waits", "reader")]
    decide(client, page, reader, "approve")
    assert letters() == [("page_waits", "reader"), ("page_approved", "both")]


def test_who_wrote_and_who_sent_in_learn_that_it_is_approved(page, client, writer, reader):
    author = person("author", "en", Role.EDITOR)
    page.title = "Жаңа атау"
    page.save_revision(user=author)
    page.get_workflow().start(page, writer)
    decide(client, page, reader, "approve")
    assert letters("page_approved") == [("page_approved", "writer"), ("page_approved", "author")]
    text = OutgoingMessage.objects.get(recipient=author).text
    assert "is approved" in text and "The specialist wrote" not in text


def test_a_refusal_comes_with_its_words_as_words(page, client, writer, reader):
    User.objects.filter(pk=writer.pk).update(language="en")
    send_in(page, writer)
    decide(client, page, reader, "reject", REFUSAL)
    letter = OutgoingMessage.objects.get(letter="content/page_sent_back")
    assert letter.recipient == writer
    assert "<b>Қысқарт</b>" in letter.text
    assert "<b>" not in letter.html and "&lt;b&gt;Қысқарт" in letter.html
    marked = letter.text.split("The specialist wrote:")[1].split("\n\n")[0].strip().splitlines()
    assert marked and all(line.startswith("> ") for line in marked)
    assert 'href="http://evil' not in letter.html


def test_one_letter_for_each_submission(page, client, writer, reader):
    send_in(page, writer)
    page.save_revision(user=writer)  # a change while it waits is no new submission
    assert letters() == [("page_waits", "reader")]
    decide(client, page, reader, "reject", "Түзет")
    send_in(page, writer, "Тағы бір атау")
    assert letters("page_waits") == [("page_waits", "reader")] * 2
    decide(client, page, reader, "approve")
    assert letters()[-1] == ("page_approved", "writer")


def test_only_specialists_of_today_who_want_letters(page, writer, reader):
    former = person("former", "ru", Role.SPECIALIST)
    end_role(user=former, role=Role.SPECIALIST, by=None)
    person("superuser", "ru", is_superuser=True)
    quiet = person("quiet", "ru", Role.SPECIALIST)
    profile = UserProfile.get_for_user(quiet)
    profile.submitted_notifications = False
    profile.save()
    UserProfile.get_for_user(reader)  # as the CMS makes one, with every letter wanted
    send_in(page, writer)
    assert letters() == [("page_waits", "reader")]


def test_wagtail_sends_no_letters_of_its_own(page, client, writer, reader):
    person("superuser", "ru", is_superuser=True)
    send_in(page, writer)
    decide(client, page, reader, "reject", "Түзет")
    send_in(page, writer)
    decide(client, page, reader, "approve")
    assert django_mail.outbox == []


def test_sending_in_costs_the_same_for_many_specialists(page, writer, reader, django_assert_max_num_queries):
    for number in range(8):
        person(f"specialist{number}", "kk", Role.SPECIALIST)
    page.save_revision(user=writer)
    workflow = page.get_workflow()
    with django_assert_max_num_queries(40):
        workflow.start(page, writer)
    assert len(letters("page_waits")) == 9
