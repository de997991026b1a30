"""One function per letter, named after what happened."""

from .base import coordinators, school_contacts
from .bookings import (
    booked,
    booking_cancelled,
    forget_reminder,
    partner_left,
    reminder,
    session_cancelled,
    to_coordinator_late_cancel,
    to_school_booked,
    to_school_session_cancelled,
    to_school_visit_off,
    visit_confirmed,
)

__all__ = [
    "booked",
    "booking_cancelled",
    "coordinators",
    "forget_reminder",
    "partner_left",
    "reminder",
    "school_contacts",
    "session_cancelled",
    "to_coordinator_late_cancel",
    "to_school_booked",
    "to_school_session_cancelled",
    "to_school_visit_off",
    "visit_confirmed",
]
