"""The life of a case as a table: an app's `states.py` lists `Move`s, its services make them with `advance()`."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import access, audit
from portal.refusals import NotAllowed, Reason, Refused

OWN = "own"  # the person the case is about makes this move himself
SYSTEM = "system"  # nobody does: time or an event
RETURN = "return"  # as a target: the state the case came from


@dataclass(frozen=True, kw_only=True, eq=False)  # a move is itself: its label reads otherwise in each language
class Move:
    """One row of a state table. `target` None keeps the state, RETURN goes back to the newest state in the case's
    `return_to`. `remembers` puts the state that is left there; every other move to a fixed state empties it.
    `permission` is OWN, SYSTEM or a name in `access.PERMISSIONS`."""

    name: str
    label: str
    sources: frozenset[str]
    target: str | None
    permission: str
    needs_reason: bool = False
    remembers: bool = False
    letter: str = ""


def may_make(move: Move, case, by) -> bool:
    """Whether `by` (None is the system) is the one who makes this move; says nothing of the state or the guards."""
    if move.permission == SYSTEM:
        return by is None
    if by is None:
        return False
    if move.permission == OWN:
        return case.reach.subject_id is not None and case.reach.subject_id == by.pk
    return access.allows(by, move.permission, case.reach)


def open_to(moves, case, by) -> list[Move]:
    """The moves to offer `by` on the page of the case, in the table's order."""
    return [move for move in moves if case.state in move.sources and may_make(move, case, by)]


def demand(move: Move, case, by, reason: str = "") -> None:
    """Raises `NotAllowed` for the wrong person and `Refused` for the wrong state or a missing reason."""
    if not may_make(move, case, by):
        raise NotAllowed(Reason("not_yours", _("Your role does not make this step in this case.")))
    if case.state not in move.sources:
        raise Refused(
            Reason(
                "wrong_state",
                _("“%(move)s” is not possible while the state is “%(state)s”.")
                % {"move": move.label, "state": case.get_state_display()},
            )
        )
    if move.needs_reason and not reason.strip():
        raise Refused(Reason("reason_missing", _("Please write the reason.")))


def advance(move: Move, case, by, *, reason: str = "", **data) -> None:
    """Sets the state and the moment it was entered, saves, and writes the log. The caller has locked the row and
    called `demand`; `data` goes to the log and may hold codes and counts only."""
    before = case.state
    if move.target is not None:
        case.state = _enter(move, case)
        case.state_since = timezone.now()
    case.save()
    audit.record(case, move.name, by, state_from=before, state_to=case.state, reason=reason, **data)


def _enter(move: Move, case) -> str:
    """The state that the move leads to; keeps `return_to` of cases that have one."""
    if not hasattr(case, "return_to"):
        return move.target
    came_from = case.return_to.split()
    target = came_from.pop() if move.target == RETURN else move.target
    if move.remembers:
        came_from.append(case.state)
    elif move.target != RETURN:
        came_from = []
    case.return_to = " ".join(came_from)
    return target
