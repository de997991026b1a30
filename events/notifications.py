"""One function per letter, named after what happened."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from events import calendars
from events.models import Booking, SchoolSession
from events.states import BookingState
from portal import mail
from portal.access import Role
from portal.models import RoleGrant, User

USEFUL_BEFORE_START = timedelta(hours=2)


def _holders(grants: QuerySet[RoleGrant]) -> QuerySet[User]:
    return User.objects.filter(pk__in=grants.in_force().values("user")).order_by("pk")


def school_contacts(session: SchoolSession) -> QuerySet[User]:
    return _holders(RoleGrant.objects.filter(role=Role.SCHOOL_CONTACT, school=session.school_id))


def coordinators(session: SchoolSession) -> QuerySet[User]:
    return _holders(RoleGrant.objects.covering(session.school.district_id).filter(role=Role.COORDINATOR))


def _to_mentor(
    letter: str, booking: Booking, key: str, *, page: tuple = (), calendar: bool = False, **timing: datetime
) -> None:
    if booking.person.user is None:  # an erased account
        return
    mail.queue(
        f"events/{letter}",
        booking.person.user,
        {"booking": booking, "session": booking.session},
        dedupe_key=key,
        action=page or ("session_detail", booking.session.uuid),
        about=booking.code,
        attachments=[calendars.attachment(booking)] if calendar else None,
        **timing,
    )


def booked(booking: Booking) -> None:
    _to_mentor("booked", booking, f"booked:{booking.uuid}", calendar=True)


def visit_confirmed(booking: Booking) -> None:
    _to_mentor("visit_confirmed", booking, f"visit_confirmed:{booking.uuid}:{booking.session.version}")


def booking_cancelled(booking: Booking) -> None:
    """Whoever ended it: the mentor's calendar must hear of it. The words differ by the booking's state."""
    page = "my_home" if booking.state == BookingState.REVOKED else "my_bookings"
    _to_mentor("booking_cancelled", booking, f"booking_cancelled:{booking.uuid}", page=(page,), calendar=True)


def partner_left(booking: Booking) -> None:
    """His first visit waits for another experienced mentor."""
    _to_mentor("partner_left", booking, f"partner_left:{booking.uuid}:{booking.state_since.isoformat()}")


def session_cancelled(booking: Booking) -> None:
    _to_mentor("session_cancelled", booking, f"session_cancelled:{booking.uuid}", page=("my_bookings",), calendar=True)


def reminder(booking: Booking, now: datetime) -> None:
    """Waits until the day before. Nothing for a visit booked later than that: its letter has only just left."""
    session = booking.session
    due_at = session.starts_at - timedelta(hours=settings.PROGRAMME["reminder_hours_before"])
    if due_at <= now:
        return
    _to_mentor(
        "reminder",
        booking,
        f"reminder:{booking.uuid}:{session.version}",
        due_at=due_at,
        useful_until=session.starts_at - USEFUL_BEFORE_START,
    )


def forget_reminder(booking: Booking) -> None:
    mail.cancel(f"reminder:{booking.uuid}:")


def _to_school(letter: str, session: SchoolSession, key: str, context: dict, *, but: User | None = None) -> None:
    for contact in school_contacts(session):
        if contact != but:
            mail.queue(
                f"events/{letter}",
                contact,
                {"session": session, **context},
                dedupe_key=f"{letter}:{key}:{contact.pk}",
                action=("school_home",),
                about=session.code,
            )


def to_school_booked(booking: Booking) -> None:
    _to_school("to_school_booked", booking.session, str(booking.uuid), {"booking": booking})


def to_school_visit_off(booking: Booking, *, but: User | None = None) -> None:
    """Neutral: that the visit is off, never why."""
    _to_school("to_school_visit_off", booking.session, str(booking.uuid), {}, but=but)


def to_school_session_cancelled(session: SchoolSession, reason: str, *, but: User | None = None) -> None:
    _to_school("to_school_session_cancelled", session, str(session.uuid), {"reason": reason}, but=but)


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
