"""A school session and a booking."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.moves import OWN, SYSTEM, Move


class SessionState(models.TextChoices):
    """What is stored. Open, full, ready and at risk are computed."""

    DRAFT = "draft", pgettext_lazy("session", "Draft")
    PUBLISHED = "published", pgettext_lazy("session", "Published")
    IN_PROGRESS = "in_progress", pgettext_lazy("session", "Going on")
    FINISHED = "finished", pgettext_lazy("session", "Over, attendance awaited")
    CLOSED = "closed", pgettext_lazy("session", "Closed")
    CANCELLED = "cancelled", pgettext_lazy("session", "Cancelled")


class BookingState(models.TextChoices):
    """What the coordinator reads. What the mentor reads: `READ_BY_MENTOR`; a school is shown `HOLDING` and `DONE` only."""

    PENDING = "pending", _("Waiting for the school")
    CONFIRMED = "confirmed", pgettext_lazy("booking", "Confirmed")
    RECONFIRM_NEEDED = "reconfirm_needed", _("To be confirmed again")
    COMPLETED = "completed", pgettext_lazy("booking", "Held")
    NO_SHOW = "no_show", _("Did not come")
    EXCUSED = "excused", _("Absent for a good reason")
    RELEASED = "released", pgettext_lazy("booking", "Released")
    CANCELLED_BY_MENTOR = "cancelled_by_mentor", _("Cancelled by the mentor")
    CANCELLED_BY_COORDINATOR = "cancelled_by_coordinator", _("Cancelled by the coordinator")
    CANCELLED_BY_SCHOOL = "cancelled_by_school", _("Cancelled by the school")
    REVOKED = "revoked", _("Released: not cleared for that day")
    SWAPPED_OUT = "swapped_out", _("Handed over to another mentor")


S, B = SessionState, BookingState
HOLDING = frozenset({B.PENDING, B.CONFIRMED, B.RECONFIRM_NEEDED})  # takes a place
DONE = frozenset({B.COMPLETED, B.NO_SHOW, B.EXCUSED})
OFF = frozenset(B) - HOLDING - DONE  # the mentor does not come
SHOWN_TO_SCHOOL = HOLDING | DONE
PUBLIC = frozenset(S) - {S.DRAFT}  # what mentors may read of

READ_BY_MENTOR = {
    B.PENDING: _("Booked; the school has yet to confirm it"),
    B.RECONFIRM_NEEDED: _("Something changed; wait for our letter before you go"),
    B.CANCELLED_BY_MENTOR: _("You cancelled it"),
    B.REVOKED: _("Cancelled: a paper or training of yours does not cover that day"),
}
TONES = {**dict.fromkeys(OFF | {B.NO_SHOW}, "bad"), **dict.fromkeys({B.CONFIRMED, B.COMPLETED}, "good")}


def _move(name, label, sources, target, permission, **more) -> Move:
    return Move(name=name, label=label, sources=frozenset(sources), target=target, permission=permission, **more)


PUBLISH = _move("publish", _("Publish"), {S.DRAFT}, S.PUBLISHED, "session.plan")
NAME_ADULT = _move(
    "name_adult", _("Name the adult"), {S.DRAFT, S.PUBLISHED, S.IN_PROGRESS, S.FINISHED}, None, "session.staff"
)
CANCEL_SESSION = _move(
    "cancel_session",
    _("Cancel the session"),
    {S.DRAFT, S.PUBLISHED},
    S.CANCELLED,
    "session.cancel",
    needs_reason=True,
    letter="session_cancelled",
)
CHANGE = _move(
    "change", _("Change the session"), {S.DRAFT, S.PUBLISHED}, None, "session.plan", letter="session_changed"
)
UNDO = _move(  # of many made at once
    "undo", _("Undo"), {S.DRAFT, S.PUBLISHED}, S.CANCELLED, "session.plan", letter="to_school_sessions_off"
)
START = _move("start", _("Begin"), {S.PUBLISHED}, S.IN_PROGRESS, "session.staff")
FINISH = _move("finish", _("Over"), {S.PUBLISHED, S.IN_PROGRESS}, S.FINISHED, SYSTEM)
CLOSE = _move("close", _("Close"), {S.FINISHED}, S.CLOSED, SYSTEM)
SESSION_MOVES = [PUBLISH, NAME_ADULT, CHANGE, CANCEL_SESSION, UNDO, START, FINISH, CLOSE]

CONFIRM_VISIT = _move(
    "confirm_visit",
    _("Confirm the visit"),
    {B.PENDING, B.RECONFIRM_NEEDED},
    B.CONFIRMED,
    "session.staff",
    letter="visit_confirmed",
)
RECONFIRM = _move(
    "reconfirm", _("To be confirmed again"), {B.CONFIRMED}, B.RECONFIRM_NEEDED, SYSTEM, letter="partner_left"
)
ASK_AGAIN = _move(  # time or place changed
    "ask_again", _("Asked again"), HOLDING, B.RECONFIRM_NEEDED, SYSTEM, letter="session_changed"
)
LET_GO = _move(  # after a change he cannot come, by the rules
    "let_go", _("Released by the change"), HOLDING, B.RELEASED, SYSTEM, letter="released_by_change"
)
KEEP_AWAY = _move(  # a new exclusion (I8)
    "keep_away", _("Released: not open for this mentor"), HOLDING, B.RELEASED, SYSTEM, letter="kept_away"
)
CANCEL_BOOKING = _move(
    "cancel_booking", _("Cancel my visit"), HOLDING, B.CANCELLED_BY_MENTOR, OWN, letter="booking_cancelled"
)
CANCEL_BY_SCHOOL = _move(
    "cancel_by_school",
    _("Cancel this visit"),
    HOLDING,
    B.CANCELLED_BY_SCHOOL,
    "session.staff",
    needs_reason=True,
    letter="booking_cancelled",
)
CANCEL_BY_COORDINATOR = _move(
    "cancel_by_coordinator",
    _("Cancel this visit"),
    HOLDING,
    B.CANCELLED_BY_COORDINATOR,
    "session.staff",
    needs_reason=True,
    letter="booking_cancelled",
)
CONFIRM_AGAIN = _move("confirm_again", _("I still come"), {B.RECONFIRM_NEEDED}, B.CONFIRMED, OWN)
COME_AND_WAIT = _move(
    "come_and_wait", _("I still come"), {B.RECONFIRM_NEEDED}, B.PENDING, OWN
)  # the school's word is out
ASSURE = _move("assure", _("I come"), {B.CONFIRMED}, None, OWN)  # asked the day before
RELEASE = _move(
    "release",
    _("Release"),
    {B.RECONFIRM_NEEDED},
    B.RELEASED,
    "session.plan",
    needs_reason=True,
    letter="booking_cancelled",
)
SWAP_OUT = _move("swap_out", _("Handed over to another mentor"), HOLDING, B.SWAPPED_OUT, SYSTEM, letter="handed_over")
REVOKE = _move("revoke", _("Release"), HOLDING, B.REVOKED, SYSTEM, letter="booking_cancelled")
COMPLETE = _move("complete", _("Was here"), HOLDING, B.COMPLETED, "attendance.confirm")
EXCUSE = _move("excuse", _("Absent for a good reason"), HOLDING, B.EXCUSED, "attendance.confirm")
MISS = _move("miss", _("Did not come"), HOLDING, B.NO_SHOW, "attendance.confirm")


def _correction(name, label, target) -> Move:
    return _move(name, label, DONE, target, "hours.correct", needs_reason=True, letter="attendance_corrected")


CORRECT_COMPLETE = _correction("correct_complete", _("Corrected: was here"), B.COMPLETED)
CORRECT_EXCUSE = _correction("correct_excuse", _("Corrected: absent for a good reason"), B.EXCUSED)
CORRECT_MISS = _correction("correct_miss", _("Corrected: did not come"), B.NO_SHOW)
BOOKING_MOVES = [
    CONFIRM_VISIT,
    RECONFIRM,
    ASK_AGAIN,
    LET_GO,
    KEEP_AWAY,
    CANCEL_BOOKING,
    CANCEL_BY_SCHOOL,
    CANCEL_BY_COORDINATOR,
    CONFIRM_AGAIN,
    COME_AND_WAIT,
    ASSURE,
    RELEASE,
    SWAP_OUT,
    REVOKE,
    COMPLETE,
    EXCUSE,
    MISS,
    CORRECT_COMPLETE,
    CORRECT_EXCUSE,
    CORRECT_MISS,
]

# What the timeline of a session says of an entry in the log.
IN_THE_LOG = {
    "plan": _("Planned"),
    "book": _("A mentor booked"),
    "override": _("Booked against a rule"),
    "call": _("Mentors were asked"),
    "arrive": _("The mentor has come"),
    "depart": _("The mentor has left"),
    "note": _("The mentor wrote to the school"),
    "answer_note": _("The mentor got an answer"),
    "feedback": _("Somebody said how it was"),
    **{move.name: move.label for move in [*SESSION_MOVES, *BOOKING_MOVES]},
    ASSURE.name: _("The mentor has said that he comes"),
}


def in_words(state: str) -> str:
    """The label of a session's or a booking's state as the log keeps it."""
    return dict([*SessionState.choices, *BookingState.choices]).get(state, state)
