"""Contact first: staff see a case when the applicant's code has come back (T3)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.models import OutgoingMessage
from tests.people import Cast
from tests.volunteers.drafts import draft, newest_code
from volunteers.models import Application
from volunteers.services import applications


@pytest.fixture
def application(cast: Cast) -> Application:
    application = draft(cast.serik)
    applications.send(application=application, by=cast.serik)
    return application


@pytest.fixture
def client(sign_in, cast):
    return sign_in(cast.serik)


def enter(client, application, code):
    return client.post(f"/en/apply/{application.uuid}/confirm/", {"code": code})


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_the_queue_lacks_him_until_the_code_is_entered(client, application, cast):
    assert "Confirm your phone or e-mail" in client.get("/en/my/").content.decode()
    assert not Application.objects.visible_to(cast.aigul).filter(pk=application.pk).exists()
    code = newest_code(application)
    assert enter(client, application, f" {code[:3]} {code[3:]} ").status_code == 302
    application.refresh_from_db()
    assert application.state == "screening" and application.person.contact_confirmed_at
    assert Application.objects.visible_to(cast.aigul).filter(pk=application.pk).exists()
    assert not Application.objects.visible_to(cast.bolat).filter(pk=application.pk).exists()
    assert OutgoingMessage.objects.filter(letter="volunteers/application_received", about=application.code).count() == 1


def test_the_same_code_does_not_work_twice(client, application):
    code = newest_code(application)
    enter(client, application, code)
    again = enter(client, application, code)
    assert again.status_code == 409 and "already used" in again.content.decode()
    assert OutgoingMessage.objects.filter(letter="volunteers/application_received").count() == 1


def test_a_wrong_code_is_explained_at_the_field(client, application):
    answer = enter(client, application, other_than(newest_code(application)))
    assert 'data-testid="field-error"' in answer.content.decode() and "not right" in answer.content.decode()
    application.refresh_from_db()
    assert (application.state, application.contact_code_tries) == ("unconfirmed", 1)


def test_after_five_wrong_codes_the_right_one_is_refused_until_a_new_one_comes(client, application):
    right = newest_code(application)
    for _try in range(5):
        enter(client, application, other_than(right))
    assert "Ask for a new one" in enter(client, application, right).content.decode()
    assert client.post(f"/en/apply/{application.uuid}/code/").status_code == 302
    fresh = newest_code(application)
    if fresh != right:
        assert "not right" in enter(client, application, right).content.decode()
    assert enter(client, application, fresh).status_code == 302


def test_a_code_ends_with_its_hours(client, application):
    Application.objects.filter(pk=application.pk).update(contact_code_expires_at=timezone.now() - timedelta(seconds=1))
    assert "out of date" in enter(client, application, newest_code(application)).content.decode()
    application.refresh_from_db()
    assert application.state == "unconfirmed"


def test_codes_are_not_sent_without_end(client, application):
    answers = [client.post(f"/en/apply/{application.uuid}/code/").status_code for _time in range(6)]
    assert answers == [302, 302, 302, 302, 409, 409]
    assert OutgoingMessage.objects.filter(letter="volunteers/contact_code").count() == 5


def test_the_code_stands_in_no_column_of_the_application(application):
    code = newest_code(application)
    row = Application.objects.filter(pk=application.pk).values().get()
    assert code not in str(row["contact_code_hash"]) and len(row["contact_code_hash"]) == 64


def test_it_goes_by_text_message_to_somebody_without_e_mail(cast):
    application = draft(cast.serik, email="", phone="+77011234567")
    applications.send(application=application, by=cast.serik)
    letter = OutgoingMessage.objects.get(letter="volunteers/contact_code")
    assert (letter.channel, letter.address) == ("sms", "+77011234567")


@pytest.mark.parametrize("code", ["", "x" * 19, "１２３４５６", "12345\x006"])
def test_odd_codes_are_no_error_page(client, application, code):
    assert enter(client, application, code).status_code in (200, 409)
    application.refresh_from_db()
    assert application.state == "unconfirmed"
