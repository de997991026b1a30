"""What somebody who looks for an attack wants to find: one line of JSON in the log `portal.security` for each event, with
who, what, about what, when (UTC) and from which network. Codes only: no name, no contact, no address in full, no words.
"""

from __future__ import annotations

import ipaddress
import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime

from allauth.account import signals as of_accounts
from allauth.core.internal.httpkit import get_client_ip
from allauth.mfa import signals as of_second_factors
from django.contrib.auth import signals as of_sessions
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase

logger = logging.getLogger("portal.security")

EVENTS = {
    "signed_in": "somebody signed in",
    "signed_out": "somebody signed out",
    "sign_in_failed": "a wrong password",
    "code_failed": "a wrong one-time code, of a sign-in, a new password or an address",
    "signed_up": "an account was made",
    "password_changed": "by its owner",
    "password_set": "the first one of an account",
    "password_reset": "by a code",
    "email_changed": "the address of an account was changed",
    "email_removed": "an address of an account was removed",
    "second_factor_added": "an app, a security key or recovery codes",
    "second_factor_removed": "the same",
    "second_factor_reset": "recovery codes made anew",
    "second_factor_used": "at sign-in or before a sensitive act",
    "second_factor_failed": "a wrong code of an app",
    "denied": "403 or 404 for somebody who is signed in",
    "forged_form": "a form without its token: sent from another site, or an old page",
    "bad_request": "400: a foreign host, an odd coding, too many fields",
    "too_large": "413: more than one request may bring",
    "too_many": "429: a limit was reached",
    "upload_refused": "a file that may not be stored, and why",
    "key_failure": "a sealed value does not open: its key is missing, or it was changed",
    "denials": "alarm: twenty denials of one account within ten minutes",
    "job_late": "alarm: a periodic job has not succeeded when it should have",
    "role.grant": "a role was given",
    "role.end": "a role was ended",
    "role.propose": "a role that needs a second person was proposed",
    "account.reset_second_factor": "all second factors of an account were taken off for its owner, who had lost them",
    "account.open": "an account was made for somebody",
    "account.close": "an account was closed for good",
    "export": "a list was taken along; how many rows",
    "read": "a sensitive record was opened: a paper, a declaration, a concern, an answer of a referee …",
}
BY_STATUS = {400: "bad_request", 413: "too_large", 429: "too_many"}
OF_DENIAL = {403, 404}
KEPT_BITS = {4: 24, 6: 48}  # of an address: the network, not the machine

request_now: ContextVar[HttpRequest | None] = ContextVar("request_now", default=None)
_alarms: ContextVar[tuple[tuple[str, str], ...]] = ContextVar("alarms", default=())


def note(event: str, *, who=None, about: str = "", **codes: str | int) -> None:
    """Writes one line. `who` is an account, by default the one that asks; `about` and `codes` are codes and counts."""
    request = request_now.get()
    if who is None and request is not None and getattr(request, "user", None) and request.user.is_authenticated:
        who = request.user
    route = getattr(request, "resolver_match", None)
    line = {
        "event": event,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "who": who.code if who is not None else "",
        "about": about,
        "from": network(get_client_ip(request) if request is not None else ""),
        "page": route.view_name if route else "",
        **codes,
    }
    logger.info(json.dumps(line))


def network(address: str | None) -> str:
    """The network of an address, /24 or /48; nothing for what is none."""
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    return str(ipaddress.ip_network(f"{ip}/{KEPT_BITS[ip.version]}", strict=False))


def alarm(event: str, *, about: str) -> None:
    """Writes the line, and has `portal.alarms` write the letters when this request or task has ended: what it does itself
    may yet be rolled back."""
    note(event, about=about)
    _alarms.set((*_alarms.get(), (event, about)))


def take_alarms() -> tuple[tuple[str, str], ...]:
    """Those that nobody took yet: event and what it is about."""
    waiting = _alarms.get()
    _alarms.set(())
    return waiting


def answered(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Notes what an answer tells; says whether it denied something to somebody who is signed in."""
    status = response.status_code
    if status in BY_STATUS:
        note(BY_STATUS[status])
    user = getattr(request, "user", None)
    if status not in OF_DENIAL or user is None or not user.is_authenticated:
        return False
    note("denied", status=status)
    return True


def logged(entry) -> None:
    """Repeats an entry of the log about access, once it is committed: the lines of the server know from where."""
    event = entry.action
    if entry.kind == entry.Kind.VIEW and event != "export":
        event = "read"
    if event in EVENTS:
        codes = {"what": entry.action} if event == "read" else {"count": entry.data.get("count", "")}
        who, about = entry.actor, entry.object_code
        transaction.on_commit(lambda: note(event, who=who, about=about, **codes), robust=True)


def connect() -> None:
    """Listens to Django's and allauth's signals."""
    told = {
        "signed_in": of_sessions.user_logged_in,
        "signed_out": of_sessions.user_logged_out,
        "sign_in_failed": of_sessions.user_login_failed,
        "signed_up": of_accounts.user_signed_up,
        "password_changed": of_accounts.password_changed,
        "password_set": of_accounts.password_set,
        "password_reset": of_accounts.password_reset,
        "email_changed": of_accounts.email_changed,
        "email_removed": of_accounts.email_removed,
        "second_factor_added": of_second_factors.authenticator_added,
        "second_factor_removed": of_second_factors.authenticator_removed,
        "second_factor_reset": of_second_factors.authenticator_reset,
        "second_factor_used": of_second_factors.authenticator_used,
        "second_factor_failed": of_second_factors.authentication_failed,
    }
    for event, signal in told.items():
        _listen(signal, event)
    for signal in (
        of_accounts.login_code_rejected,
        of_accounts.password_reset_code_rejected,
        of_accounts.email_verification_code_rejected,
    ):
        _listen(signal, "code_failed")


def _listen(signal, event: str) -> None:
    def heard(sender, user=None, **kwargs) -> None:
        note(event, who=user)

    signal.connect(heard, weak=False, dispatch_uid=f"watch.{event}")
