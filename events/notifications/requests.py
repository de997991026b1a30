"""Letters about the requests of schools."""

from __future__ import annotations

from events.models import RequestMessage, SchoolSession, SessionRequest
from portal import mail
from portal.models import User

from .base import coordinators, school_contacts


def _to_contacts(letter: str, request: SessionRequest, once: str, **context) -> None:
    for contact in school_contacts(request):
        mail.queue(
            f"events/{letter}",
            contact,
            {"asked": request, **context},
            dedupe_key=f"{letter}:{request.uuid}:{once}:{contact.pk}",
            action=("school_request", request.uuid),
            about=request.code,
        )


def _to_coordinator(letter: str, request: SessionRequest, to: User, once: str) -> None:
    mail.queue(
        f"events/{letter}",
        to,
        {"asked": request},
        dedupe_key=f"{letter}:{request.uuid}:{once}:{to.pk}",
        action=("staff_request", request.uuid),
        about=request.code,
    )


def to_coordinator_request(request: SessionRequest) -> None:
    """To every coordinator of the district: whoever accepts it owns it."""
    for coordinator in coordinators(request):
        _to_coordinator("to_coordinator_request", request, coordinator, "sent")


def to_coordinator_answered(request: SessionRequest, message: RequestMessage) -> None:
    """To the owner, who has asked; to all of the district where he is no coordinator any more. The answer stays on the
    page."""
    everybody = coordinators(request)
    for coordinator in everybody.filter(pk=request.owner_id) or everybody:
        _to_coordinator("to_coordinator_answered", request, coordinator, str(message.pk))


def to_coordinator_handed(request: SessionRequest, once: str) -> None:
    """To the new owner."""
    _to_coordinator("to_coordinator_handed", request, request.owner, once)


def to_coordinator_withdrawn(request: SessionRequest) -> None:
    """To the owner, if he is a coordinator still."""
    for coordinator in coordinators(request).filter(pk=request.owner_id):
        _to_coordinator("to_coordinator_withdrawn", request, coordinator, "withdrawn")


def to_school_question(request: SessionRequest, message: RequestMessage) -> None:
    _to_contacts("to_school_question", request, str(message.pk), text=message.text)


def to_school_request_accepted(request: SessionRequest) -> None:
    once = request.state_since.isoformat()  # again after a question and its answer
    _to_contacts("to_school_request_accepted", request, once, coordinator=request.owner.display_name)


def to_school_request_declined(request: SessionRequest, text: str) -> None:
    _to_contacts("to_school_request_declined", request, "declined", text=text)


def to_school_scheduled(request: SessionRequest, sessions: list[SchoolSession]) -> None:
    """With the days; again when the request is planned anew."""
    _to_contacts("to_school_scheduled", request, request.state_since.isoformat(), sessions=sessions)


def to_school_request_expired(request: SessionRequest) -> None:
    _to_contacts("to_school_request_expired", request, "expired")
