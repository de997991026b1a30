"""Requests of schools: what the school writes, what the coordinator decides, the sessions that come of it, and what the
portal does with them at night. A school is locked first, then its request, then sessions."""

from .deciding import accept_request, ask_school, coordinators_for, decline_request, hand_request
from .nightly import drafts_due, expire_requests, follow_sessions, forget_drafts
from .plans import is_outside, schedule_request, suggest
from .writing import answer_request, discard_request, keep_request, submit_request, withdraw_request

__all__ = [
    "accept_request",
    "answer_request",
    "ask_school",
    "coordinators_for",
    "decline_request",
    "discard_request",
    "drafts_due",
    "expire_requests",
    "follow_sessions",
    "forget_drafts",
    "hand_request",
    "is_outside",
    "keep_request",
    "schedule_request",
    "submit_request",
    "suggest",
    "withdraw_request",
]
