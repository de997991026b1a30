"""A school's request for a session or for a series of visits."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.moves import SYSTEM, Move


class RequestState(models.TextChoices):
    DRAFT = "draft", pgettext_lazy("request", "Draft")
    SUBMITTED = "submitted", pgettext_lazy("request", "Sent")
    NEEDS_INFO = "needs_info", _("The coordinator asks the school")
    ACCEPTED = "accepted", pgettext_lazy("request", "Accepted")
    SCHEDULED = "scheduled", _("Sessions are planned")
    FULFILLED = "fulfilled", _("All sessions were held")
    DECLINED = "declined", pgettext_lazy("request", "Declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("request", "Withdrawn")
    EXPIRED = "expired", _("The days asked for have passed")


class DeclineCode(models.TextChoices):
    """Why a request is declined; the school reads it."""

    NO_MENTORS = "no_mentors", _("There are no cleared mentors for this district and these days")
    NOT_OUR_TOPIC = "not_our_topic", _("The topic is not one of the programme")
    NO_LESSONS = "no_lessons", _("There are no lessons on these days")
    REPEATED = "repeated", _("The same was asked for already")
    NO_ADULT = "no_adult", _("The school cannot name an adult for the room")
    OTHER = "other", _("Another reason, written below")


R = RequestState
UNPLANNED = frozenset({R.SUBMITTED, R.NEEDS_INFO, R.ACCEPTED})  # sent, and no session of it yet
ACTIVE = UNPLANNED | {R.SCHEDULED}
EDITABLE = frozenset({R.DRAFT, R.NEEDS_INFO})  # by the school; a draft is hers alone and may be thrown away


def _move(name, label, sources, target, permission, **more) -> Move:
    return Move(name=name, label=label, sources=frozenset(sources), target=target, permission=permission, **more)


SUBMIT = _move("submit", _("Send the request"), {R.DRAFT}, R.SUBMITTED, "request.write")
ASK_SCHOOL = _move(
    "ask_school",
    _("Ask the school"),
    {R.SUBMITTED, R.ACCEPTED},
    R.NEEDS_INFO,
    "request.decide",
    letter="to_school_question",
)
ANSWER = _move("answer", _("Send the answer"), {R.NEEDS_INFO}, R.SUBMITTED, "request.write")
ACCEPT = _move("accept", _("Accept"), {R.SUBMITTED}, R.ACCEPTED, "request.decide", letter="to_school_request_accepted")
DECLINE = _move(
    "decline",
    _("Decline"),
    UNPLANNED,
    R.DECLINED,
    "request.decide",
    letter="to_school_request_declined",
)
WITHDRAW = _move(
    "withdraw",
    _("Withdraw the request"),
    UNPLANNED,
    R.WITHDRAWN,
    "request.write",
)
SCHEDULE = _move(
    "schedule", _("Plan the sessions"), {R.ACCEPTED}, R.SCHEDULED, "session.plan", letter="to_school_scheduled"
)
FULFIL = _move("fulfil", _("Held"), {R.SCHEDULED}, R.FULFILLED, SYSTEM)
PLAN_AGAIN = _move("plan_again", _("To be planned again"), {R.SCHEDULED}, R.ACCEPTED, SYSTEM)  # no session was held
EXPIRE = _move("expire", _("The days have passed"), UNPLANNED, R.EXPIRED, SYSTEM, letter="to_school_request_expired")
REQUEST_MOVES = [SUBMIT, ASK_SCHOOL, ANSWER, ACCEPT, DECLINE, WITHDRAW, SCHEDULE, FULFIL, PLAN_AGAIN, EXPIRE]

# What the history of a request says of an entry in the log.
REQUEST_IN_THE_LOG = {
    "keep": _("Written down"),
    "hand_request": _("Handed over to a colleague"),
    **{move.name: move.label for move in REQUEST_MOVES},
}

__all__ = [
    "ACCEPT",
    "ACTIVE",
    "ANSWER",
    "ASK_SCHOOL",
    "DECLINE",
    "EDITABLE",
    "EXPIRE",
    "FULFIL",
    "PLAN_AGAIN",
    "REQUEST_IN_THE_LOG",
    "REQUEST_MOVES",
    "SCHEDULE",
    "SUBMIT",
    "UNPLANNED",
    "WITHDRAW",
    "DeclineCode",
    "RequestState",
]
