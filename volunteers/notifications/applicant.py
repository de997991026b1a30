"""Letters to the applicant and to his referees: one function per letter, named after what happened."""

from __future__ import annotations

import uuid

from django.conf import settings

from portal import mail
from portal.models import OutgoingMessage
from volunteers.models import Application, Person, RefereeRequest

CONTACT_CODE = "volunteers/contact_code"


def contact_of(person: Person) -> mail.Recipient:
    """The address and phone that he gave in the application, in the language of his account."""
    return mail.Recipient(person.user.language, person.email, person.phone, person.user)


def contact_code(application: Application, code: str) -> OutgoingMessage:
    """The code that shows that the address is his; not sent once the code is out of date."""
    return mail.queue(
        CONTACT_CODE,
        contact_of(application.person),
        {"code": code, "hours": settings.PROGRAMME["contact_code_hours"]},
        dedupe_key=f"contact_code:{application.uuid}:{uuid.uuid4()}",
        action=("apply_confirm", application.uuid),
        about=application.code,
        useful_until=application.contact_code_expires_at,
        is_secret=True,
    )


def application_received(application: Application) -> OutgoingMessage:
    """The contact is confirmed and the application has reached the coordinator."""
    return mail.queue(
        "volunteers/application_received",
        contact_of(application.person),
        {"role": application.role},
        dedupe_key=f"application_received:{application.uuid}",
        action=("my_home",),
        about=application.code,
    )


def another_referee_needed(request: RefereeRequest) -> OutgoingMessage:
    """A referee cannot help. Neither who nor why is told."""
    application = request.application
    return mail.queue(
        "volunteers/another_referee_needed",
        contact_of(application.person),
        {},
        dedupe_key=f"another_referee_needed:{request.uuid}",
        action=("my_home",),
        about=application.code,
    )


def reference_request(request: RefereeRequest, token: str) -> OutgoingMessage:
    """The referee's own link, in the language that the applicant named; not sent once the link is out of date."""
    return mail.queue(
        "volunteers/reference_request",
        mail.Recipient(request.language, request.email, request.phone),
        {
            "applicant": request.application.person.full_name,
            "role": request.application.role,
            "expires_at": request.expires_at,
        },
        dedupe_key=f"reference_request:{request.uuid}",
        action=("reference", token),
        about=request.application.code,
        useful_until=request.expires_at,
        is_secret=True,
    )


def cancel_reference_request(request: RefereeRequest) -> None:
    """The link is no longer needed: a letter that still waits does not leave."""
    mail.cancel(f"reference_request:{request.uuid}")
