"""A stranger's host comes into no page, no redirect and no letter."""

from __future__ import annotations

import pytest
from django.urls import reverse

from portal.models import OutgoingMessage
from tests.access.asking import text_of

pytestmark = pytest.mark.django_db

EVIL = "evil.example"
FORWARDED = {
    "X-Forwarded-Host": EVIL,
    "X-Forwarded-Server": EVIL,
    "X-Host": EVIL,
    "X-Original-Host": EVIL,
    "X-Original-Url": "/cms/",
    "X-Rewrite-Url": "/cms/",
    "Forwarded": f"host={EVIL}",
}
PAGES = [
    "/",
    "/kk/",
    "/kk/account/login/",
    "/kk/staff/",
    "/kk/no-such-page/",
    "/kk/account/password/reset",
    "/sitemap.xml",
]


@pytest.mark.parametrize("host", [EVIL, f"localhost@{EVIL}", f"localhost.{EVIL}", "localhost:80:80", "", "a b"])
def test_another_host_is_a_bad_request(client, host):
    response = client.get("/kk/account/login/", headers={"Host": host})
    assert response.status_code == 400
    assert EVIL not in response.content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_what_a_proxy_may_say_is_not_believed(client, page):
    plain, told = client.get(page), client.get(page, headers=FORWARDED)
    assert told.status_code == plain.status_code
    assert told.headers.get("Location") == plain.headers.get("Location")
    assert EVIL not in text_of(told)


@pytest.mark.parametrize("name", ["account_reset_password", "account_request_login_code", "account_signup"])
def test_no_letter_leads_to_another_host(client, cast, name):
    for email in (cast.serik.email, "unknown@demo.example"):
        sent = {"email": email, "password1": "Жаңа-құпиясөз-2026"}
        client.post(reverse(name), sent, headers=FORWARDED)
    letters = OutgoingMessage.objects.all()
    assert letters.exists()
    for letter in letters:
        whole = f"{letter.subject}{letter.text}{letter.html}"
        assert EVIL not in whole and "testserver" not in whole
