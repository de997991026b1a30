import re
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.account.utils import user_display
from django.core.management import call_command
from django.test import Client
from django.urls import URLResolver, reverse
from wagtail.admin import urls as wagtailadmin_urls

from portal.accounts import parse_phone
from portal.models import OutgoingMessage, User
from tests.portal.entering import code_for

pytestmark = pytest.mark.django_db
PASSWORD = "Жақсы-құпиясөз-2026"
CLOSED_DOORS = {
    "wagtailadmin_login",
    "wagtailadmin_password_reset",
    "wagtailadmin_password_reset_done",
    "wagtailadmin_password_reset_confirm",
    "wagtailadmin_password_reset_complete",
}
HARMLESS_DOORS = {"wagtailadmin_account", "wagtailadmin_choose_page_email_link"}  # settings; a link in a text


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


def doors_of_the_cms() -> dict[str, str]:
    """Every address of the CMS by which somebody could come in, or change his password or e-mail: name → address."""
    found = {}

    def walk(patterns, before):
        for pattern in patterns:
            here = before + re.sub(r"<[^>]+>", "x", str(pattern.pattern).lstrip("^").rstrip("$"))
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, here)
            elif re.search("login|log_in|password|account|auth|2fa|email", f"{pattern.name} {here}"):
                found[pattern.name] = here

    walk(wagtailadmin_urls.urlpatterns, "/cms/")
    return found


def test_the_doors_of_the_cms_are_known():
    """A new one that Wagtail brings is to be closed, or to be named here with the reason why not."""
    assert set(doors_of_the_cms()) == CLOSED_DOORS | HARMLESS_DOORS


@pytest.mark.parametrize("name", sorted(CLOSED_DOORS))
@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_the_cms_has_no_door_of_its_own(cast, name, method):
    data = {"username": "root@demo.example", "password": "Tirek-demo-2026", "email": "root@demo.example"}
    client, address = Client(), doors_of_the_cms()[name]
    response = getattr(client, method)(address, data)
    assert response.status_code == 302
    assert response.url.partition("?")[0].endswith("/account/login/")
    assert "_auth_user_id" not in client.session
    assert not OutgoingMessage.objects.exists()


def test_nobody_changes_password_or_e_mail_in_the_cms(cast, sign_in):
    client = sign_in(cast.asel)
    address = reverse("wagtailadmin_account")
    page = client.get(address).content.decode()
    assert "password" not in page.lower() and 'type="email"' not in page and 'type="file"' not in page
    client.post(address, {"name_email-email": "x@evil.example", "password-new_password1": PASSWORD,
                          "password-new_password2": PASSWORD, "password-old_password": "Tirek-demo-2026"})  # fmt: skip
    asel = User.objects.get(pk=cast.asel.pk)
    assert asel.email == cast.asel.email and asel.check_password("Tirek-demo-2026")


def test_somebody_with_a_phone_alone_is_called_by_his_name_and_finds_the_way_without_a_password(cast):
    serik = cast.serik
    User.objects.filter(pk=serik.pk).update(email=None, phone="+77010000042", phone_verified=True)
    serik.emailaddress_set.all().delete()
    assert user_display(User.objects.get(pk=serik.pk)) == serik.get_full_name() != serik.code
    assert reverse("account_request_login_code") in Client().get(reverse("account_reset_password")).content.decode()


@pytest.mark.parametrize(
    ("wanted", "landed"),
    [
        ("/cms/account/", "/cms/account/"),
        ("https://evil.example/", "/start/"),
        ("//evil.example/", "/start/"),
        ("/\\evil.example/", "/start/"),
        ("javascript:alert(1)", "/start/"),
        ("https://testserver@evil.example/", "/start/"),
    ],
)
def test_where_somebody_wanted_to_go_stays_in_the_portal(cast, wanted, landed):
    client = Client()
    door = client.get("/cms/login/", {"next": wanted})
    entered = client.post(door.url, {"login": cast.root.email, "password": "Tirek-demo-2026"}, follow=True)
    steps = [urlsplit(address) for address, _status in entered.redirect_chain]
    assert not any(step.netloc for step in steps)
    assert landed in [step.path[-len(landed) :] for step in steps]


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
