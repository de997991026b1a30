"""The writes of school sessions, by subject. Locks are taken mentor first, then session, each by rising id."""

from .arrivals import arrive, depart
from .assigning import book_for, call_mentors, move_to
from .assuring import assure
from .attendance import correct_attendance
from .batches import make_series, undo_batch
from .booking import book, cancel_booking
from .calendar import close_address, new_address
from .calendar_days import keep_period, remove_period
from .certificates import issue_certificate
from .changing import Changed, change_following, change_session
from .clearing import recheck_bookings, revoke_uncleared
from .feedback import give_feedback
from .hours import close_month, correct_hours
from .notes import answer_note, write_note
from .planning import cancel_session, close_past_sessions, name_adult, plan_session, publish
from .readiness import start_session
from .reconfirming import confirm_again, release_booking
from .second_choice import choose_second
from .session_templates import apply_template, keep_template, retire_template
from .standing import book_series
from .swaps import decline_swap, expire_swaps, offer_swap, take_swap, withdraw_swap
from .visits import confirm_attendance, confirm_session, confirm_visit
from .waiting import accept_place, decline_place, join, lapse_offers, leave_line
from .work import confirm_work, decline_work, note_work, withdraw_work

__all__ = [
    "Changed",
    "accept_place",
    "answer_note",
    "apply_template",
    "arrive",
    "assure",
    "book",
    "book_for",
    "book_series",
    "call_mentors",
    "cancel_booking",
    "cancel_session",
    "change_following",
    "change_session",
    "choose_second",
    "close_address",
    "close_month",
    "close_past_sessions",
    "confirm_again",
    "confirm_attendance",
    "confirm_session",
    "confirm_visit",
    "confirm_work",
    "correct_attendance",
    "correct_hours",
    "decline_place",
    "decline_swap",
    "decline_work",
    "depart",
    "expire_swaps",
    "give_feedback",
    "issue_certificate",
    "join",
    "keep_period",
    "keep_template",
    "lapse_offers",
    "leave_line",
    "make_series",
    "move_to",
    "name_adult",
    "new_address",
    "note_work",
    "offer_swap",
    "plan_session",
    "publish",
    "recheck_bookings",
    "release_booking",
    "remove_period",
    "retire_template",
    "revoke_uncleared",
    "start_session",
    "take_swap",
    "undo_batch",
    "withdraw_swap",
    "withdraw_work",
    "write_note",
]
