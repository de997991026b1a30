"""Signing in as people do: by password, second factor and codes, through the pages."""

from __future__ import annotations

import re

from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from portal.management.demo import PASSWORD
from portal.models import OutgoingMessage, User

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (Linux; Android 9; SM-A105F) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36"


def letters(address: str) -> list[str]:
    """The names of the letters to it, the latest last."""
    return list(OutgoingMessage.objects.filter(address=address).order_by("pk").values_list("letter", flat=True))


def code_for(address: str) -> str:
    """The code of the last letter to it."""
    message = OutgoingMessage.objects.filter(address=address).latest("pk")
    return re.search(r"\b\d{6}\b", message.text)[0]


def second_factor(user: User) -> str:
    """Gives him an authenticator app; returns its secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def app_code(secret: str) -> str:
    """What the app shows now, by the portal's clock (`half_minute`)."""
    return format_hotp_value(hotp_value(secret, int(totp.time.time()) // 30))


def enter(user: User, *, client: Client | None = None, password: str = PASSWORD, secret: str = "", **headers) -> Client:
    """A browser in which he has signed in."""
    client = client or Client(**headers)
    client.post(reverse("account_login"), {"login": user.email or user.phone, "password": password})
    if secret:
        client.post(reverse("mfa_authenticate"), {"code": app_code(secret)})
        cache.clear()  # the code was used; the next one comes half a minute later
    return client


def is_in(client: Client) -> bool:
    """Whether the portal still answers as to somebody who is signed in."""
    return client.get(reverse("account_settings")).status_code == 200


def later(client: Client, **seconds: int) -> None:
    """So many seconds go by for the times that the session keeps: `began`, `seen`; `confirmed`: when he last showed that
    it is he."""
    session = client.session
    for name in ("began", "seen"):
        if name in session:
            session[name] -= seconds.get(name, 0)
    for record in session.get("account_authentication_methods", []):
        record["at"] -= seconds.get("confirmed", 0)
    session.save()
