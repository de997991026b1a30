"""Letters to the applicant: one function per letter, named after what happened."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, timedelta

from django.conf import settings
from django.utils import timezone

from portal import mail
from portal.models import OutgoingMessage
from volunteers.models import Application, InfoRequest, Person, RefereeRequest
from volunteers.states import ApplicationState

CONTACT_CODE = "volunteers/contact_code"


def contact_of(person: Person) -> mail.Recipient:
    """Where he is reached now."""
    return replace(contact_given(person), email=person.current_email, phone=person.current_phone)


def contact_given(person: Person) -> mail.Recipient:
    """The address and phone that he gave in the application, in the language of his account; somebody without an account
    yet reads Kazakh if he speaks it with children, else Russian."""
    if person.user:
        return mail.Recipient(person.user.language, person.email, person.phone, person.user)
    return mail.Recipient("kk" if person.languages.filter(code="kk").exists() else "ru", person.email, person.phone)


def contact_code(application: Application, code: str) -> OutgoingMessage:
    """The code that shows that the address is his; not sent once the code is out of date."""
    return mail.queue(
        CONTACT_CODE,
        contact_given(application.person),
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


def info_needed(application: Application, request: InfoRequest, items: list[tuple[str, str]]) -> OutgoingMessage:
    """A coordinator asks for parts of the answers; `items` are their names with his own words."""
    return mail.queue(
        "volunteers/info_needed",
        contact_of(application.person),
        {"items": items},
        dedupe_key=f"info_needed:{request.uuid}:{request.asked_at.timestamp()}",
        action=("apply_answer", application.uuid),
        about=application.code,
    )


def reminder_key(application: Application) -> str:
    """How the keys of all reminders for the present wait begin."""
    return f"reminder:{application.uuid}:{application.state_since.timestamp()}:"


def reminder(application: Application, number: int, closes_on: date, token: str = "") -> OutgoingMessage:
    """The applicant is silent: his contact is not confirmed, or a question not answered. `token` is that of a new link
    for somebody without an account."""
    unconfirmed = application.state == ApplicationState.UNCONFIRMED
    own_page = ("apply_confirm" if unconfirmed else "apply_answer", application.uuid)
    return mail.queue(
        "volunteers/reminder",
        contact_of(application.person),
        {"unconfirmed": unconfirmed, "by_link": bool(token), "closes_on": closes_on},
        dedupe_key=f"{reminder_key(application)}{number}",
        action=("candidate_confirm", token) if token else own_page,
        about=application.code,
        is_secret=bool(token),
    )


def lapsed(application: Application) -> OutgoingMessage:
    """Closed because no answer came; whoever has an account may open it again for a while."""
    days, own_account = settings.PROGRAMME["reopen_days"], application.person.user_id is not None
    until = timezone.localdate(application.state_since) + timedelta(days=days) if own_account else None
    return mail.queue(
        "volunteers/lapsed",
        contact_of(application.person),
        {"reopens_until": until},
        dedupe_key=f"lapsed:{application.uuid}:{application.state_since.timestamp()}",
        action=("my_home",) if own_account else ("roles",),
        about=application.code,
    )


def deferral_key(application: Application) -> str:
    return f"deferral_over:{application.uuid}:{application.deferred_until}"


def deferral_over(application: Application) -> OutgoingMessage:
    """The day has come on which a deferred applicant may continue."""
    return mail.queue(
        "volunteers/deferral_over",
        contact_of(application.person),
        {"role": application.role},
        dedupe_key=deferral_key(application),
        action=("my_home",),
        about=application.code,
    )
