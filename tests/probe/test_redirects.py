"""Whatever an address says about where to go next, it is a page of ours."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.urls import reverse

from portal.management.demo.builders import PASSWORD
from tests.access.addresses import address
from tests.access.asking import ask, client_of
from tests.access.cms import addresses_of_cms
from tests.access.rows import ACCESS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plain_refusals")]

ELSEWHERE = (
    "https://evil.example", "http://evil.example/", "//evil.example", "///evil.example", "////evil.example", "/\\evil.example",
    "\\\\evil.example", "https:evil.example", "https:/evil.example", "https://testserver@evil.example", "https://testserver.evil.example",
    "javascript:alert(1)", "data:text/html,x", "\thttps://evil.example", "/%09/evil.example", "//evil。example",
)  # fmt: skip
PARAMETERS = ("next", "redirect_to", "return_url", "url", "back")


def leads_away(location: str) -> bool:
    """As a browser reads it: a backslash is a slash, tabs and blanks before it do not count."""
    parts = urlsplit(location.strip().replace("\\", "/").replace("\t", ""))
    return (
        parts.netloc not in {"", "testserver", urlsplit(settings.SITE_URL).netloc}
        or parts.scheme not in {"", "http", "https"}
        or location.startswith("//")
    )


@pytest.mark.parametrize("to", ELSEWHERE)
def test_signing_in_and_out_leads_nowhere_else(to, cast, client):
    for name, sent in (
        ("account_login", {"login": cast.serik.email, "password": PASSWORD}),
        ("account_request_login_code", {"email": cast.serik.email}),
        ("account_signup", {"email": "new@demo.example", "password1": "Жаңа-құпиясөз-2026"}),
        ("account_reset_password", {"email": cast.serik.email}),
    ):
        for url, data in (
            (reverse(name), sent | {"next": to}),
            (f"{reverse(name)}?next={to}", sent),
        ):
            location = ask(client_of(""), "POST", url, data).location
            assert not leads_away(location), (name, location)
    client.force_login(cast.serik, backend="allauth.account.auth_backends.AuthenticationBackend")
    location = client.post(reverse("account_logout"), {"next": to}).headers["Location"]
    assert not leads_away(location)


@pytest.mark.parametrize("person", ["nobody", "applicant", "nurlan", "gulnara", "aigul", "dana", "root"])
def test_no_page_believes_its_address(person, world, keys, settings):
    settings.DEMO_MODE = True
    client, to = client_of(keys[person]), "https://evil.example/"
    query = "&".join(f"{parameter}={to}" for parameter in PARAMETERS)
    names = (name for name, row in ACCESS.items() if person in row.get and name != "exit")
    urls = [address(name, world) for name in names] + (addresses_of_cms(world)[:80] if person == "root" else [])
    for url in urls:
        for method in ("GET", "POST"):
            location = ask(client, method, f"{url}?{query}", headers={"Referer": to}).location
            assert not leads_away(location), (method, url, location)
