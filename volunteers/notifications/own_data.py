"""Letters about one's own data: none of them holds any of it."""

from __future__ import annotations

from portal import mail
from portal.models import OutgoingMessage
from volunteers.models import AgreementVersion, DataArchive, ErasureRequest, Person
from volunteers.notifications.applicant import contact_of


def archive_ready(archive: DataArchive) -> OutgoingMessage:
    """Says that it is there and until when; the link leads to the page that its owner alone opens."""
    return mail.queue(
        "volunteers/archive_ready",
        archive.user,
        {"until": archive.ends_at},
        dedupe_key=f"archive_ready:{archive.uuid}",
        action=("my_data",),
        useful_until=archive.ends_at,
    )


def erasure_asked(request: ErasureRequest) -> OutgoingMessage:
    """Says when it happens and how to take it back: the last letter, for afterwards there is no address any more."""
    return mail.queue(
        "volunteers/erasure_asked",
        request.user,
        {"day": request.due_on},
        dedupe_key=f"erasure_asked:{request.uuid}",
        action=("my_data",),
    )


def erasure_cancelled(request: ErasureRequest) -> OutgoingMessage:
    return mail.queue(
        "volunteers/erasure_cancelled",
        request.user,
        {},
        dedupe_key=f"erasure_cancelled:{request.uuid}",
        action=("my_data",),
    )


def consent_withdrawn(person: Person, version: AgreementVersion, *, ends: bool) -> OutgoingMessage:
    """`ends` says that his application or service ended with it."""
    return mail.queue(
        "volunteers/consent_withdrawn",
        contact_of(person),
        {"version": version, "ends": ends},
        dedupe_key=f"consent_withdrawn:{person.uuid}:{version.pk}:{version.agreement_id}:{_times(person)}",
        action=("my_data",),
        about=person.code,
    )


def _times(person: Person) -> int:
    return person.acceptances.exclude(withdrawal=None).count()
