"""One-time codes: used once, for ten minutes, in the browser that asked; a password that nobody has proven is no key."""

from __future__ import annotations

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse

from portal.models import OutgoingMessage, User
from tests.portal.entering import app_code, code_for, enter, second_factor

pytestmark = pytest.mark.django_db
PASSWORD = "Табурет-гроза-километр"
LIFE = 10 * 60


def is_signed_in(client) -> bool:
    return "_auth_user_id" in client.session


def grow_old(client, seconds: int) -> None:
    """So long ago every code of this browser was sent."""

    def age(value):
        if isinstance(value, dict):
            return {key: one - seconds if key == "at" else age(one) for key, one in value.items()}
        return [age(one) for one in value] if isinstance(value, list) else value

    session = client.session
    for key, value in list(session.items()):
        session[key] = age(value)
    session.save()


class TestToSignIn:
    @pytest.fixture
    def asked(self, cast):
        client = Client()
        client.post(reverse("account_request_login_code"), {"email": cast.serik.email})
        return client

    @staticmethod
    def confirm(client, code):
        client.post(reverse("account_confirm_login_code"), {"code": code})
        return is_signed_in(client)

    def test_it_opens_once(self, cast, asked):
        code = code_for(cast.serik.email)
        assert self.confirm(asked, code)
        asked.post(reverse("account_logout"))
        assert not self.confirm(asked, code)

    def test_in_the_browser_that_asked_alone(self, cast, asked):
        code = code_for(cast.serik.email)
        other = Client()
        assert not self.confirm(other, code)
        other.post(reverse("account_request_login_code"), {"email": cast.nurlan.user.email})
        assert not self.confirm(other, code)
        assert self.confirm(asked, code)

    @pytest.mark.parametrize(("age", "works"), [(LIFE - 5, True), (LIFE + 5, False)])
    def test_for_ten_minutes(self, cast, asked, age, works):
        grow_old(asked, age)
        assert self.confirm(asked, code_for(cast.serik.email)) is works

    def test_the_letter_says_so(self, cast):
        Client().post("/en/account/login/code/", {"email": cast.serik.email})
        assert "10 minutes" in OutgoingMessage.objects.latest("pk").text
        User.objects.filter(pk=cast.serik.pk).update(phone="+77010000042", phone_verified=True)
        Client().post("/en/account/login/code/", {"phone": "+77010000042"})
        assert "10 minutes" in OutgoingMessage.objects.latest("pk").text


def test_every_kind_of_code_lives_as_long():
    kinds = ["LOGIN_BY_CODE", "PASSWORD_RESET_BY_CODE", "EMAIL_VERIFICATION_BY_CODE", "PHONE_VERIFICATION"]
    assert {getattr(django_settings, f"ACCOUNT_{kind}_TIMEOUT") for kind in kinds} == {LIFE}


class TestToResetAPassword:
    @staticmethod
    def reset(client, code) -> bool:
        client.post(reverse("account_confirm_password_reset_code"), {"code": code})
        client.post(reverse("account_complete_password_reset"), {"password1": PASSWORD, "password2": PASSWORD})
        return User.objects.get(email="serik@demo.example").check_password(PASSWORD)

    @pytest.mark.parametrize(("age", "works"), [(LIFE - 5, True), (LIFE + 5, False)])
    def test_ten_minutes_and_one_browser(self, cast, age, works):
        client = Client()
        client.post(reverse("account_reset_password"), {"email": cast.serik.email})
        code = code_for(cast.serik.email)
        assert not self.reset(Client(), code)
        grow_old(client, age)
        assert self.reset(client, code) is works

    def test_a_code_to_sign_in_resets_nothing(self, cast):
        client = Client()
        client.post(reverse("account_reset_password"), {"email": cast.serik.email})
        client.post(reverse("account_request_login_code"), {"email": cast.serik.email})
        assert not self.reset(client, code_for(cast.serik.email))


def test_a_code_of_the_app_works_once_in_its_half_minute(cast):
    secret = second_factor(cast.serik)
    code = app_code(secret)
    first, second = enter(cast.serik), enter(cast.serik)
    first.post(reverse("mfa_authenticate"), {"code": code})
    second.post(reverse("mfa_authenticate"), {"code": code})
    assert is_signed_in(first)
    assert not is_signed_in(second)


class TestSomebodySignsUpWithTheAddressOfAnother:
    """To have a key in his hands when the other comes."""

    def test_by_e_mail(self):
        Client().post(reverse("account_signup"), {"email": "victim@demo.example", "password1": PASSWORD})
        victim = Client()
        victim.post(reverse("account_request_login_code"), {"email": "victim@demo.example"})
        victim.post(reverse("account_confirm_login_code"), {"code": code_for("victim@demo.example")})
        assert is_signed_in(victim)
        assert not is_signed_in(enter(User.objects.get(email="victim@demo.example"), password=PASSWORD))

    def test_by_phone(self):
        Client().post(reverse("account_signup"), {"phone": "8 701 000 00 77", "password1": PASSWORD})
        victim = Client()
        victim.post(reverse("account_request_login_code"), {"phone": "+77010000077"})
        victim.post(reverse("account_confirm_login_code"), {"code": code_for("+77010000077")})
        assert is_signed_in(victim)
        assert not is_signed_in(enter(User.objects.get(phone="+77010000077"), password=PASSWORD))

    def test_whoever_has_signed_in_keeps_his_password(self, cast):
        enter(cast.serik)
        client = Client()
        client.post(reverse("account_request_login_code"), {"email": cast.serik.email})
        client.post(reverse("account_confirm_login_code"), {"code": code_for(cast.serik.email)})
        assert is_signed_in(client)
        assert User.objects.get(pk=cast.serik.pk).has_usable_password()
