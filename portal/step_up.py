"""A fresh word of the second factor before what is sensitive: who found a desk with an open browser is stopped here.

`StaffView.fresh_for` says it of a staff page, `ACCOUNT_PAGES` of allauth's; another view calls `demand()`. In force where
the second factor is (`SECOND_FACTOR_REQUIRED`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from portal.models import User

FRESH = 5 * 60  # seconds; security.md, row 27
READING, ACTING = frozenset({"GET", "HEAD"}), frozenset({"POST"})

# Of allauth, by the names of their addresses. Those of the second factor ask by themselves, through the same adapter.
ACCOUNT_PAGES = {"account_email", "account_change_phone", "account_change_password", "account_set_password"}


def is_fresh(request: HttpRequest) -> bool:
    """Whether the person showed within the last minutes that it is he: by his second factor if he has one, else by
    password or code. Signing in counts."""
    since = time.time() - FRESH
    records = [record for record in get_authentication_records(request, request.user) if record["at"] > since]
    return any(record["method"] == "mfa" for record in records) or (bool(records) and not is_mfa_enabled(request.user))


def was_shown(request: HttpRequest) -> bool:
    """Whether this session has shown his second factor: that the account has one says nothing of who came in by password."""
    return any(record["method"] == "mfa" for record in get_authentication_records(request, request.user))


def shown_by_adding(sender, request: HttpRequest, user: User, **kwargs) -> None:
    """Who has just set one up in this session has it in his hand (allauth's `authenticator_added`)."""
    if request.user == user:
        record_authentication(request, user, "mfa")


def demand(request: HttpRequest) -> HttpResponse | None:
    """None if it is fresh; else the way to where it is asked for (`ask`)."""
    if not settings.SECOND_FACTOR_REQUIRED or is_fresh(request):
        return None
    return ask(request)


def ask(request: HttpRequest) -> HttpResponse:
    """The way to where the second factor is asked for, and from there back to where he was. Of what he sent nothing is
    kept, and he is told so."""
    back = request.get_full_path()
    if request.method == "POST":
        back = page_of(request)
        messages.warning(request, _("Please confirm that it is you. Nothing was changed yet: then do it once more."))
    methods = get_adapter().get_reauthentication_methods(request.user)
    if not methods:  # no password and no second factor: he signs in by a code
        logout(request)
        messages.info(request, _("Please confirm that it is you: sign in once more."))
        return redirect_to_login(back)
    return redirect_to_login(back, methods[0]["url"])


def page_of(request: HttpRequest) -> str:
    """The address of our page from which a form was sent; where the browser does not say, that of the form itself."""
    came_from = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure()):
        return request.path
    page = urlsplit(came_from)
    return f"{page.path}?{page.query}" if page.query else page.path


class AccountPages:
    """Demands it for the account pages of the library."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view, args, kwargs) -> HttpResponse | None:
        if request.resolver_match.url_name in ACCOUNT_PAGES and request.user.is_authenticated:
            return demand(request)
        return None
