"""Errors reported to a Sentry, where one is set (`SENTRY_DSN`). An event is made anew of what is known to hold nobody's words: the kinds of
the errors, the places they came through, the name of the view or task, the release and the id of the request."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from portal import tracing
from portal.logs import KEYS_IN_ADDRESSES

KEPT = ("event_id", "timestamp", "platform", "level", "logger", "release", "environment", "sdk")
KEPT_OF_ERROR = ("type", "module", "mechanism")
KEPT_OF_PLACE = ("filename", "module", "function", "lineno", "in_app")
KEPT_OF_MECHANISM = ("type", "handled")


def start() -> None:
    """Raises `ImproperlyConfigured` where a Sentry is set and its client is not installed."""
    if not settings.SENTRY_DSN:
        return
    try:
        import sentry_sdk  # noqa: PLC0415 - only servers with a Sentry have it
    except ImportError as error:
        raise ImproperlyConfigured("SENTRY_DSN: install requirements-production.txt.") from error
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        release=settings.VERSION,
        before_send=without_words,
        before_send_transaction=lambda event, hint: None,
        before_breadcrumb=lambda crumb, hint: None,
        max_request_body_size="never",
        include_local_variables=False,
        include_source_context=False,
        server_name="",
    )


def without_words(event: dict, hint: dict) -> dict:
    """The event that leaves."""
    made = _only(event, KEPT)
    made["tags"] = {"request": tracing.current.get()}
    made["transaction"] = KEYS_IN_ADDRESSES.sub(r"\1…", event.get("transaction") or "").partition("?")[0]
    errors = (event.get("exception") or {}).get("values") or []
    made["exception"] = {"values": [_error(error) for error in errors]}
    return made


def _error(error: dict) -> dict:
    made = _only(error, KEPT_OF_ERROR)
    made["mechanism"] = _only(error.get("mechanism") or {}, KEPT_OF_MECHANISM)
    frames = (error.get("stacktrace") or {}).get("frames") or []
    return made | {"stacktrace": {"frames": [_only(frame, KEPT_OF_PLACE) for frame in frames]}}


def _only(found: dict, names: tuple[str, ...]) -> dict:
    return {name: found[name] for name in names if name in found}
