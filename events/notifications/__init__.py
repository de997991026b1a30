"""One function per letter, named after what happened."""

from .assigning import SHORTAGE_CALL, kept_away, shortage_call
from .attendance import attendance_corrected, attendance_wanted, feedback_wanted, hours_corrected
from .base import contact_grants, coordinators, school_contacts
from .bookings import (
    booking_cancelled,
    note_answered,
    partner_left,
    place_taken,
    session_cancelled,
    to_coordinator_late_cancel,
    to_school_note,
    to_school_session_cancelled,
    to_school_visit_off,
    visit_confirmed,
)
from .changes import (
    details_changed,
    released_by_change,
    session_changed_waiting,
    sessions_moved,
    to_school_sessions_moved,
    to_school_sessions_off,
)
from .digest import weekly_digest
from .reminders import (
    REMINDERS,
    contacts_of,
    forget_reminders,
    forget_school_reminders,
    remind_mentors,
    remind_schools,
    reminder_due_at,
)
from .requests import (
    to_coordinator_answered,
    to_coordinator_handed,
    to_coordinator_request,
    to_coordinator_withdrawn,
    to_school_question,
    to_school_request_accepted,
    to_school_request_declined,
    to_school_request_expired,
    to_school_scheduled,
)
from .swaps import handed_over, swap_declined, swap_expired, swap_offered
from .waiting import forget_offer, off_the_list, offer_over, place_offered
from .work import work_declined

__all__ = [
    "REMINDERS",
    "SHORTAGE_CALL",
    "attendance_corrected",
    "attendance_wanted",
    "booking_cancelled",
    "contact_grants",
    "contacts_of",
    "coordinators",
    "details_changed",
    "feedback_wanted",
    "forget_offer",
    "forget_reminders",
    "forget_school_reminders",
    "handed_over",
    "hours_corrected",
    "kept_away",
    "note_answered",
    "off_the_list",
    "offer_over",
    "partner_left",
    "place_offered",
    "place_taken",
    "released_by_change",
    "remind_mentors",
    "remind_schools",
    "reminder_due_at",
    "school_contacts",
    "session_cancelled",
    "session_changed_waiting",
    "sessions_moved",
    "shortage_call",
    "swap_declined",
    "swap_expired",
    "swap_offered",
    "to_coordinator_answered",
    "to_coordinator_handed",
    "to_coordinator_late_cancel",
    "to_coordinator_request",
    "to_coordinator_withdrawn",
    "to_school_note",
    "to_school_question",
    "to_school_request_accepted",
    "to_school_request_declined",
    "to_school_request_expired",
    "to_school_scheduled",
    "to_school_session_cancelled",
    "to_school_sessions_moved",
    "to_school_sessions_off",
    "to_school_visit_off",
    "visit_confirmed",
    "weekly_digest",
    "work_declined",
]
