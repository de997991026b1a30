"""Letters to somebody for whom a coordinator typed an application."""

from __future__ import annotations

from portal import mail
from portal.models import OutgoingMessage
from volunteers.models import Application
from volunteers.notifications.applicant import contact_of

CANDIDATE_CONFIRM = "volunteers/candidate_confirm"


def candidate_confirm(application: Application, token: str) -> OutgoingMessage:
    """His own link: what was typed, to be confirmed or refused by himself."""
    return mail.queue(
        CANDIDATE_CONFIRM,
        contact_of(application.person),
        {"role": application.role},
        dedupe_key=f"candidate_confirm:{application.uuid}:{application.candidate_token_hash[:16]}",
        action=("candidate_confirm", token),
        about=application.code,
        is_secret=True,
    )


def cancel_candidate_confirm(application: Application) -> None:
    """A link that is replaced does not leave any more."""
    mail.cancel(f"candidate_confirm:{application.uuid}")
