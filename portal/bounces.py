"""How the portal hears that a letter came back: from a provider, at one address (`letter_events`), or from the own mail
server, which hands the report of the other side (RFC 3464) to `manage.py read_bounce`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, message_from_string
from email.message import Message
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import resolve
from django.views.decorators.csrf import csrf_exempt

from portal import services

MAX_BYTES = 1024**2  # of a report; what is longer is cut
GAVE_UP = {"bounced", "failed", "rejected"}  # events of django-anymail
UUID_WORDS = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"


class NoBounce(Exception):
    """What was read says of no letter of ours that it was given up. The words are for the operator."""


class Bounce(NamedTuple):
    uuid: UUID
    status: str


def read(content: bytes) -> Bounce:
    """The letter that a report is about. Raises `NoBounce` for any other mail, for the news that a letter waits, and for a
    letter that is not ours."""
    try:
        report = message_from_bytes(content[:MAX_BYTES])
        parts = list(report.walk())[1:]
        status = _status(parts)
        found = next((found for part in parts for found in _numbers(part)), None)
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:  # hostile mail
        raise NoBounce("This mail cannot be read.") from error
    if found is None:
        raise NoBounce("The report names no letter of this portal.")
    return Bounce(found, status)


def _status(parts: list[Message]) -> str:
    reports = [part for part in parts if part.get_content_type() == "message/delivery-status"]
    if not reports:
        raise NoBounce("This is no report about a delivery (RFC 3464).")
    blocks = [block for part in reports for block in part.get_payload() if isinstance(block, Message)]
    for block in blocks:
        if str(block.get("Action", "")).strip().lower() == "failed":
            return str(block.get("Status", ""))
    raise NoBounce("The report does not say that a letter was given up.")


def _numbers(part: Message) -> Iterator[UUID]:
    """The numbers of letters of ours in the Message-ID of what the report brings back, whole or only its head."""
    head = part
    if part.get_content_type() == "text/rfc822-headers":
        head = message_from_string(str(part.get_payload()))
    ours = re.search(rf"<({UUID_WORDS})@{re.escape(settings.SITE_HOST)}>", str(head.get("Message-ID", "")))
    if ours:
        yield UUID(ours.group(1))


def hear(sender, event, **kwargs) -> None:
    """Receives what a provider tells: marks the letter that it gave up."""
    named = re.search(UUID_WORDS, f"{(event.metadata or {}).get('letter', '')} {event.message_id or ''}")
    if event.event_type in GAVE_UP and named:
        services.mark_bounced(uuid=UUID(named.group()), status=event.description or "")


@csrf_exempt
@login_not_required
def letter_events(request: HttpRequest) -> HttpResponse:
    """Where the chosen provider tells what became of letters; django-anymail judges its signature and the secret of the
    settings, without which there is no such page."""
    if not (settings.EMAIL_PROVIDER and settings.ANYMAIL.get("WEBHOOK_SECRET")):
        raise Http404
    return resolve(f"/{settings.EMAIL_PROVIDER}/tracking/", "anymail.urls").func(request)
