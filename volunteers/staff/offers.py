"""The moves that one reader may make in a case today: each with its form, or with every reason that speaks against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _

from portal import mail, moves
from portal.models import User
from portal.moves import Move
from portal.refusals import Reason
from volunteers.forms import case as case_forms
from volunteers.models import Application, Decision, Hold
from volunteers.notifications import decisions as letters
from volunteers.services import decisions, guards, holds
from volunteers.states import (
    ACCEPT,
    ASK,
    CONFIRM,
    CONFIRM_DECLINE,
    CONFIRM_DEFER,
    DECLINE,
    DECLINE_AT_ONCE,
    HOLD,
    PROPOSE,
    PROPOSE_DECLINE,
    PROPOSE_DEFER,
    READY,
    RECONSIDER,
    RELEASE,
    SEND_BACK,
)

# In the order of the page, each with its form.
FORMS: dict[Move, type[case_forms.CaseForm] | None] = {
    RELEASE: case_forms.ReleaseForm,
    ACCEPT: case_forms.AcceptForm,
    READY: None,
    PROPOSE: case_forms.ProposeForm,
    CONFIRM: case_forms.ConfirmForm,
    CONFIRM_DECLINE: case_forms.ConfirmForm,
    DECLINE_AT_ONCE: case_forms.ConfirmForm,
    CONFIRM_DEFER: case_forms.ConfirmForm,
    DECLINE: case_forms.CloseForm,
    RECONSIDER: case_forms.CloseForm,
    SEND_BACK: case_forms.SendBackForm,
    ASK: case_forms.AskForm,
    PROPOSE_DEFER: case_forms.ProposeDeferForm,
    PROPOSE_DECLINE: case_forms.ProposeDeclineForm,
    HOLD: case_forms.HoldForm,
}
OWN_PAGE = frozenset({ASK, PROPOSE_DECLINE})  # with a long form, at the address of the move
STEPS_AHEAD = frozenset({RELEASE, ACCEPT, READY, PROPOSE, CONFIRM, CONFIRM_DECLINE, CONFIRM_DEFER, DECLINE})
CONFIRMATIONS = {
    Decision.Outcome.APPROVE: {CONFIRM},
    Decision.Outcome.DECLINE: {CONFIRM_DECLINE, DECLINE_AT_ONCE},
    Decision.Outcome.DEFER: {CONFIRM_DEFER},
}
SECOND = frozenset().union(*CONFIRMATIONS.values())
LETTERS = {
    CONFIRM_DECLINE: letters.NOTICE,
    DECLINE_AT_ONCE: letters.DECLINED,
    CONFIRM_DEFER: letters.DEFERRED,
    DECLINE: letters.DECLINED,
}


@dataclass
class Offer:
    """A move of the case page. Barred people get no button; `missing` says why a press would be refused today. `ahead`
    is the way forward, the others are folded away or, `elsewhere`, have a page of their own; `letter` is what the
    applicant would get."""

    move: Move
    address: str
    form: forms.Form | None = None
    barred: list[Reason] = field(default_factory=list)
    missing: list[Reason] = field(default_factory=list)
    ahead: bool = False
    elsewhere: bool = False
    letter: mail.Words | None = None
    label: str = ""

    @property
    def css(self) -> str:
        if self.move in (PROPOSE_DECLINE, DECLINE, DECLINE_AT_ONCE, CONFIRM_DECLINE, HOLD):
            return "btn danger"
        return "btn" if self.ahead else "btn quiet"


@dataclass(frozen=True)
class Situation:
    """What the page has asked about the case once, for all of its moves. `decision` is the one that is open or whose
    notice runs, `hold` the one under which the case rests, `barred` what `guards.may_decide` found, `known` what the
    other guards look at."""

    application: Application
    by: User
    barred: list[Reason]
    decision: Decision | None
    hold: Hold | None
    known: guards.Known


def offers(now: Situation, bound: Mapping[str, forms.Form]) -> list[Offer]:
    """Moves of the reader's role in this state; `bound` forms (by the move's name) take the place of empty ones."""
    found = [_offer(move, now, bound) for move in _open_moves(now.application, now.decision, now.by)]
    return sorted(found, key=lambda offer: not offer.ahead)


def _open_moves(application: Application, decision: Decision | None, by: User) -> list[Move]:
    moves_now = moves.open_to(FORMS, application, by)
    if decision is None:
        return moves_now
    others = set().union(*(moves for outcome, moves in CONFIRMATIONS.items() if outcome != decision.outcome))
    if not decisions.at_once(decision):
        others.add(DECLINE_AT_ONCE)
    return [move for move in moves_now if move not in others]


def _offer(move: Move, now: Situation, bound: Mapping[str, forms.Form]) -> Offer:
    application, barred = now.application, _barred(move, now)
    offer = Offer(
        move=move,
        address=reverse(f"staff_application_{move.name}", args=[application.uuid]),
        barred=barred,
        missing=[] if barred else _missing(move, now),
        ahead=move in STEPS_AHEAD,
        elsewhere=move in OWN_PAGE,
        label=_label(move, now),
    )
    form_class = FORMS[move]
    if form_class and not (barred or offer.elsewhere):
        offer.form = bound.get(move.name) or form_class(application=application, key=move.name)
    if move in LETTERS and now.decision and not barred:
        now.decision.application = application
        offer.letter = letters.preview(LETTERS[move], now.decision)
    return offer


def _barred(move: Move, now: Situation) -> list[Reason]:
    if move in SECOND:
        return now.barred + guards.second_person(now.application, now.decision, now.by, now.known.checks)
    if move in (DECLINE, RECONSIDER):
        return now.barred + guards.proposer(now.decision, now.by)
    if move is RELEASE and now.hold:
        return now.barred + holds.proposer(now.hold, now.by)
    return now.barred


def _label(move: Move, now: Situation) -> str:
    """What the button says; where two are needed, the first one only proposes."""
    if move is RELEASE and now.hold and holds.takes_two(now.hold):
        return _("Confirm: release the case") if now.hold.release_proposed_by_id else _("Propose to release the case")
    return move.label


def _missing(move: Move, now: Situation) -> list[Reason]:
    if move in (READY, PROPOSE):
        return guards.missing_for_approval(now.application, now.known)
    if move is DECLINE:
        return decisions.why_not_decline(now.decision)
    if move in SECOND:
        return decisions.why_not_confirm(move, now.application, now.decision, now.known)
    return []
