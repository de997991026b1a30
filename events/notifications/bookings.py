from __future__ import annotations

from collections.abc import Iterable

from events.models import Booking, SchoolSession
from events.states import BookingState
from portal import mail
from portal.models import User

from .base import coordinators, for_mentor, for_school, to_mentor, to_school


def place_taken(booking: Booking, contacts: Iterable[User]) -> None:
    """To the mentor with a calendar file, and to the school. Who was booked by the coordinator reads so, and the school of
    a visit that was handed over reads that another mentor comes."""
    ours = "booked_for_you" if booking.source == Booking.Source.COORDINATOR else "booked"
    theirs = "to_school_other_mentor" if booking.source == Booking.Source.SWAP else "to_school_booked"
    letters = for_mentor(ours, booking, f"booked:{booking.uuid}", calendar=True)
    letters += for_school(theirs, booking.session, str(booking.uuid), {"booking": booking}, contacts)
    mail.queue_many(letters)


def to_school_note(booking: Booking) -> None:
    """What the mentor wrote after he had the visit."""
    to_school("to_school_note", booking.session, str(booking.uuid), {"booking": booking})


def note_answered(booking: Booking) -> None:
    to_mentor("note_answered", booking, f"note_answered:{booking.uuid}")


def visit_confirmed(booking: Booking) -> None:
    """By the school, or because who was missing comes; again after a partner had left."""
    to_mentor("visit_confirmed", booking, f"visit_confirmed:{booking.uuid}:{booking.state_since.isoformat()}")


def booking_cancelled(booking: Booking) -> None:
    """Whoever ended it: the mentor's calendar must hear of it. The words differ by the booking's state."""
    page = "my_home" if booking.state == BookingState.REVOKED else "my_bookings"
    urgent = booking.state != BookingState.CANCELLED_BY_MENTOR
    key = f"booking_cancelled:{booking.uuid}"
    to_mentor("booking_cancelled", booking, key, page=(page,), calendar=True, urgent=urgent)


def partner_left(booking: Booking) -> None:
    """His first visit waits for another experienced mentor."""
    to_mentor("partner_left", booking, f"partner_left:{booking.uuid}:{booking.state_since.isoformat()}", urgent=True)


def session_cancelled(booking: Booking) -> None:
    key = f"session_cancelled:{booking.uuid}"
    to_mentor("session_cancelled", booking, key, page=("my_bookings",), calendar=True, urgent=True)


def to_school_visit_off(booking: Booking, *, but: User | None = None) -> None:
    """Neutral: that the visit is off, never why."""
    to_school("to_school_visit_off", booking.session, str(booking.uuid), {}, but=but, urgent=True)


def to_school_session_cancelled(session: SchoolSession, reason: str, *, mentors: bool, but: User | None = None) -> None:
    """`mentors`: some were to come, and have been told."""
    context = {"reason": reason, "mentors": mentors}
    to_school("to_school_session_cancelled", session, str(session.uuid), context, but=but, urgent=True)


def to_coordinator_late_cancel(booking: Booking) -> None:
    """Somebody else must be found quickly. The mentor's reason stays on the page it links to."""
    for coordinator in coordinators(booking.session):
        mail.queue(
            "events/to_coordinator_late_cancel",
            coordinator,
            {"session": booking.session},
            dedupe_key=f"late_cancel:{booking.uuid}:{coordinator.pk}",
            action=("staff_session", booking.session.uuid),
            about=booking.code,
        )
