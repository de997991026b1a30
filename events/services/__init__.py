"""The writes of school sessions, by subject. Locks are taken mentor first, then session, each by rising id."""

from .booking import book, cancel_booking
from .calendar import new_address
from .clearing import recheck_bookings, revoke_uncleared
from .planning import cancel_session, close_past_sessions, name_adult, plan_session, publish
from .visits import confirm_attendance, confirm_visit

__all__ = [
    "book",
    "cancel_booking",
    "cancel_session",
    "close_past_sessions",
    "confirm_attendance",
    "confirm_visit",
    "name_adult",
    "new_address",
    "plan_session",
    "publish",
    "recheck_bookings",
    "revoke_uncleared",
]
