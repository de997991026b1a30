"""Letters to people who are invited by name."""

from __future__ import annotations

from portal import mail
from portal.models import OutgoingMessage
from volunteers.models import Invitation


def invitation(invited: Invitation, token: str) -> OutgoingMessage:
    """The link of the invitation; not sent once it is out of date."""
    return mail.queue(
        "volunteers/invitation",
        mail.Recipient(invited.language, invited.email, invited.phone),
        {
            "name": invited.name,
            "role": invited.role,
            "organisation": invited.organisation,
            "expires_at": invited.expires_at,
        },
        dedupe_key=f"invitation:{invited.uuid}:{invited.token_hash[:16]}",
        action=("invitation", token),
        about=invited.code,
        useful_until=invited.expires_at,
        is_secret=True,
    )


def cancel_invitation(invited: Invitation) -> None:
    """A link that is replaced does not leave any more."""
    mail.cancel(f"invitation:{invited.uuid}")
