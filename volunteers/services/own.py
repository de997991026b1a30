"""The applicant's own moves. He is never told of a hold: a case on hold reads, and takes his steps, as the stage it came
from; what he sends is kept, and the case goes on resting."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal import audit, moves
from portal.models import User
from portal.refusals import Reason, Refused
from volunteers.models import Application
from volunteers.states import READ_BY_APPLICANT, ApplicationState

S = ApplicationState


def stage(application: Application) -> str:
    """The state that the applicant is told."""
    return _told(application)[-1]


def step_stage(application: Application) -> str:
    """The state that places the case among the five steps: a question to him leaves it in the step where it was asked."""
    before = [state for state in _told(application) if state != S.MORE_INFO]
    if stage(application) == S.MORE_INFO:
        return before[-1] if before else S.SCREENING
    return stage(application)


def _told(application: Application) -> list[str]:
    """The states the case came from and the one it is in, as he knows them."""
    came_from = application.return_to.split()
    if application.state == S.ON_HOLD:
        return came_from or [S.SCREENING]
    return [*came_from, application.state]


def demand(
    move: moves.Move,
    application: Application,
    by: User,
    *,
    otherwise: Reason | None = None,
    missing: list[Reason] | None = None,
) -> None:
    """`moves.demand` in the applicant's words: what staff call the state is not for him. Raises `NotAllowed`, and
    `Refused` with `wrong_state` (or `otherwise` in its place), else with everything in `missing`."""
    if moves.may_make(move, application, by):
        if application.state not in move.sources and stage(application) not in move.sources:
            text = _("This is not possible now: %(state)s.") % {"state": READ_BY_APPLICANT[stage(application)]}
            raise Refused(otherwise or Reason("wrong_state", text))
    else:
        moves.demand(move, application, by)
    if missing:
        raise Refused(*missing)


def advance(move: moves.Move, application: Application, by: User, **data) -> None:
    """`moves.advance`; for a case on hold only the state that it will be released to changes."""
    if application.state in move.sources:
        moves.advance(move, application, by, **data)
        return
    came_from = application.return_to.split()
    if move.target == moves.RETURN:
        came_from.pop()
    elif move.target is not None:
        came_from = [move.target]
    application.return_to = " ".join(came_from)
    application.save()
    audit.record(application, move.name, by, state_from=application.state, state_to=application.state, **data)
