"""Volunteer work outside sessions, noted by the mentor."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.moves import OWN, Move


class WorkState(models.TextChoices):
    SUBMITTED = "submitted", pgettext_lazy("work", "Waits for the coordinator")
    CONFIRMED = "confirmed", pgettext_lazy("work", "Counted")
    DECLINED = "declined", pgettext_lazy("work", "Not counted")
    WITHDRAWN = "withdrawn", pgettext_lazy("work", "Taken back")


K = WorkState
WORK_TONES = {K.SUBMITTED: "wait", K.CONFIRMED: "good", K.DECLINED: "bad"}


def _move(name, label, target, permission, **more) -> Move:
    return Move(name=name, label=label, sources=frozenset({K.SUBMITTED}), target=target, permission=permission, **more)


CONFIRM_WORK = _move("confirm_work", _("Confirm"), K.CONFIRMED, "hours.correct")
DECLINE_WORK = _move(
    "decline_work", _("Do not count"), K.DECLINED, "hours.correct", needs_reason=True, letter="work_declined"
)
WITHDRAW_WORK = _move("withdraw_work", _("Take back"), K.WITHDRAWN, OWN)
WORK_MOVES = [CONFIRM_WORK, DECLINE_WORK, WITHDRAW_WORK]

__all__ = ["CONFIRM_WORK", "DECLINE_WORK", "WITHDRAW_WORK", "WORK_MOVES", "WORK_TONES", "WorkState"]
