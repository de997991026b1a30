"""A place in the waiting list of a session, and the handover of a booking to another mentor."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.moves import OWN, SYSTEM, Move


class WaitState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("waiting list", "Waiting")
    OFFERED = "offered", pgettext_lazy("waiting list", "A place is offered")
    ACCEPTED = "accepted", pgettext_lazy("waiting list", "Booked")
    DECLINED = "declined", pgettext_lazy("waiting list", "Declined the place")
    LEFT = "left", pgettext_lazy("waiting list", "Left the list")
    REMOVED = "removed", pgettext_lazy("waiting list", "Taken off the list")


class SwapState(models.TextChoices):
    OPEN = "open", pgettext_lazy("handover", "Waits for a colleague")
    DONE = "done", pgettext_lazy("handover", "Handed over")
    DECLINED = "declined", pgettext_lazy("handover", "The colleague cannot")
    WITHDRAWN = "withdrawn", pgettext_lazy("handover", "Taken back")
    EXPIRED = "expired", pgettext_lazy("handover", "Nobody took it")


W, H = WaitState, SwapState
IN_LINE = frozenset({W.WAITING, W.OFFERED})


def _move(name, label, sources, target, permission, **more) -> Move:
    return Move(name=name, label=label, sources=frozenset(sources), target=target, permission=permission, **more)


OFFER_PLACE = _move("offer_place", _("Offer the place"), {W.WAITING}, W.OFFERED, SYSTEM, letter="place_offered")
ACCEPT_PLACE = _move("accept_place", _("Take the place"), {W.OFFERED}, W.ACCEPTED, OWN)
DECLINE_PLACE = _move("decline_place", _("I cannot"), {W.OFFERED}, W.DECLINED, OWN)
BACK_IN_LINE = _move("back_in_line", _("The offer ran out"), {W.OFFERED}, W.WAITING, SYSTEM, letter="offer_over")
TAKE_OFFER_BACK = _move(
    "take_offer_back", _("The offer is taken back"), {W.OFFERED}, W.WAITING, SYSTEM, letter="offer_over"
)  # there is no place any more, or it may not be his now
LEAVE_LINE = _move("leave_line", _("Leave the waiting list"), {W.WAITING}, W.LEFT, OWN)
TAKE_OFF = _move("take_off", _("Taken off the list"), IN_LINE, W.REMOVED, SYSTEM, letter="off_the_list")
WAITING_MOVES = [OFFER_PLACE, ACCEPT_PLACE, DECLINE_PLACE, BACK_IN_LINE, TAKE_OFFER_BACK, LEAVE_LINE, TAKE_OFF]

HAND_OVER = _move("hand_over", _("Take over the visit"), {H.OPEN}, H.DONE, SYSTEM)  # whoever takes it, by the service
DECLINE_SWAP = _move("decline_swap", _("I cannot"), {H.OPEN}, H.DECLINED, SYSTEM, letter="swap_declined")
WITHDRAW_SWAP = _move("withdraw_swap", _("Take it back"), {H.OPEN}, H.WITHDRAWN, OWN)
EXPIRE_SWAP = _move("expire_swap", _("Nobody took it"), {H.OPEN}, H.EXPIRED, SYSTEM, letter="swap_expired")
SWAP_MOVES = [HAND_OVER, DECLINE_SWAP, WITHDRAW_SWAP, EXPIRE_SWAP]

# What the timeline of a session says of an entry in the log.
LINE_IN_THE_LOG = {
    "join": _("Waits for a place"),
    "second_choice": _("Said which visit he gives back for a place"),
    OFFER_PLACE.name: _("A place was offered from the waiting list"),
    ACCEPT_PLACE.name: _("Got a place from the waiting list"),
    DECLINE_PLACE.name: _("Did not take the offered place"),
    BACK_IN_LINE.name: _("The offer of a place is over; waits on"),
    TAKE_OFFER_BACK.name: _("The offer of a place was taken back; waits on"),
    LEAVE_LINE.name: _("Left the waiting list"),
    TAKE_OFF.name: _("Taken off the waiting list"),
    "offer_swap": _("A mentor looks for somebody to come in his place"),
    HAND_OVER.name: _("A colleague took the visit over"),
    DECLINE_SWAP.name: _("The colleague cannot take the visit over"),
    WITHDRAW_SWAP.name: _("No longer looks for somebody to come in his place"),
    EXPIRE_SWAP.name: _("Nobody took the visit over in time"),
}


def line_in_words(state: str) -> str:
    """The label of the state of a waiting place or a handover as the log keeps it."""
    return dict([*WaitState.choices, *SwapState.choices]).get(state, state)


__all__ = [
    "ACCEPT_PLACE",
    "BACK_IN_LINE",
    "DECLINE_PLACE",
    "DECLINE_SWAP",
    "EXPIRE_SWAP",
    "HAND_OVER",
    "IN_LINE",
    "LEAVE_LINE",
    "LINE_IN_THE_LOG",
    "OFFER_PLACE",
    "SWAP_MOVES",
    "TAKE_OFF",
    "TAKE_OFFER_BACK",
    "WAITING_MOVES",
    "WITHDRAW_SWAP",
    "SwapState",
    "WaitState",
    "line_in_words",
]
