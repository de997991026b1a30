"""A bad day for servers: what counts as the database being away, and the page that then answers, made without it."""

from __future__ import annotations

import errno
import logging
import time

from django.contrib.auth.models import AnonymousUser
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers

from portal import topbar
from portal.refusals import typed_in

RETRY_AFTER = 30  # seconds
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
logger = logging.getLogger(__name__)


class Away:
    """Remembers for some seconds that a server does not answer, so that not each in turn waits for it. Of this process alone."""

    def __init__(self, seconds: float = 5):
        self.seconds, self._until = seconds, 0.0

    def __bool__(self) -> bool:
        return time.monotonic() < self._until

    def note(self, who: str, error: Exception) -> None:
        """Writes one line, not one for each who asks."""
        self._until = time.monotonic() + self.seconds
        logger.error("%s does not answer (%s)", who, type(error).__name__)

    def forget(self) -> None:
        self._until = 0.0


def is_full(error: BaseException) -> bool:
    """Whether there was no room left on a disk, or none for this user."""
    return isinstance(error, OSError) and error.errno in FULL


def of_database(error: BaseException | None) -> bool:
    """Whether the database could not be reached, went away, was locked too long or has no room left: what passes, and may be
    tried again as it is. A wrong statement is none of these; SQLite has the same class for both."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    return getattr(error.__cause__, "sqlite_errorname", "") not in {"SQLITE_ERROR", "SQLITE_MISUSE", "SQLITE_RANGE"}


def answer(request: HttpRequest) -> HttpResponse:
    """503 in three languages, with the numbers to call. Holds what was typed, to be sent again from it; not where a password was
    typed, nor the files. Whoever asked is nobody from here on: nothing that is left to do may ask the database for him. The
    token is the one that was sent: a form of another site, which nobody has looked at yet, gets none from here."""
    request.user = AnonymousUser()
    typed = typed_in(request)
    context = {
        "numbers": topbar.last_known(),
        "sent": request.method == "POST",
        "typed": typed,
        "here": request.get_full_path(),
        "token": request.POST.get("csrfmiddlewaretoken") if typed else None,
    }
    response = HttpResponse(render_to_string("503.html", context), status=503)
    response["Retry-After"] = str(RETRY_AFTER)
    add_never_cache_headers(response)
    return response
