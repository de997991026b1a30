"""The dated records: asked for, provided, verified by somebody else, failed, asked for again, ended by an event."""

from .asking import (
    UNSETTLED,
    WAITING,
    ask_again,
    ask_anew,
    can_be_renewed,
    cancel,
    open_renewals,
    open_requirements,
    renew,
    request,
)
from .ending import invalidate, verify_again
from .giving import provide
from .judging import (
    barred_from_verifying,
    conclude,
    fail,
    mark_inconclusive,
    paper_problems,
    problems,
    unfit_to_verify,
    verify,
)
from .papers import mark_papers_for_erasure, no_room, papers_due, purge, purge_papers

__all__ = [
    "UNSETTLED",
    "WAITING",
    "ask_again",
    "ask_anew",
    "barred_from_verifying",
    "can_be_renewed",
    "cancel",
    "conclude",
    "fail",
    "invalidate",
    "mark_inconclusive",
    "mark_papers_for_erasure",
    "no_room",
    "open_renewals",
    "open_requirements",
    "paper_problems",
    "papers_due",
    "problems",
    "provide",
    "purge",
    "purge_papers",
    "renew",
    "request",
    "unfit_to_verify",
    "verify",
    "verify_again",
]
