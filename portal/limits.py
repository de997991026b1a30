"""How often something may be asked, counted for all processes together: in Redis where there is one, else in a table.

A window begins with the first request under a key and ends `seconds` later, whatever happens in it; so at the seam of two
windows twice the limit can pass. Keys are hashed: the store knows neither an address nor an account.
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import redis
from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from portal.models import RateCounter
from portal.refusals import TooLarge, TooMany, answer

logger = logging.getLogger(__name__)

COUNT = """
    INSERT INTO portal_ratecounter ("key", "count", ends_at) VALUES (%(key)s, %(amount)s, %(ends)s)
    ON CONFLICT ("key") DO UPDATE SET
        "count" = excluded."count" + CASE WHEN portal_ratecounter.ends_at > %(now)s THEN portal_ratecounter."count" ELSE 0 END,
        ends_at = CASE WHEN portal_ratecounter.ends_at > %(now)s THEN portal_ratecounter.ends_at ELSE excluded.ends_at END
    RETURNING "count", ends_at
"""
REDIS_SECONDS = 1  # to wait for it
DAY = 24 * 3600


class Limit(NamedTuple):
    """So many times, or so much, within so many seconds."""

    times: int
    seconds: int


# By address, where nothing else is said; a computer room, a village and a mobile operator each share one.
LIMITS = {
    "account": Limit(300, 60),  # a roof; guessing is limited by account as well (portal.accounts)
    "answer": Limit(60, 600),  # forms behind a link in a letter
    "certificate": Limit(30, 60),
    "check_in": Limit(5, 300),  # codes typed for one visit
    "drawing": Limit(120, 60),  # PDF, poster, card, code: made anew for each who asks
    "eligibility": Limit(60, 600),
    "export": Limit(20, 3600),  # lists that one account takes along
    "interest": Limit(20, 3600),
    "events": Limit(3000, 60),  # what a provider of e-mail tells, a letter each
    "link": Limit(120, 60),  # opened with a secret in the address: no place to try them
    "other": Limit(60, 60),
    "page_feedback": Limit(60, 60),  # a class of thirty behind one address
    "search": Limit(300, 60),
    "upload": Limit(200, DAY),  # requests of one account that bring files
    "upload_bytes": Limit(500 * 1024**2, DAY),
}
# What nobody must sign in for, by the name of its address. `test_limits.py` refuses one that takes a form and is not here.
FORMS = {
    "candidate_confirm": "answer",
    "cms_login_closed": "other",
    "coming": "answer",
    "digest_stop": "answer",
    "eligibility": "eligibility",
    "interest": "interest",
    "invitation": "answer",
    "letter_events": "events",
    "pages_login_closed": "other",
    "page_feedback": "page_feedback",
    "reference": "answer",
}
READING = {
    "badge": "link",
    "badge_photo": "link",
    "calendar_feed": "link",
    "candidate_confirm": "link",
    "certificate_check": "certificate",
    "coming": "link",
    "digest_stop": "link",
    "invitation": "link",
    "my_certificate": "drawing",
    "page_card": "drawing",
    "page_pdf": "drawing",
    "page_qr": "drawing",
    "poster": "drawing",
    "reference": "link",
    "search": "search",
}
# What costs much to answer, by account.
COSTLY = {"staff_coverage_export": "export", "staff_hours_export": "export", "staff_record_export": "export"}
OF_ACCOUNTS = ("account_", "mfa_", "usersessions_")


def consume(key: str, *, limit: int, seconds: int, amount: int = 1) -> bool:
    """Counts `amount` under `key` and says whether the window still holds it. What is refused counts too. Atomic across
    processes and threads; outside a transaction it is kept whatever becomes of the request."""
    return _count(key, amount, seconds)[0] <= limit


def demand(name: str, key: str, *, amount: int = 1) -> None:
    """Counts under the limit of this name. Raises `TooMany`, which knows when to come back."""
    limit = LIMITS[name]
    count, ends = _count(f"{name}:{key}", amount, limit.seconds)
    if count > limit.times:
        raise TooMany(seconds=max(1, ends - int(time.time())))


def _count(key: str, amount: int, seconds: int) -> tuple[int, int]:
    """How much this window holds now, and its end in seconds since 1970."""
    hashed = salted_hmac("portal.limits", f"{seconds}:{key}", algorithm="sha256").hexdigest()
    if settings.LIMITS_REDIS_URL:
        try:
            return _in_redis(hashed, amount, seconds)
        except redis.RedisError as error:
            logger.error("limits: Redis does not answer (%s); counted in the table", type(error).__name__)
    return _in_table(hashed, amount, seconds)


def _in_redis(key: str, amount: int, seconds: int) -> tuple[int, int]:
    # Held until the answer: of clients that several threads make at once the cache keeps one, and another closes its
    # connections when nobody holds it.
    client = _redis(settings.LIMITS_REDIS_URL)
    with client.pipeline(transaction=True) as steps:
        steps.set(f"limit:{key}", 0, ex=seconds, nx=True).incrby(f"limit:{key}", amount).ttl(f"limit:{key}")
        _made, count, left = steps.execute()
    return count, int(time.time()) + left


@functools.cache
def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS)


def _in_table(key: str, amount: int, seconds: int) -> tuple[int, int]:
    now = int(time.time())
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"key": key, "amount": amount, "now": now, "ends": now + seconds})
        return cursor.fetchone()


def sweep(now: datetime) -> int:
    """Deletes the counters of windows that are over; returns how many."""
    return RateCounter.objects.filter(ends_at__lte=int(now.timestamp())).delete()[0]


class Limits:
    """Refuses what is too large unread. Counts what strangers send and what costs much to answer, by address, and files by
    account. Stands behind the middleware that sends to the sign-in: what that one answers is not counted."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        known = settings.SESSION_COOKIE_NAME in request.COOKIES
        most = settings.BODY_MAX_BYTES if known else settings.BODY_MAX_BYTES_OF_STRANGERS
        length = str(request.META.get("CONTENT_LENGTH") or "")
        if length.isdecimal() and int(length) > most:  # before anything reads it
            return answer(request, TooLarge(most))
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view, args, kwargs) -> HttpResponse | None:
        try:
            for name, key, amount in self._asked(request):
                demand(name, key, amount=amount)
        except TooMany as refusal:
            return answer(request, refusal)
        return None

    @staticmethod
    def _asked(request: HttpRequest) -> list[tuple[str, str, int]]:
        """Names of limits, each with its key and amount."""
        address = request.resolver_match.url_name or ""
        if request.method in {"GET", "HEAD"}:
            name = READING.get(address)
            return [(name, get_ip(request), 1)] if name else []
        if not request.user.is_authenticated:
            return [(limit_of_form(address), get_ip(request), 1)]
        if request.content_type == "multipart/form-data" and request.FILES:
            who = str(request.user.pk)
            size = sum(file.size for _field, files in request.FILES.lists() for file in files)
            return [("upload", who, 1), ("upload_bytes", who, size)]
        name = COSTLY.get(address)
        return [(name, str(request.user.pk), 1)] if name else []


def limit_of_form(address: str) -> str:
    """The name of the limit of what strangers send to the address of this name."""
    return FORMS.get(address) or ("account" if address.startswith(OF_ACCOUNTS) else "other")
