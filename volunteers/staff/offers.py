"""The moves that one reader may make in a case today: each with its form, or with every reason that speaks against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django import forms
from django.urls import reverse

from portal import mail, moves
from portal.models import User
from portal.moves import Move
from portal.refusals import Reason
from volunteers.forms import case as case_forms
from volunteers.models import Application, Decision
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
STEPS_AHEAD = frozenset({RELEASE, ACCEPT, READY, PROPOSE, CONFIRM, CONFIRM_DECLINE, CONFIRM_DEFER, DECLINE})
CONFIRMATIONS = {
    Decision.Outcome.APPROVE: {CONFIRM},
    Decision.Outcome.DECLINE: {CONFIRM_DECLINE, DECLINE_AT_ONCE},
    Decision.Outcome.DEFER: {CONFIRM_DEFER},
}
LETTERS = {
    CONFIRM_DECLINE: letters.NOTICE,
    DECLINE_AT_ONCE: letters.DECLINED,
    CONFIRM_DEFER: letters.DEFERRED,
    DECLINE: letters.DECLINED,
}


@dataclass
class Offer:
    """A move of the case page. Barred people get no button; `missing` says why a press would be refused today. `ahead`
    is the way forward, the others are folded away; `letter` is what the applicant would get."""

    move: Move
    address: str
    form: forms.Form | None = None
    barred: list[Reason] = field(default_factory=list)
    missing: list[Reason] = field(default_factory=list)
    ahead: bool = False
    letter: mail.Words | None = None

    @property
    def css(self) -> str:
        if self.move in (PROPOSE_DECLINE, DECLINE, DECLINE_AT_ONCE, CONFIRM_DECLINE, HOLD):
            return "btn danger"
        return "btn" if self.ahead else "btn quiet"


def offers(application: Application, by: User, bound: Mapping[str, forms.Form]) -> list[Offer]:
    """Moves of the role of `by` in this state; `bound` forms (by the move's name) take the place of empty ones."""
    decision = guards.open_decision(application) or decisions.running_notice(application)
    found = [_offer(move, application, decision, by, bound) for move in _open_moves(application, decision, by)]
    return sorted(found, key=lambda offer: not offer.ahead)


def _open_moves(application: Application, decision: Decision | None, by: User) -> list[Move]:
    moves_now = moves.open_to(FORMS, application, by)
    if decision is None:
        return moves_now
    others = set().union(*(moves for outcome, moves in CONFIRMATIONS.items() if outcome != decision.outcome))
    if not decisions.at_once(decision):
        others.add(DECLINE_AT_ONCE)
    return [move for move in moves_now if move not in others]


def _offer(
    move: Move, application: Application, decision: Decision | None, by: User, bound: Mapping[str, forms.Form]
) -> Offer:
    barred = _barred(move, application, decision, by)
    offer = Offer(
        move=move,
        address=reverse(f"staff_application_{move.name}", args=[application.uuid]),
        barred=barred,
        missing=[] if barred else _missing(move, application, decision),
        ahead=move in STEPS_AHEAD,
    )
    form_class = FORMS[move]
    if form_class and not barred:
        offer.form = bound.get(move.name) or form_class(application=application, key=move.name)
    if move in LETTERS and decision and not barred:
        decision.application = application
        offer.letter = letters.preview(LETTERS[move], decision)
    return offer


def _barred(move: Move, application: Application, decision: Decision | None, by: User) -> list[Reason]:
    if move in set().union(*CONFIRMATIONS.values()):
        return guards.may_confirm(application, by)
    if move in (DECLINE, RECONSIDER):
        return guards.may_close(application, decision, by)
    if move is RELEASE and (hold := holds.open_hold(application)):
        return holds.barred_from_releasing(hold, application, by)
    return guards.may_decide(application, by)


def _missing(move: Move, application: Application, decision: Decision | None) -> list[Reason]:
    if move in (READY, PROPOSE):
        return guards.missing_for_approval(application)
    if move is DECLINE:
        return decisions.why_not_decline(decision)
    if move in set().union(*CONFIRMATIONS.values()):
        return decisions.why_not_confirm(move, application, decision)
    return []
