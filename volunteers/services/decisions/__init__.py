"""From the queue to the end of a case: accepted for checks, proposed by one, confirmed by another, refused fairly."""

from .assessing import accept, interviewers_for, name_interviewer, ready
from .closing import decline, notices_over, reconsider, running_notice, why_not_decline
from .confirming import at_once, confirm, confirm_decline, confirm_defer, decline_at_once, why_not_confirm
from .proposing import drop, propose, propose_decline, propose_defer, send_back
from .snapshots import hash_of, snapshot_of

__all__ = [
    "accept",
    "at_once",
    "confirm",
    "confirm_decline",
    "confirm_defer",
    "decline",
    "decline_at_once",
    "drop",
    "hash_of",
    "interviewers_for",
    "name_interviewer",
    "notices_over",
    "propose",
    "propose_decline",
    "propose_defer",
    "ready",
    "reconsider",
    "running_notice",
    "send_back",
    "snapshot_of",
    "why_not_confirm",
    "why_not_decline",
]
