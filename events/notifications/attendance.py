"""After a visit: who came, what was it like, and what became of its hours."""

from __future__ import annotations

from events.models import Attendance, Booking, HoursEntry, SchoolSession
from portal import mail

from .base import school_contacts, to_mentor, to_school


def attendance_wanted(session: SchoolSession) -> None:
    """To the school, once for a session: nobody has said yet who came."""
    to_school("to_school_attendance_wanted", session, str(session.uuid), {})


def feedback_wanted(booking: Booking) -> None:
    """To both sides, once: to the mentor for a visit, to the school for a session."""
    to_mentor("feedback_wanted", booking, f"feedback_wanted:{booking.uuid}", page=("booking_feedback", booking.uuid))
    session = booking.session
    for contact in school_contacts(session):
        mail.queue(
            "events/to_school_feedback_wanted",
            contact,
            {"session": session},
            dedupe_key=f"to_school_feedback_wanted:{session.uuid}:{contact.pk}",
            action=("school_feedback",),
            about=session.code,
        )


def hours_corrected(correction: HoursEntry, before: int, after: int, *, certificates: int) -> None:
    """To the mentor, with the coordinator's reason; `certificates` of his have been revoked."""
    booking = correction.booking
    if booking.person.user is None:  # an erased account
        return
    context = {"session": booking.session, "reason": correction.reason}
    mail.queue(
        "events/hours_corrected",
        booking.person.user,
        context | {"before": before, "after": after, "certificates": certificates},
        dedupe_key=f"hours_corrected:{correction.pk}",
        action=("my_hours",),
        about=booking.code,
    )


def attendance_corrected(attendance: Attendance, reason: str, before: int, after: int, *, certificates: int) -> None:
    """To the mentor, with the coordinator's reason: what is said of his visit now, and its minutes before and after."""
    booking = attendance.booking
    if booking.person.user is None:  # an erased account
        return
    context = {"session": booking.session, "attendance": attendance, "reason": reason}
    mail.queue(
        "events/attendance_corrected",
        booking.person.user,
        context | {"before": before, "after": after, "certificates": certificates},
        dedupe_key=f"attendance_corrected:{booking.uuid}:{booking.state_since.isoformat()}",
        action=("my_hours",),
        about=booking.code,
    )
