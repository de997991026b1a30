"""Letters about training meetings and about texts to accept: one function per letter, named after what happened."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from portal import mail
from portal.models import OutgoingMessage
from volunteers.models import AgreementVersion, Person, TrainingPlace
from volunteers.notifications.applicant import contact_of


def _about_place(letter: str, place: TrainingPlace, **timing: datetime) -> None:
    if place.person.user is None:  # an erased account
        return
    mail.queue(
        f"volunteers/{letter}",
        contact_of(place.person),
        {"meeting": place.meeting},
        dedupe_key=f"{letter}:{place.pk}:",
        action=("my_training",),
        about=place.meeting.code,
        **timing,
    )


def place_taken(place: TrainingPlace, now: datetime) -> None:
    """Where and when; and a reminder the day before, unless that is over already."""
    _about_place("training_place", place)
    starts_at = place.meeting.starts_at
    due_at = starts_at - timedelta(hours=settings.PROGRAMME["reminder_hours_before"])
    if due_at > now:
        _about_place("training_reminder", place, due_at=due_at, useful_until=starts_at)


def forget_reminder(place: TrainingPlace) -> None:
    mail.cancel(f"training_reminder:{place.pk}:")


def meeting_cancelled(place: TrainingPlace) -> None:
    _about_place("training_cancelled", place)


def new_version(person: Person, version: AgreementVersion) -> bool:
    """Asks him to read and accept it, once for each version; False where the letter was written before."""
    key = f"agreement:{version.pk}:{person.uuid}"
    if OutgoingMessage.objects.filter(dedupe_key=key).exists():
        return False
    mail.queue(
        "volunteers/new_agreement",
        contact_of(person),
        {"version": version},
        dedupe_key=key,
        action=("my_agreement", version.agreement.code),
        about=person.code,
    )
    return True
