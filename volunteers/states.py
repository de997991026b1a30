"""The lives of an application, a check and a reference, as tables. Pictures, buttons, guards and tests read them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.moves import OWN, RETURN, SYSTEM, Move


class ApplicationState(models.TextChoices):
    """What staff read. What the applicant reads: `READ_BY_APPLICANT`."""

    DRAFT = "draft", _("Draft")
    UNCONFIRMED = "unconfirmed", _("Contact not confirmed")
    SCREENING = "screening", _("Screening")
    ON_HOLD = "on_hold", _("Hold: possible match or concern")
    MORE_INFO = "more_info", _("Waiting for applicant")
    ASSESSMENT = "assessment", _("Checks, references, interview, training")
    DECISION = "decision", _("Ready for a proposal")
    PROPOSED = "proposed", _("Waiting for the second person")
    NOTICE = "notice", _("Notice before refusal")
    APPROVED = "approved", _("Approved")
    DEFERRED = "deferred", _("Deferred")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("application", "Withdrawn")
    LAPSED = "lapsed", _("Closed for silence")


S = ApplicationState
CLOSED = frozenset({S.APPROVED, S.DECLINED, S.WITHDRAWN, S.LAPSED})
OPEN = frozenset(S) - CLOSED
TRAINABLE = frozenset({S.ASSESSMENT, S.DECISION, S.PROPOSED, S.APPROVED})
UNSEEN_BY_STAFF = frozenset({S.DRAFT, S.UNCONFIRMED})
HIS_TURN = frozenset({S.MORE_INFO, S.NOTICE, S.DEFERRED})  # the applicant's, after sending
IN_CHECKS = OPEN - UNSEEN_BY_STAFF - {S.SCREENING, S.DEFERRED}
# Who reads the training modules. A case on hold is among them, so that nobody learns of it from a page that closes.
LEARNING = (OPEN - UNSEEN_BY_STAFF) | {S.APPROVED}

_CHECKING = _("Checks are under way")
_DECIDING = _("We are preparing a decision")
READ_BY_APPLICANT = {
    S.DRAFT: _("Not sent yet"),
    S.UNCONFIRMED: _("Confirm your phone or e-mail to send it"),
    S.SCREENING: _("We received it and are reading it"),
    S.MORE_INFO: _("We need something from you"),
    S.ASSESSMENT: _CHECKING,
    S.DECISION: _DECIDING,
    S.PROPOSED: _DECIDING,
    S.NOTICE: _("We are considering a refusal; you may answer"),
    S.APPROVED: _("You are approved"),
    S.DEFERRED: _("Not now; you can continue later"),
    S.DECLINED: _("We cannot accept you"),
    S.WITHDRAWN: _("You withdrew your application"),
    S.LAPSED: _("Closed because we had no answer"),
}

# Days in a state: usual, and too long. The queue colours by them.
USUAL_DAYS = {
    S.SCREENING: (2, 5),
    S.ON_HOLD: (2, 5),
    S.UNCONFIRMED: (3, 7),
    S.MORE_INFO: (7, 21),
    S.ASSESSMENT: (21, 45),
    S.DECISION: (2, 5),
    S.PROPOSED: (2, 3),
    S.NOTICE: (10, 15),
}

# The five steps of the applicant's page, each with the states in which it is the current one.
STEPS = [
    ("send", _("Application"), {S.DRAFT, S.UNCONFIRMED}),
    ("read", _("We read it"), {S.SCREENING, S.MORE_INFO}),
    ("check", _("Checks"), {S.ASSESSMENT}),
    ("decide", _("Decision"), {S.DECISION, S.PROPOSED, S.NOTICE, S.DEFERRED}),
    ("begin", _("Getting ready"), {S.APPROVED}),
]


def _move(name, label, sources, target, permission, **more) -> Move:
    return Move(name=name, label=label, sources=frozenset(sources), target=target, permission=permission, **more)


# Numbers: docs/rules.md. A draft begins by `applications.start` (T1); an approval has no way out (T20).
SEND = _move("send", _("Send"), {S.DRAFT}, S.UNCONFIRMED, OWN)  # T2
SEND_FOR = _move("send_for", _("Send to the candidate"), {S.DRAFT}, S.UNCONFIRMED, "application.assist")  # T2, assisted
CONFIRM_CONTACT = _move("confirm_contact", _("Confirm"), {S.UNCONFIRMED}, S.SCREENING, OWN)  # T3
HOLD = _move(
    "hold", _("Put on hold"), OPEN - {S.DRAFT, S.UNCONFIRMED, S.ON_HOLD}, S.ON_HOLD, "application.hold", remembers=True
)  # T4; the system makes it too
RELEASE = _move("release", _("Release the case"), {S.ON_HOLD}, RETURN, "application.release", needs_reason=True)  # T5
ASK = _move(
    "ask",
    _("Ask the applicant"),
    {S.SCREENING, S.ASSESSMENT, S.DECISION},
    S.MORE_INFO,
    "application.ask",
    remembers=True,
)  # T6
ANSWER = _move("answer", _("Send the answer"), {S.MORE_INFO}, RETURN, OWN)  # T7
ACCEPT = _move("accept", _("Accept for checks"), {S.SCREENING}, S.ASSESSMENT, "application.accept")  # T8
READY = _move("ready", _("All checks are in"), {S.ASSESSMENT}, S.DECISION, "application.ready")  # T9
PROPOSE = _move(
    "propose",
    _("Propose approval"),
    {S.DECISION},
    S.PROPOSED,
    "application.propose",
    needs_reason=True,
    remembers=True,
)  # T10
PROPOSE_DECLINE = _move(
    "propose_decline",
    _("Propose a refusal"),
    {S.SCREENING, S.MORE_INFO, S.ASSESSMENT, S.DECISION},
    S.PROPOSED,
    "application.propose",
    needs_reason=True,
    remembers=True,
)  # T10, T15; from `assessment` because a failed check never gets to `decision`
PROPOSE_DEFER = _move(
    "propose_defer",
    _("Propose to defer"),
    {S.ASSESSMENT, S.DECISION},
    S.PROPOSED,
    "application.propose",
    needs_reason=True,
    remembers=True,
)  # T10
CONFIRM = _move("confirm", _("Confirm approval"), {S.PROPOSED}, S.APPROVED, "application.confirm")  # T11
SEND_BACK = _move(
    "send_back", _("Send back"), {S.PROPOSED}, RETURN, "application.send_back", needs_reason=True
)  # T12: to where it was proposed
CONFIRM_DECLINE = _move(
    "confirm_decline", _("Confirm the notice of refusal"), {S.PROPOSED}, S.NOTICE, "application.confirm"
)  # T13
DECLINE_AT_ONCE = _move(
    "decline_at_once", _("Refuse without notice"), {S.PROPOSED}, S.DECLINED, "application.confirm"
)  # T15, a purely factual rule
ANSWER_NOTICE = _move("answer_notice", _("Send your answer"), {S.NOTICE}, None, OWN)
DECLINE = _move("decline", _("Refuse"), {S.NOTICE}, S.DECLINED, "application.close", needs_reason=True)  # T14
RECONSIDER = _move(
    "reconsider", _("Consider anew"), {S.NOTICE}, S.DECISION, "application.close", needs_reason=True
)  # T14
CONFIRM_DEFER = _move(
    "confirm_defer", _("Confirm the deferral"), {S.PROPOSED}, S.DEFERRED, "application.confirm"
)  # T16
CONTINUE = _move("continue", _("Continue"), {S.DEFERRED}, S.ASSESSMENT, OWN)  # T16b
WITHDRAW = _move("withdraw", _("Withdraw the application"), OPEN, S.WITHDRAWN, OWN)  # T17
LAPSE = _move("lapse", _("Close for silence"), {S.MORE_INFO, S.UNCONFIRMED}, S.LAPSED, SYSTEM, remembers=True)  # T18
REOPEN = _move("reopen", _("Open again"), {S.LAPSED}, RETURN, OWN)  # T18
APPEAL = _move("appeal", _("Appeal"), {S.DECLINED}, None, OWN)
ACCEPT_APPEAL = _move(
    "accept_appeal", _("Accept the appeal"), {S.DECLINED}, S.DECISION, "appeal.decide", needs_reason=True
)  # T19
REJECT_APPEAL = _move(
    "reject_appeal", _("Let the refusal stand"), {S.DECLINED}, None, "appeal.decide", needs_reason=True
)

APPLICATION_MOVES = [
    SEND,
    SEND_FOR,
    CONFIRM_CONTACT,
    HOLD,
    RELEASE,
    ASK,
    ANSWER,
    ACCEPT,
    READY,
    PROPOSE,
    PROPOSE_DECLINE,
    PROPOSE_DEFER,
    CONFIRM,
    SEND_BACK,
    CONFIRM_DECLINE,
    DECLINE_AT_ONCE,
    ANSWER_NOTICE,
    DECLINE,
    RECONSIDER,
    CONFIRM_DEFER,
    CONTINUE,
    WITHDRAW,
    LAPSE,
    REOPEN,
    APPEAL,
    ACCEPT_APPEAL,
    REJECT_APPEAL,
]


class CheckState(models.TextChoices):
    REQUESTED = "requested", _("Asked for")
    PROVIDED = "provided", _("Provided, not verified yet")
    VERIFIED = "verified", _("Verified")
    FAILED = "failed", _("Failed")
    INCONCLUSIVE = "inconclusive", _("Inconclusive")
    INVALIDATED = "invalidated", _("No longer counts")
    CANCELLED = "cancelled", _("Cancelled")


C = CheckState
PROVIDE = _move("provide", _("Provide"), {C.REQUESTED, C.PROVIDED, C.VERIFIED}, C.PROVIDED, OWN)
PROVIDE_FOR = _move("provide_for", _("Enter what was shown"), PROVIDE.sources, C.PROVIDED, "check.provide")
VERIFY = _move("verify", _("Verify"), {C.REQUESTED, C.PROVIDED}, C.VERIFIED, "check.verify")
FAIL = _move("fail", _("Mark as failed"), {C.REQUESTED, C.PROVIDED}, C.FAILED, "check.verify", needs_reason=True)
MARK_INCONCLUSIVE = _move(
    "inconclusive",
    _("Mark as inconclusive"),
    {C.REQUESTED, C.PROVIDED},
    C.INCONCLUSIVE,
    "check.verify",
    needs_reason=True,
)
ASK_AGAIN = _move("ask_again", _("Ask again"), {C.INCONCLUSIVE}, C.REQUESTED, "check.provide")
INVALIDATE = _move(
    "invalidate", _("Counts no more"), {C.VERIFIED}, C.INVALIDATED, "check.invalidate", needs_reason=True
)  # an event; a fresh record is asked for
CANCEL_CHECK = _move("cancel", _("Cancel"), {C.REQUESTED, C.PROVIDED, C.INCONCLUSIVE}, C.CANCELLED, SYSTEM)
SET_ASIDE = _move("set_aside", _("Ask for it again"), {C.FAILED}, C.INVALIDATED, "application.sensitive")
CHECK_MOVES = [
    PROVIDE,
    PROVIDE_FOR,
    VERIFY,
    FAIL,
    MARK_INCONCLUSIVE,
    ASK_AGAIN,
    INVALIDATE,
    SET_ASIDE,
    CANCEL_CHECK,
]


class RefereeState(models.TextChoices):
    CREATED = "created", _("Not asked yet")
    SENT = "sent", _("Asked")
    OPENED = "opened", _("Link opened")
    COMPLETED = "completed", _("Answered")
    DECLINED = "declined", _("Cannot give a reference")
    OFFLINE = "offline", _("Answered by phone or on paper")
    BOUNCED = "bounced", _("Address does not work")
    EXPIRED = "expired", _("Link out of date")
    REPLACED = "replaced", _("Replaced by another referee")
    CANCELLED = "cancelled", _("No longer needed")


REFEREE_WAITING = frozenset({RefereeState.CREATED, RefereeState.SENT, RefereeState.OPENED})
REFEREE_GAVE_ONE = frozenset({RefereeState.COMPLETED, RefereeState.OFFLINE})
