"""Letters to referees: one function per letter, each with a link of its own, in the language that was named for him."""

from __future__ import annotations

from portal import mail
from portal.models import OutgoingMessage
from volunteers.models import RefereeRequest


def key_of(request: RefereeRequest) -> str:
    """The `dedupe_key` of the letter that carries the request's present link."""
    return f"reference_request:{request.uuid}:{request.token_hash[:16]}"


def reference_request(request: RefereeRequest, token: str) -> OutgoingMessage:
    """The referee's own link; not sent once the link is out of date."""
    return _with_link("volunteers/reference_request", request, token)


def reference_reminder(request: RefereeRequest, token: str) -> OutgoingMessage:
    """The same questions again, by a new link: the former one no longer works, and the letter says so."""
    return _with_link("volunteers/reference_reminder", request, token)


def cancel_reference_request(request: RefereeRequest) -> None:
    """The link is no longer needed: a letter that still waits does not leave."""
    mail.cancel(f"reference_request:{request.uuid}")


def _with_link(letter: str, request: RefereeRequest, token: str) -> OutgoingMessage:
    return mail.queue(
        letter,
        mail.Recipient(request.language, request.email, request.phone),
        {
            "applicant": request.application.person.full_name,
            "role": request.application.role,
            "expires_at": request.expires_at,
        },
        dedupe_key=key_of(request),
        action=("reference", token),
        about=request.application.code,
        useful_until=request.expires_at,
        is_secret=True,
    )
