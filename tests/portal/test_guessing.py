"""Guessing passwords and codes: stopped soon, for all processes together, without shutting anybody out."""

from __future__ import annotations

from functools import partial

import pytest
from django.test import Client
from django.urls import reverse

from portal import guessing
from portal.management.demo import PASSWORD
from portal.models import User
from tests.people import make_cast
from tests.portal.entering import app_code, code_for, enter, second_factor
from tests.racing import together

TRIES = guessing.OF_ACCOUNT[0].times
FROM_ADDRESS = guessing.OF_ADDRESS[0].times


def guess(login: str, **where) -> bool:
    """One try from a browser of its own; True if it was judged at all, and not turned away."""
    answer = Client(**where).post("/en/account/login/", {"login": login, "password": "wrong"})
    return "Too many wrong passwords" not in answer.content.decode()


def far(number: int) -> dict:
    return {"REMOTE_ADDR": f"203.0.113.{number}"}


@pytest.mark.django_db
class TestPasswords:
    def test_one_account_from_many_addresses(self, cast):
        judged = [guess(cast.serik.email, **far(number)) for number in range(TRIES + 3)]
        assert judged == [True] * TRIES + [False] * 3
        assert "_auth_user_id" not in enter(cast.serik).session  # also the right one, from a browser that nobody knows

    def test_one_address_at_many_accounts(self, cast):
        judged = [guess(f"person{number}@demo.example", **far(1)) for number in range(FROM_ADDRESS + 2)]
        assert judged == [True] * FROM_ADDRESS + [False] * 2
        assert guess("another@demo.example", **far(2))

    def test_a_forged_header_is_no_other_address(self, cast):
        judged = [
            guess(f"person{number}@demo.example", HTTP_X_FORWARDED_FOR=f"198.51.100.{number}", **far(1))
            for number in range(FROM_ADDRESS + 1)
        ]
        assert judged[-1] is False

    def test_behind_the_proxy_only_its_own_word_counts(self, cast, settings):
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        judged = [
            guess(f"person{number}@demo.example", HTTP_X_FORWARDED_FOR=f"198.51.100.{number}, 203.0.113.9", **far(1))
            for number in range(FROM_ADDRESS + 1)
        ]
        assert judged[-1] is False
        assert guess("another@demo.example", HTTP_X_FORWARDED_FOR="203.0.113.10", **far(1))

    def test_spellings_of_one_address_are_one(self, cast):
        User.objects.filter(pk=cast.serik.pk).update(phone="+77010000042", phone_verified=True)
        spellings = ["8 701 000 00 42", "+77010000042", "7010000042", "+7 (701) 000-00-42", "87010000042"]
        assert all(guess(login, **far(number)) for number, login in enumerate(spellings))
        assert not guess("+7 701 000 00 42", **far(9))
        assert guess("8 701 000 00 43", **far(10))  # another phone has a count of its own

    def test_signing_in_costs_nothing(self, cast):
        for _time in range(FROM_ADDRESS + 2):
            assert "_auth_user_id" in enter(cast.serik).session

    def test_an_unknown_account_is_limited_alike(self, cast):
        known = [guess(cast.serik.email, **far(number)) for number in range(TRIES + 1)]
        unknown = [guess("nobody@demo.example", **far(number)) for number in range(TRIES + 1)]
        assert known == unknown


@pytest.mark.django_db
class TestNobodyIsShutOut:
    @pytest.fixture
    def besieged(self, cast):
        """His account, at which a stranger guesses."""
        home = enter(cast.serik)
        home.post(reverse("account_logout"))
        for number in range(TRIES + 1):
            guess(cast.serik.email, **far(number))
        return cast.serik, home

    def test_he_comes_in_by_a_code(self, besieged, client):
        serik, _home = besieged
        client.post(reverse("account_request_login_code"), {"email": serik.email})
        client.post(reverse("account_confirm_login_code"), {"code": code_for(serik.email)})
        assert "_auth_user_id" in client.session

    def test_and_by_his_password_where_he_has_signed_in_before(self, besieged):
        serik, home = besieged
        assert "_auth_user_id" in enter(serik, client=home).session

    def test_the_page_says_so(self, besieged):
        page = Client().post("/en/account/login/", {"login": besieged[0].email, "password": PASSWORD})
        assert "sign in by a one-time code" in page.content.decode()

    def test_a_known_browser_is_limited_too(self, besieged):
        serik, home = besieged
        for _time in range(guessing.OF_BROWSER[0].times):
            enter(serik, client=home, password="wrong")
        assert "_auth_user_id" not in enter(serik, client=home).session


@pytest.mark.django_db
class TestCodes:
    def test_the_second_factor(self, cast):
        secret = second_factor(cast.serik)
        client = enter(cast.serik)
        for _time in range(guessing.OF_SECOND_FACTOR[0].times):
            client.post(reverse("mfa_authenticate"), {"code": "000000"})
        client.post(reverse("mfa_authenticate"), {"code": app_code(secret)})
        assert "_auth_user_id" not in client.session

    def test_the_second_factor_asked_for_again(self, cast):
        secret = second_factor(cast.serik)
        client = enter(cast.serik, secret=secret)
        for _time in range(guessing.OF_SECOND_FACTOR[0].times):
            client.post(reverse("mfa_reauthenticate"), {"code": "000000"})
        answer = client.post(reverse("mfa_reauthenticate"), {"code": app_code(secret)})
        assert answer.status_code == 200  # the form again

    def test_a_code_that_was_sent_bears_three_tries(self, cast, client):
        client.post(reverse("account_request_login_code"), {"email": cast.serik.email})
        right = code_for(cast.serik.email)
        wrong = "000000" if right != "000000" else "111111"
        for _time in range(3):
            client.post(reverse("account_confirm_login_code"), {"code": wrong})
        client.post(reverse("account_confirm_login_code"), {"code": right})
        assert "_auth_user_id" not in client.session


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_of_thirty_passwords_at_once_five_are_judged(self, transactional_db):
        serik = make_cast().serik
        assert sum(together(*(partial(guess, serik.email, **far(number)) for number in range(30)))) == TRIES

    def test_of_many_tries_at_one_code_three_are_judged(self, transactional_db, monkeypatch):
        """They all come with the cookie of the browser that asked, before the first is written down."""
        serik, asked = make_cast().serik, Client()
        asked.post(reverse("account_request_login_code"), {"email": serik.email})
        judged = []
        compare = guessing.ConfirmLoginCodeForm.clean_code
        monkeypatch.setattr(guessing.ConfirmLoginCodeForm, "clean_code", lambda form: judged.append(1) or compare(form))

        def guess_code(number):
            client = Client()
            client.cookies["session"] = asked.cookies["session"].value
            return client.post(reverse("account_confirm_login_code"), {"code": f"{number:06d}"}).status_code

        together(*(partial(guess_code, number) for number in range(12)))
        assert len(judged) == 3
