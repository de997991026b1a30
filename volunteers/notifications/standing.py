"""Letters about somebody's standing: one function per letter, named after what happened. None names a member of staff."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from portal import mail
from portal.models import OutgoingMessage
from portal.refusals import Reason
from volunteers.models import ExitRecord, Organisation, Person, Suspension
from volunteers.notifications.applicant import contact_of


def suspended(suspension: Suspension) -> OutgoingMessage:
    """Neutral; the reason's own words only where they may be disclosed."""
    reason = suspension.reason_code
    return mail.queue(
        "volunteers/suspended",
        contact_of(suspension.person),
        {"reason": reason if reason.disclosable else None},
        dedupe_key=f"suspended:{suspension.uuid}",
        action=("my_home",),
        about=suspension.code,
    )


def suspension_lifted(suspension: Suspension) -> OutgoingMessage:
    return mail.queue(
        "volunteers/suspension_lifted",
        contact_of(suspension.person),
        {},
        dedupe_key=f"suspension_lifted:{suspension.uuid}",
        action=("my_home",),
        about=suspension.code,
    )


def clearance_ends(person: Person, until: date, step: int, ending: list[Reason]) -> OutgoingMessage | None:
    """The last day on which he may come, and what ends; one letter for each end and step. None when it was written."""
    key = f"clearance_ends:{person.uuid}:{until}:{step}"
    if OutgoingMessage.objects.filter(dedupe_key=key).exists():
        return None
    return mail.queue(
        "volunteers/clearance_ends",
        contact_of(person),
        {"until": until, "ending": ending},
        dedupe_key=key,
        action=("my_home",),
        about=person.code,
    )


def left(record: ExitRecord) -> OutgoingMessage:
    """Thanks, and where the letter of service is."""
    return mail.queue(
        "volunteers/left",
        contact_of(record.person),
        {"left_on": record.left_on, "inactive": record.reason == ExitRecord.Reason.INACTIVE},
        dedupe_key=f"left:{record.uuid}",
        action=("my_home",),
        about=record.person.code,
    )


def inactivity_key(person: Person, since: date) -> str:
    return f"inactive:{person.uuid}:{since}"


def inactive(person: Person, since: date, *, leaves_on: date) -> OutgoingMessage:
    """Asks somebody long silent whether he stays; one letter for each silence."""
    return mail.queue(
        "volunteers/inactive",
        contact_of(person),
        {"since": since, "leaves_on": leaves_on},
        dedupe_key=inactivity_key(person, since),
        action=("my_stay",),
        about=person.code,
    )


def endorser_named(organisation: Organisation) -> OutgoingMessage:
    """To the one who speaks for an organisation from now on."""
    return mail.queue(
        "volunteers/endorser_named",
        organisation.endorser,
        {"organisation": organisation},
        dedupe_key=f"endorser_named:{organisation.pk}:{organisation.endorser.uuid}:{uuid4()}",
        action=("my_organisation",),
    )
