"""A letter when an account is opened in a browser that has not opened it before."""

from __future__ import annotations

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse

from portal import devices
from portal.models import OutgoingMessage, User
from tests.portal.entering import FIREFOX, PHONE, code_for, enter, letters, second_factor

pytestmark = pytest.mark.django_db
NEW = "account/new_device"
PASSWORD = "Табурет-гроза-километр"


@pytest.fixture
def serik(cast) -> User:
    """Somebody who has signed in before, and no letter to him."""
    enter(cast.serik)
    OutgoingMessage.objects.all().delete()
    return User.objects.get(pk=cast.serik.pk)


def test_a_new_browser_is_told_in_the_language_of_its_owner(serik):
    serik.language = "en"
    serik.save()
    client = enter(serik, HTTP_USER_AGENT=PHONE)
    assert letters(serik.email) == [NEW]
    letter = OutgoingMessage.objects.get(letter=NEW)
    assert "Chrome, Android" in letter.text and "Almaty" in letter.text
    assert letter.text.endswith("/en/account/sessions/")
    assert "_auth_user_id" in client.session


def test_the_same_browser_is_told_of_once(serik):
    client = enter(serik)
    client.post(reverse("account_logout"))
    enter(serik, client=client)
    assert letters(serik.email) == [NEW]


def test_none_at_the_very_first_sign_in(client):
    client.post(reverse("account_signup"), {"email": "new@demo.example", "password1": PASSWORD})
    client.post(reverse("account_email_verification_sent"), {"code": code_for("new@demo.example")})
    assert "_auth_user_id" in client.session
    assert NEW not in letters("new@demo.example")
    enter(User.objects.get(email="new@demo.example"), password=PASSWORD)
    assert letters("new@demo.example")[-1] == NEW


def test_a_code_is_a_sign_in_like_any_other(serik, client):
    client.post(reverse("account_request_login_code"), {"email": serik.email})
    client.post(reverse("account_confirm_login_code"), {"code": code_for(serik.email)})
    assert letters(serik.email)[-1] == NEW


def test_a_password_without_the_second_factor_is_no_sign_in(serik, client):
    second_factor(serik)
    enter(serik, client=client)
    assert devices_cookie(client) is None
    assert letters(serik.email) == []


def test_somebody_without_e_mail_gets_a_text_message(serik):
    User.objects.filter(pk=serik.pk).update(email=None, phone="+77010000042", phone_verified=True)
    enter(User.objects.get(pk=serik.pk))
    assert OutgoingMessage.objects.get(letter=NEW).channel == OutgoingMessage.Channel.SMS


def devices_cookie(client):
    return client.cookies.get("device")


def test_the_cookie_names_nobody_and_no_script_reads_it(serik):
    cookie = devices_cookie(enter(serik))
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == "/"
    mark, known = signing.loads(cookie.value, salt="portal.devices")
    assert len(known) == 1
    assert not {str(serik.pk), str(serik.uuid), serik.email} & {mark, *known}


def test_a_cookie_of_another_account_or_of_another_hand_is_worth_nothing(cast, serik, rf):
    cookie = devices_cookie(enter(cast.nurlan.user)).value
    forged = signing.dumps(["x", ["0" * 32]], salt="portal.devices", key="another")
    for value in (cookie, forged, cookie[:-1], "x", "", "[]"):
        request = rf.get("/")
        request.COOKIES["device"] = value
        assert not devices.browser_of(request).knows(serik)


def test_a_browser_keeps_the_last_five_accounts(cast):
    client = Client()
    people = [cast.serik, cast.nurlan.user, cast.aigul, cast.bolat, cast.dana, cast.marat]
    for person in people:
        enter(person, client=client)
        client.post(reverse("account_logout"))
    request = client.get("/exit/").wsgi_request
    assert [devices.browser_of(request).knows(person) for person in people] == [False] + [True] * 5


@pytest.mark.parametrize(
    ("calls_itself", "words"),
    [
        (FIREFOX, "Firefox, Linux"),
        (PHONE, "Chrome, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605 Version/17.5 Mobile Safari/604", "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/120.0 YaBrowser/24.1 Safari/537.36", "Yandex Browser, Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/120.0 Safari/537.36 Edg/120.0", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 13) SamsungBrowser/23.0 Chrome/115.0 Mobile Safari/537.36", "Samsung Internet, Android"),
        ("Opera, macOS", "Opera, macOS"),  # words stay what they are
        ("curl/8", ""),
        ("", ""),
        ("<b>Айгүл</b>", ""),
    ],
)  # fmt: skip
def test_browsers_in_words(calls_itself, words):
    assert devices.in_words(calls_itself) == words
    assert devices.in_words(words) == words
