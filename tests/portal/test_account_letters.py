"""Letters of accounts: in our words, in three languages, to where the owner was reached before the change."""

from __future__ import annotations

from pathlib import Path

import allauth
import pytest
from allauth.account.adapter import get_adapter
from allauth.core import context
from django.contrib.auth.models import AnonymousUser
from django.template.loader import get_template
from django.test import Client
from django.urls import reverse

from portal import mail
from portal.management.demo import PASSWORD
from portal.models import OutgoingMessage, User
from tests.portal.entering import FIREFOX, app_code, code_for, enter, letters, second_factor

pytestmark = pytest.mark.django_db
NEW = "Табурет-гроза-километр"
PHONE = "+77010000042"
# Of allauth's templates; those that nothing here sends have no words of ours.
NEVER_SENT = {"base", "email_confirm", "password_reset_key"}
OF_THE_LIBRARY = {
    file.name.removesuffix("_message.txt")
    for app in ("account", "mfa")
    for file in (Path(allauth.__file__).parent / "templates" / app / "email").glob("*_message.txt")
}


@pytest.fixture
def serik(cast, rf) -> User:
    enter(cast.serik)
    OutgoingMessage.objects.all().delete()
    return User.objects.get(pk=cast.serik.pk)


@pytest.mark.parametrize("name", sorted(OF_THE_LIBRARY - NEVER_SENT))
def test_every_letter_of_the_library_has_our_words(name, serik, rf):
    request = rf.get("/", HTTP_USER_AGENT=FIREFOX)
    request.user = AnonymousUser()
    with context.request_context(request):
        get_adapter().send_mail(f"account/email/{name}", serik.email, {"code": "123456", "when": None})
    letter = OutgoingMessage.objects.get()
    assert letter.letter == f"account/{name}"
    assert letter.subject and letter.text and letter.html
    assert "example.com" not in letter.text


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_change_says_when_and_from_where_and_what_to_do(language, serik, rf):
    User.objects.filter(pk=serik.pk).update(language=language)
    enter(serik, HTTP_USER_AGENT=FIREFOX)
    letter = OutgoingMessage.objects.get()
    assert letter.language == language
    assert "Firefox, Linux" in letter.text
    assert f"/{language}/account/sessions/" in letter.text


def test_there_is_no_second_set_of_letters():
    assert not (Path(get_template("account/sessions.html").origin.name).parent / "email").exists()


class TestEachChangeIsTold:
    @pytest.fixture
    def client(self, serik):
        client = enter(serik)
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        OutgoingMessage.objects.all().delete()
        return client

    def test_the_password(self, serik, client):
        data = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
        client.post(reverse("account_change_password"), data)
        assert letters(serik.email) == ["account/password_changed"]

    def test_the_e_mail_to_the_old_one(self, serik, client):
        client.post(reverse("account_email"), {"email": "new@demo.example", "action_add": ""})
        client.post(reverse("account_email_verification_sent"), {"code": code_for("new@demo.example")})
        assert User.objects.get(pk=serik.pk).email == "new@demo.example"
        assert letters(serik.email) == ["account/email_changed"]
        assert "new@demo.example" not in OutgoingMessage.objects.get(address=serik.email).text

    def test_a_first_phone(self, serik, client):
        client.post(reverse("account_change_phone"), {"phone": PHONE})
        client.post(reverse("account_verify_phone"), {"code": code_for(PHONE)})
        assert User.objects.get(pk=serik.pk).phone == PHONE
        assert letters(serik.email) == ["account/phone_changed"]

    def test_a_first_e_mail_to_the_phone(self, serik, client):
        User.objects.filter(pk=serik.pk).update(email=None, phone=PHONE, phone_verified=True)
        serik.emailaddress_set.all().delete()
        client.post(reverse("account_email"), {"email": "new@demo.example", "action_add": ""})
        client.post(reverse("account_email_verification_sent"), {"code": code_for("new@demo.example")})
        assert User.objects.get(pk=serik.pk).email == "new@demo.example"
        assert letters(PHONE) == ["account/email_added"]

    def test_another_phone_to_the_old_one_where_there_is_no_e_mail(self, serik, client):
        User.objects.filter(pk=serik.pk).update(email=None, phone=PHONE, phone_verified=True)
        serik.emailaddress_set.all().delete()
        client.post(reverse("account_change_phone"), {"phone": "+77010000043"})
        client.post(reverse("account_verify_phone"), {"code": code_for("+77010000043")})
        assert User.objects.get(pk=serik.pk).phone == "+77010000043"
        assert letters(PHONE) == ["account/phone_changed"]

    def test_a_code_to_ones_own_phone_is_no_change(self, serik):
        User.objects.filter(pk=serik.pk).update(phone=PHONE, phone_verified=True)
        client = Client()
        client.post(reverse("account_request_login_code"), {"phone": PHONE})
        client.post(reverse("account_confirm_login_code"), {"code": code_for(PHONE)})
        assert "_auth_user_id" in client.session
        assert "account/phone_changed" not in letters(serik.email)

    def test_the_second_factor(self, serik, client, django_capture_on_commit_callbacks):
        client.get(reverse("mfa_activate_totp"))
        with django_capture_on_commit_callbacks(execute=True):
            client.post(reverse("mfa_activate_totp"), {"code": app_code(client.session["mfa.totp.secret"])})
        client.post(reverse("mfa_deactivate_totp"))
        assert letters(serik.email) == ["account/totp_activated", "account/totp_deactivated"]

    def test_new_recovery_codes(self, serik, client, django_capture_on_commit_callbacks):
        second_factor(serik)
        with django_capture_on_commit_callbacks(execute=True):
            client.post(reverse("mfa_generate_recovery_codes"))
        assert letters(serik.email) == ["account/recovery_codes_generated"]

    def test_somebody_with_a_phone_alone_gets_it_as_a_text_message(self, serik, client):
        User.objects.filter(pk=serik.pk).update(email=None, phone=PHONE, phone_verified=True)
        serik.emailaddress_set.all().delete()
        data = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
        client.post(reverse("account_change_password"), data)
        assert letters(PHONE) == ["account/password_changed"]


def test_the_words_are_forgotten_once_sent(serik, settings):
    settings.DEMO_MODE = False
    Client().post(reverse("account_request_login_code"), {"email": serik.email})
    mail.sweep()
    assert OutgoingMessage.objects.get(letter="account/login_code").text == ""
