"""How a service says no. A refusal carries every reason at once, each a translated sentence, and becomes a page
with the right status (`portal.middleware.Refusals`); it never becomes a 500."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import NamedTuple

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

NOT_KEPT = {"csrfmiddlewaretoken"}


class Reason(NamedTuple):
    """`code` is stable (tests, `data-code`), `text` is for the reader, `url` leads to what would help."""

    code: str
    text: str
    url: str = ""


class Refused(Exception):
    """The state of things does not allow it (HTTP 409)."""

    status = 409
    title = _("This cannot be done now")

    def __init__(self, *reasons: Reason):
        self.reasons = list(reasons)
        super().__init__(", ".join(reason.code for reason in reasons))

    @property
    def codes(self) -> list[str]:
        return [reason.code for reason in self.reasons]


class NotAllowed(Refused):
    """This person may not do it (HTTP 403)."""

    status = 403
    title = _("You may not do this")


class TooMany(Refused):
    """Asked again too soon or too often (HTTP 429)."""

    status = 429
    title = _("Too many attempts")

    def __init__(self, *, seconds: int = 60):
        self.seconds = seconds
        text = _("Please wait a minute, then try again.")
        if seconds > 60:
            text = _("Please try again after %(time)s.") % {"time": _clock(seconds)}
        super().__init__(Reason("too_many", text))


class TooLarge(Refused):
    """More than one request may bring, in bytes (HTTP 413)."""

    status = 413
    title = _("This is too large")

    def __init__(self, limit: int):
        text = _("What you sent is larger than %(limit)s. Send less at once, or smaller files.")
        super().__init__(Reason("too_large", text % {"limit": filesizeformat(limit)}))


class NotStored(Refused):
    """No room for a file, or a storage that does not answer (HTTP 507)."""

    status = 507
    title = _("This could not be saved")

    def __init__(self):
        super().__init__(Reason("not_stored", _("The file could not be saved just now. Please try again in an hour.")))


class InUse(Refused):
    """Something else points to what was to be deleted (HTTP 409)."""

    def __init__(self):
        super().__init__(Reason("in_use", _("It is used elsewhere, so it stays.")))


class Gone(Refused):
    """The link was used, replaced or is out of date (HTTP 410)."""

    status = 410
    title = _("This link no longer works")


def _clock(seconds: int) -> str:
    """The time so many seconds from now, on the clock of Almaty; with its day where that is another one."""
    now = timezone.localtime()
    then = now + timedelta(minutes=math.ceil(seconds / 60))
    return date_format(then, "TIME_FORMAT" if then.date() == now.date() else "SHORT_DATETIME_FORMAT")


def typed_in(request: HttpRequest) -> list[tuple[str, str]]:
    """What a form brought, name by name; nothing where a password was typed or the form cannot be read."""
    if request.method != "POST":
        return []
    try:
        fields = list(request.POST.lists())
    except (SuspiciousOperation, MultiPartParserError, OSError):
        return []
    if any("password" in name for name, _values in fields):
        return []
    return [(name, value) for name, values in fields for value in values if name not in NOT_KEPT]


def is_exempt(request: HttpRequest) -> bool:
    """Readers get no cookie, and their forms no token."""
    return getattr(request.resolver_match.func, "csrf_exempt", False)


def answer(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """The page of a refusal. One for now only holds what was typed, to be sent again from it; not where a password was typed,
    nor the files, which are chosen again."""
    context: dict = {"refusal": refusal}
    if isinstance(refusal, TooMany | NotStored) and (typed := typed_in(request)):
        context |= {"typed": typed, "with_token": not is_exempt(request)}
    response = render(request, "refused.html", context, status=refusal.status)
    if isinstance(refusal, TooMany):
        response["Retry-After"] = str(refusal.seconds)
        add_never_cache_headers(response)
    return response
