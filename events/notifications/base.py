"""To whom the letters of school sessions go."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from events import calendars
from events.models import Booking, SchoolSession
from portal import mail
from portal.access import Role
from portal.models import RoleGrant, User


def holders(grants: QuerySet[RoleGrant]) -> QuerySet[User]:
    return User.objects.filter(pk__in=grants.in_force().values("user")).order_by("pk")


def school_contacts(session: SchoolSession) -> QuerySet[User]:
    return holders(RoleGrant.objects.filter(role=Role.SCHOOL_CONTACT, school=session.school_id))


def coordinators(session: SchoolSession) -> QuerySet[User]:
    return holders(RoleGrant.objects.covering(session.school.district_id).filter(role=Role.COORDINATOR))


def to_mentor(
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


def to_school(letter: str, session: SchoolSession, key: str, context: dict, *, but: User | None = None) -> None:
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
