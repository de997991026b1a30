import re

import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from portal.accounts import parse_phone
from portal.models import OutgoingMessage, User

pytestmark = pytest.mark.django_db
PASSWORD = "Жақсы-құпиясөз-2026"


def code_for(address: str) -> str:
    message = OutgoingMessage.objects.filter(address=address).latest("pk")
    return re.search(r"\b\d{6}\b", message.text)[0]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("8 701 123 45 67", "+77011234567"),
        ("+7 (701) 123-45-67", "+77011234567"),
        ("7011234567", "+77011234567"),
        ("87011234567", "+77011234567"),
        ("+996 555 123456", "+996555123456"),
        ("12", None),
        ("звоните вечером", None),
    ],
)
def test_a_phone_in_any_spelling(typed, stored):
    assert parse_phone(typed) == stored


def test_sign_up_by_e_mail_is_verified_by_a_code():
    client = Client()
    client.post("/ru/account/signup/", {"email": "New@Demo.example", "password1": PASSWORD})
    assert client.get("/ru/start/").status_code == 302  # not signed in yet
    user = User.objects.get(email="new@demo.example")
    assert user.language == "ru"
    client.post("/ru/account/confirm-email/", {"code": code_for("new@demo.example")})
    assert EmailAddress.objects.get(user=user).verified
    assert "_auth_user_id" in client.session


def test_sign_up_by_phone_alone():
    client = Client()
    client.post("/kk/account/signup/", {"phone": "8 700 000 00 99", "password1": PASSWORD}, follow=True)
    user = User.objects.get(phone="+77000000099")
    assert not user.phone_verified
    client.post("/kk/account/phone/verify/", {"code": code_for("+77000000099")}, follow=True)
    user.refresh_from_db()
    assert user.phone_verified
    assert "_auth_user_id" in client.session


def test_asking_for_a_code_again_at_once_is_a_plain_429_and_writes_nothing():
    """A double click, or two people at one computer; the key of the limit is the phone."""
    data = {"phone": "8 700 000 00 98", "password1": PASSWORD}
    Client().post("/ru/account/signup/", data)
    before = User.objects.count()
    response = Client().post("/ru/account/signup/", data)
    assert response.status_code == 429
    assert 'data-code="too_many"' in response.content.decode()
    assert User.objects.count() == before


def test_an_address_longer_than_the_column_is_explained_at_the_field():
    long = f"x@{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.kz"
    before = User.objects.count()
    response = Client().post("/en/account/signup/", {"email": long, "password1": PASSWORD})
    assert response.status_code == 200 and "too long" in response.content.decode()
    assert User.objects.count() == before


def test_sign_up_needs_e_mail_or_phone_and_keeps_nothing_half_written():
    before = User.objects.count()
    response = Client().post("/en/account/signup/", {"password1": PASSWORD})
    assert "Write your e-mail or your phone" in response.content.decode()
    assert User.objects.count() == before


@pytest.mark.parametrize("login", ["serik@demo.example", "SERIK@demo.example", "8 700 000 00 42", "+77000000042"])
def test_sign_in_by_e_mail_or_phone(cast, login):
    User.objects.filter(pk=cast.serik.pk).update(phone="+77000000042", phone_verified=True)
    client = Client()
    client.post("/kk/account/login/", {"login": login, "password": "Tirek-demo-2026"})
    assert "_auth_user_id" in client.session


def test_sign_in_by_a_one_time_code(cast):
    client = Client()
    client.post("/kk/account/login/code/", {"email": cast.serik.email})
    code = code_for(cast.serik.email)
    client.post("/kk/account/login/code/confirm/", {"code": code})
    assert "_auth_user_id" in client.session
    other = Client()
    other.post("/kk/account/login/code/confirm/", {"code": code})
    assert "_auth_user_id" not in other.session


def test_a_known_address_is_not_told_apart_at_sign_up(cast):
    known = Client().post("/en/account/signup/", {"email": cast.serik.email, "password1": PASSWORD})
    fresh = Client().post("/en/account/signup/", {"email": "unknown@demo.example", "password1": PASSWORD})
    assert (known.status_code, known.url) == (fresh.status_code, fresh.url)


def test_staff_without_a_second_factor_are_sent_to_set_one_up(cast, sign_in, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    for path in ("/kk/staff/", "/cms/"):
        response = sign_in(cast.asel if path == "/cms/" else cast.aigul).get(path)
        assert response.status_code == 302
        assert "/2fa/" in response.url
    assert sign_in(cast.gulnara).get("/kk/school/").url.endswith("/2fa/")
    assert sign_in(cast.gulnara).get("/kk/sessions/").url.endswith("/2fa/")
    assert sign_in(cast.nurlan.user).get("/kk/sessions/").status_code == 200


def test_the_pages_of_the_second_factor_open(cast):
    client = Client()
    client.post("/kk/account/login/", {"login": cast.aigul.email, "password": "Tirek-demo-2026"})
    client.post(reverse("account_reauthenticate"), {"password": "Tirek-demo-2026"})
    for name in ("mfa_index", "mfa_activate_totp", "mfa_list_webauthn", "mfa_add_webauthn"):
        assert client.get(reverse(name)).status_code == 200


def test_the_cms_has_no_door_of_its_own(cast):
    for path in ("/cms/login/", "/cms/password_reset/"):
        response = Client().get(path)
        assert response.status_code == 302
        assert response.url.partition("?")[0].endswith("/account/login/")
    posted = Client()
    posted.post("/cms/login/", {"username": "root@demo.example", "password": "Tirek-demo-2026"})
    assert "_auth_user_id" not in posted.session


def test_somebody_who_is_no_editor_gets_a_plain_refusal_from_the_cms(cast, sign_in):
    assert sign_in(cast.aigul).get("/cms/").status_code == 403
    assert sign_in(cast.nurlan.user).get("/cms/").status_code == 403


def test_the_cms_shows_no_people_to_anybody(cast, sign_in):
    assert sign_in(cast.root).get("/cms/users/").status_code == 404


def test_the_first_administrator_can_sign_in_at_once(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", email="first@demo.example", interactive=False, verbosity=0)
    client = Client()
    client.post("/ru/account/login/", {"login": "first@demo.example", "password": PASSWORD})
    assert "_auth_user_id" in client.session
    assert client.get("/ru/staff/").status_code == 200


def test_a_dead_mail_server_is_no_error_page(settings):
    settings.EMAIL_BACKEND = "tests.portal.test_mail.DeadServer"
    response = Client().post("/ru/account/signup/", {"email": "x@demo.example", "password1": PASSWORD})
    assert response.status_code == 302


def test_name_language_and_district_are_ones_own_to_change(cast, sign_in):
    data = {"last_name": "Әбенов", "first_name": "Серік", "language": "ru", "district": cast.zhambyl.pk}
    assert sign_in(cast.serik).post("/kk/account/settings/", data).status_code == 302
    cast.serik.refresh_from_db()
    assert (cast.serik.language, cast.serik.district) == ("ru", cast.zhambyl)
