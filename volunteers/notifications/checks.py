"""Letters about one paper that the person himself has to hand in. None names a member of staff."""

from __future__ import annotations

from datetime import date

from portal import mail
from portal.models import OutgoingMessage
from volunteers.models import Check
from volunteers.notifications.applicant import contact_of


def check_renew(check: Check, ends_on: date) -> OutgoingMessage:
    """A paper ends soon; a fresh one can be handed in now while the old one still counts."""
    return mail.queue(
        "volunteers/check_renew",
        contact_of(check.person),
        {"check_type": check.check_type, "ends_on": ends_on},
        dedupe_key=f"check_renew:{check.uuid}",
        action=("my_check", check.uuid),
        about=check.code,
    )


def check_again(check: Check) -> OutgoingMessage:
    """What was sent is not enough, or counts no more; why stands in the record, not in the letter. A paper can be asked
    for again more than once."""
    return _about("volunteers/check_again", check, f"check_again:{check.uuid}:{check.state_since.isoformat()}")


def check_wanted(check: Check) -> OutgoingMessage:
    """The programme asks for a paper that was not asked for before."""
    return _about("volunteers/check_wanted", check, f"check_wanted:{check.uuid}")


def _about(letter: str, check: Check, dedupe_key: str) -> OutgoingMessage:
    return mail.queue(
        letter,
        contact_of(check.person),
        {"check_type": check.check_type},
        dedupe_key=dedupe_key,
        action=("my_check", check.uuid),
        about=check.code,
    )
