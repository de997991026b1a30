"""Before an application, in the demonstration: people invited by a link, and people who ask to be called back."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from volunteers.models import Application, Interest, Invitation, ProgrammeRole
from volunteers.services import outreach

from . import builders
from .cast import Cast

INTERESTED = ("Әлия Есенова", "Бақыт Омаров", "Гүлжан Сәрсенова")


def make_interests(cast: Cast) -> None:
    """Two wait for a call, one was called."""
    role = ProgrammeRole.objects.get(code="school_mentor")
    for number, name in enumerate(INTERESTED):
        phone = f"+770000007{number:02d}"
        outreach.ask_for_call(name=f"{name} (үлгі)", phone=phone, district=cast.taraz, language="kk", role=role)
    outreach.mark_called(interest=Interest.objects.latest("pk"), by=cast.aigul)


def make_invitations(cast: Cast) -> None:
    """One is under way, one has ended, one was taken up by Kairat, who is filling in his draft."""
    _invite(cast, "Серікбай Жақсыбеков", "serikbai")
    ended = _invite(cast, "Құралай Нұрланова", "quralai")
    Invitation.objects.filter(pk=ended.pk).update(expires_at=timezone.now() - timedelta(days=1))
    taken = _invite(cast, "Қайрат Қасымов", "kairat")
    draft = Application.objects.get(person__user__email=builders.email_of("kairat"))
    outreach.accept(invitation_uuid=str(taken.uuid), application=draft, by=draft.person.user)


def _invite(cast: Cast, name: str, mailbox: str) -> Invitation:
    return outreach.invite(
        by=cast.aigul,
        name=f"{name} (үлгі)",
        email=builders.email_of(mailbox),
        phone="",
        role=ProgrammeRole.objects.get(code="school_mentor"),
        district=cast.taraz,
        language="kk",
    )
