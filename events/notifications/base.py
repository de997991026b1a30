"""To whom the letters of school sessions go."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from events import calendars
from events.models import Booking, SchoolSession, SessionRequest
from portal import mail
from portal.access import Role
from portal.models import RoleGrant, User


def holders(grants: QuerySet[RoleGrant]) -> QuerySet[User]:
    return User.objects.filter(pk__in=grants.in_force().values("user")).order_by("pk")


def school_contacts(session: SchoolSession | SessionRequest) -> QuerySet[User]:
    return holders(RoleGrant.objects.filter(role=Role.SCHOOL_CONTACT, school=session.school_id))


def coordinators(session: SchoolSession | SessionRequest) -> QuerySet[User]:
    return holders(RoleGrant.objects.covering(session.school.district_id).filter(role=Role.COORDINATOR))


def contact_grants(schools: QuerySet | set[int]) -> QuerySet[RoleGrant]:
    """The roles in force of the contact persons of these schools, given by their keys."""
    return RoleGrant.objects.in_force().filter(role=Role.SCHOOL_CONTACT, school__in=schools)


def urgent_until(*moments: datetime) -> datetime | None:
    """Until when news of a visit at one of these moments (as it was, as it is now) is worth a text message: an hour
    before it, for the way there, or until it begins where it is nearer. None where it begins later than in
    `PROGRAMME["urgent_hours"]`: then an e-mail is read in time."""
    now = timezone.now()
    near = [moment for moment in moments if now < moment <= now + timedelta(hours=settings.PROGRAMME["urgent_hours"])]
    if not near:
        return None
    leaves = min(near) - timedelta(minutes=settings.PROGRAMME["booking_buffer_minutes"])
    return leaves if leaves > now else min(near)


def for_mentor(
    letter: str,
    booking: Booking,
    key: str,
    *,
    page: tuple = (),
    calendar: bool = False,
    urgent: bool = False,
    was: datetime | None = None,
    **timing: datetime,
) -> list[mail.Letter]:
    """One letter, or none for an erased account. What is `urgent` goes by text message too when the visit is near, as it
    is now or as it `was` before a change."""
    if booking.person.user is None:
        return []
    return [
        mail.Letter(
            name=f"events/{letter}",
            to=booking.person.user,
            context={"booking": booking, "session": booking.session, "moved_from": was},
            dedupe_key=key,
            action=page or ("session_detail", booking.session.uuid),
            about=booking.code,
            attachments=[calendars.attachment(booking)] if calendar else None,
            urgent_until=urgent_until(booking.starts_at, was or booking.session.starts_at) if urgent else None,
            **timing,
        )
    ]


def to_mentor(letter: str, booking: Booking, key: str, **more) -> None:
    """`more` as for `for_mentor`."""
    mail.queue_many(for_mentor(letter, booking, key, **more))


def for_school(
    letter: str,
    session: SchoolSession,
    key: str,
    context: dict,
    contacts: Iterable[User],
    *,
    urgent: bool = False,
    was: datetime | None = None,
) -> list[mail.Letter]:
    """A letter for each contact person; `urgent` and `was` as for a mentor."""
    return [
        mail.Letter(
            name=f"events/{letter}",
            to=contact,
            context={"session": session, **context},
            dedupe_key=f"{letter}:{key}:{contact.pk}",
            action=("school_home",),
            about=session.code,
            urgent_until=urgent_until(session.starts_at, was or session.starts_at) if urgent else None,
        )
        for contact in contacts
    ]


def to_school(
    letter: str, session: SchoolSession, key: str, context: dict, *, but: User | None = None, **urgency
) -> None:
    """`urgency` as for `for_school`."""
    contacts = [contact for contact in school_contacts(session) if contact != but]
    mail.queue_many(for_school(letter, session, key, context, contacts, **urgency))
