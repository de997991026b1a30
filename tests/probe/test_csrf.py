"""No form of anybody is taken from another site: without the token, with another's, from a foreign page, or as plain text."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.middleware.csrf import CSRF_SECRET_LENGTH
from django.test import Client

from tests.access.addresses import address
from tests.access.asking import ask
from tests.access.rows import ACCESS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plain_refusals")]

EVIL = "https://evil.example"
# Taken without a token, because public pages are cached whole: from our own pages only, as browsers say.
BY_ORIGIN = {"page_feedback"}
# Taken from anywhere: the secret in the address is what it needs, and a mail program has nothing else (RFC 8058).
BY_LINK = {"digest_stop"}
TRIES = {
    "no token": {},
    "a token without its cookie": {"data": {"csrfmiddlewaretoken": "a" * CSRF_SECRET_LENGTH}},
    "plain text": {"data": "csrfmiddlewaretoken=a", "content_type": "text/plain"},
    "another site": {"headers": {"Origin": EVIL, "Referer": f"{EVIL}/", "Sec-Fetch-Site": "cross-site"}},
    "a sandbox": {"headers": {"Origin": "null", "Sec-Fetch-Site": "cross-site"}},
}


def strict(key: str) -> Client:
    client = Client(enforce_csrf_checks=True)
    if key:
        client.cookies[settings.SESSION_COOKIE_NAME] = key
    return client


@pytest.mark.parametrize("name", sorted(name for name, row in ACCESS.items() if row.post and name not in BY_LINK))
def test_a_form_of_another_site_is_refused(name, world, keys, settings):
    settings.DEMO_MODE = True
    url, people = address(name, world), ACCESS[name].post
    for person in sorted(people - {"nobody"})[:1] + sorted(people & {"nobody"}):
        for how, sent in TRIES.items():
            if name in BY_ORIGIN and "headers" not in sent:
                continue
            client = strict(keys[person])
            if "headers" in sent:  # even with a token and the cookie that belongs to it
                client.cookies[settings.CSRF_COOKIE_NAME] = "a" * CSRF_SECRET_LENGTH
                sent = sent | {"data": {"csrfmiddlewaretoken": "a" * CSRF_SECRET_LENGTH}}
            answer = ask(client, "POST", url, **sent)
            assert answer.status in {400, 403}, (person, how, answer.status)
            assert not answer.wrote, (person, how)
