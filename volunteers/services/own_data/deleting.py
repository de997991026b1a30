"""Somebody wants his data deleted: days in which he may take it back, then one transaction.

What must stay stays whatever he asks: an entry about the safety of children, a decision taken for it, the
do-not-engage list (`retention.held_back`), office-holders' names, hours without a name. Pages and letters say so to
everybody in the same words: nobody learns here whether it applies to him.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.models import EditingSession, FormState
from wagtail.models import APIToken, PageSubscription
from wagtail.models.media import UploadedFile
from wagtail.users.models import UserProfile

from portal import audit, services, sessions
from portal.models import User
from portal.refusals import Reason, Refused
from volunteers.models import DataArchive, ErasureRequest, Pause, Person
from volunteers.notifications import own_data as letters
from volunteers.services import erasure, guards, meetings, pauses, retention

from . import archive, consents, ledger

OPEN = Q(cancelled_at=None, finished_at=None)


def waiting(user: User) -> ErasureRequest | None:
    """His wish that has not been carried out or taken back."""
    return ErasureRequest.objects.filter(OPEN, user=user).first()


def against(user: User) -> list[Reason]:
    """Why the account cannot be deleted now: whoever holds an office gives it up first, so that no desk is left alone."""
    reasons = []
    if user.is_superuser or user.role_grants.in_force().exists():
        text = _("You work here in a role. First an administrator ends the role; then you can have your data deleted.")
        reasons.append(Reason("role_in_force", text))
    if user.endorses.exists():
        text = _("You speak for an organisation. First somebody else has to be named for it.")
        reasons.append(Reason("endorser", text))
    return reasons


@transaction.atomic
def ask(*, user: User, stays_in: str = "") -> ErasureRequest:
    """Notes the wish; `PROGRAMME["erasure_grace_days"]` days later the job of the night carries it out. At once a mentor makes a
    pause: visits are released and nobody can book him; pauses of his own give way to it. His sessions end but the one with the
    key `stays_in`, and he gets a letter. A wish that waits already is returned as it is. Raises `Refused` with everything in
    `against`."""
    person = _lock(user)
    if known := waiting(user):
        return known
    if reasons := against(user):
        raise Refused(*reasons)
    today = timezone.localdate()
    request = ErasureRequest.objects.create(
        user=user,
        due_on=today + timedelta(days=settings.PROGRAMME["erasure_grace_days"]),
        pause=_rest(person, user, today) if person else None,
    )
    sessions.end(user=user, but=stays_in)
    audit.record(user, "erasure.ask", user, request=request.code)
    letters.erasure_asked(request)
    return request


def _rest(person: Person, user: User, today: date) -> Pause | None:
    if not Person.objects.serving(today).filter(pk=person.pk).exists():
        return None
    for pause in pauses.not_over(person):
        pauses.end_today(pause, today)
    longest = today + timedelta(days=settings.PROGRAMME["pause_days"] - 1)
    return pauses.pause(person=person, by=user, starts_on=today, ends_on=longest)


@transaction.atomic
def cancel(*, user: User) -> None:
    """He stays after all: the pause ends; released visits do not come back. Raises `Refused` (`nothing_asked`) where no
    wish waits, or it has been carried out."""
    _lock(user)
    request = ErasureRequest.objects.select_for_update().filter(OPEN, user=user, erased_at=None).first()
    if request is None:
        raise Refused(Reason("nothing_asked", _("There is nothing to take back.")))
    request.cancelled_at = timezone.now()
    request.save(update_fields=["cancelled_at"])
    today = timezone.localdate()
    if request.pause and request.pause.cancelled_at is None and request.pause.ends_on >= today:
        pauses.end_pause(pause=request.pause, by=user)
    audit.record(user, "erasure.cancel", user, request=request.code)
    letters.erasure_cancelled(request)


def due(on: date):
    """The wishes whose days are over, and those of which a rest still waits to be deleted."""
    return ErasureRequest.objects.filter(OPEN, due_on__lt=on).order_by("pk")


def erase_due(on: date) -> list[str]:
    """Every night: deletes whose days are over; returns the codes of the wishes that went forward."""
    return [request.code for request in due(on).select_related("user") if carry_out(request=request)]


@transaction.atomic
def carry_out(*, request: ErasureRequest, again: bool = False) -> bool:
    """Deletes the account and, where nothing holds it back, the person; the rest goes on a later night. What runs ends
    first, by the services that end it otherwise. False, and nothing is changed, where it was taken back, where he holds an
    office (`against`; not asked `again`, after a restore), or where the rest is still held back."""
    user = request.user
    person = _lock(user)
    request = ErasureRequest.objects.select_for_update().filter(OPEN, pk=request.pk).first()
    if request is None or (request.erased_at is None and not again and against(user)):
        return False
    free = person is None or not retention.held_back(person)
    if request.erased_at and not free:
        return False
    now = timezone.now()
    if request.erased_at is None:
        _end_account(user, person)
        request.erased_at = now
        audit.record(user, "erasure.account", None, request=request.code)
    if free:
        if person:
            retention.forget_whole(person)
        request.finished_at = now
        audit.record(user, "erasure.done", None, request=request.code)
    request.save(update_fields=["erased_at", "finished_at"])
    return True


def _end_account(user: User, person: Person | None) -> None:
    if person:
        consents.end_all(person, user)
        for place in person.training_places.holding().filter(meeting__starts_at__gt=timezone.now()):
            meetings.give_up_place(meeting=place.meeting, by=user)
        erasure.forget_photo(person)
    erasure.forget_outreach(person, user)
    for made in DataArchive.objects.filter(user=user):
        archive.drop(made)
    ledger.write_down(user)
    services.close_account(user=user, by=None)
    user.user_permissions.clear()
    for model, owner in OF_THE_CMS.items():
        model.objects.filter(**{owner: user}).delete()


OF_THE_CMS = {
    UserProfile: "user",
    EditingSession: "user",
    FormState: "user",
    APIToken: "user",
    PageSubscription: "user",
    UploadedFile: "uploaded_by_user",
}


def _lock(user: User) -> Person | None:
    """The person first, then the account."""
    person = Person.objects.filter(user=user).first()
    person = guards.lock_person(person.pk) if person else None
    User.objects.select_for_update().get(pk=user.pk)
    return person


def replay() -> tuple[int, int]:
    """After a restore: deletes anew everybody whom the ledger names and who is there again. How many it names, and how many
    were deleted now. Safe to repeat."""
    named = ledger.read()
    back = User.objects.filter(uuid__in=named).order_by("pk")
    return len(named), sum(_again(user, named[user.uuid].date()) for user in back)


@transaction.atomic
def _again(user: User, day: date) -> bool:
    _lock(user)
    if user.is_closed and not ErasureRequest.objects.filter(OPEN, user=user).exists():
        return False
    request = waiting(user) or ErasureRequest.objects.create(user=user, due_on=day)
    return carry_out(request=request, again=True)
