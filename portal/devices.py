"""Browsers that have signed in before. A browser carries that itself, signed by us; there is no table of browsers."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from portal.models import User

KEPT = timedelta(days=400)  # browsers keep no cookie for longer
ACCOUNTS_KEPT = 5  # of one browser, the latest: a computer of a school is used by many

# What a browser calls itself, and how people call it. Each also contains the names of those after it.
FAMILIES = {
    "YaBrowser": "Yandex Browser",
    "SamsungBrowser": "Samsung Internet",
    "MiuiBrowser": "Mi Browser",
    "OPR": "Opera",
    "Edg": "Edge",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


class Browser(NamedTuple):
    """`mark` is a random number of this browser; `known` holds a digest of each account that has signed in with it."""

    mark: str
    known: list[str]

    def digest(self, user: User) -> str:
        return salted_hmac("portal.devices", f"{self.mark}:{user.pk}:{user.uuid}", algorithm="sha256").hexdigest()[:32]

    def knows(self, user: User) -> bool:
        return any(constant_time_compare(self.digest(user), one) for one in self.known)


def browser_of(request: HttpRequest) -> Browser:
    """What the cookie says, if we wrote it; else a browser that knows nobody."""
    try:
        mark, known = signing.loads(
            request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt="portal.devices", max_age=KEPT
        )
    except signing.BadSignature:
        return Browser(secrets.token_urlsafe(12), [])
    return Browser(mark, known)


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Has this browser know this account from now on."""
    browser = browser_of(request)
    own = browser.digest(user)
    known = [own, *(one for one in browser.known if one != own)][:ACCOUNTS_KEPT]
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps([browser.mark, known], salt="portal.devices"),
        max_age=KEPT,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def in_words(user_agent: str) -> str:
    """The browser's family and its system, «Firefox, Android», from what it calls itself or from these words again;
    empty where neither is known."""
    found = []
    for names in (FAMILIES, SYSTEMS):
        found += [name for sign, name in names.items() if sign in user_agent or name in user_agent][:1]
    return ", ".join(found)
