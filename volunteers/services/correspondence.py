"""Letters with words of staff wait a while: who sees a mistake in time can stop one, or let it go after all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal import access, audit, mail
from portal.models import OutgoingMessage, User
from portal.refusals import Reason, Refused
from volunteers.models import Application, Invitation, Person
from volunteers.notifications import decisions as letters
from volunteers.querysets import coded
from volunteers.services import guards
from volunteers.states import ApplicationState

STOP = "application.propose"
# A stopped letter may leave later only while what it says still holds.
TRUE_IN = {
    letters.NOTICE: ApplicationState.NOTICE,
    letters.DECLINED: ApplicationState.DECLINED,
    letters.DEFERRED: ApplicationState.DEFERRED,
}


def may_stop(message: OutgoingMessage) -> bool:
    return message.letter in letters.HELD and message.state == OutgoingMessage.State.SCHEDULED


def may_resume(message: OutgoingMessage, application: Application) -> bool:
    """Only the newest letter of its kind: an older one is about a decision that is past."""
    if message.state != OutgoingMessage.State.CANCELLED or TRUE_IN.get(message.letter) != application.state:
        return False
    newer = OutgoingMessage.objects.filter(about=application.code, letter=message.letter, pk__gt=message.pk)
    return not newer.exists()


def matters(user: User) -> QuerySet:
    """The codes of what `user` looks after and somebody without an account is written to about: cases (their referees, and who
    applies on paper) and invitations."""
    invitations = coded(Invitation.objects.visible_to(user)).values("coded")
    return coded(Application.objects.for_staff(user)).values("coded").union(invitations)


def pages(user: User, messages: Sequence[OutgoingMessage]) -> dict[int, list[tuple[str, str]]]:
    """By the key of a letter, where `user` looks after its reader and its case: names and addresses."""
    abouts = {message.about for message in messages}
    people = Person.objects.for_staff(user).filter(user__in={message.recipient_id for message in messages} - {None})
    of_user = {person.user_id: person for person in people}
    cases = coded(Application.objects.for_staff(user)).filter(coded__in=abouts).select_related("person")
    of_code = {case.code: case for case in cases}
    invites, found = access.allows(user, "invitation.send"), {}
    for message in messages:
        person, case = of_user.get(message.recipient_id), of_code.get(message.about)
        page = [(person.full_name, reverse("staff_person", args=[person.uuid]))] if person else []
        if case and not person:
            page = [(case.person.full_name, reverse("staff_application", args=[case.uuid]))]
        elif invites and message.about.startswith(f"{Invitation.CODE_PREFIX}-"):
            page = [(_("Invitations"), reverse("staff_invitations"))]
        if page:
            found[message.pk] = page
    return found


@transaction.atomic
def stop(*, application: Application, message: OutgoingMessage, by: User) -> None:
    """The letter does not leave. Raises `NotAllowed` (`not_yours`, and what `guards.may_decide` finds) and `Refused`
    (`letter_gone`)."""
    _change(application, message, by, mail.stop, may_stop(message), "letter.stop")


@transaction.atomic
def resume(*, application: Application, message: OutgoingMessage, by: User) -> None:
    """A stopped letter leaves at once. Raises as `stop` does; `letter_gone` also where its words hold no longer."""
    application = guards.lock_application(application, by)
    _change(application, message, by, mail.resume, may_resume(message, application), "letter.resume")


def _change(
    application: Application,
    message: OutgoingMessage,
    by: User,
    change: Callable[[OutgoingMessage], bool],
    allowed: bool,
    action: str,
) -> None:
    guards.demand_permission(STOP, application.reach, by, barred=guards.may_decide(application, by))
    if message.about != application.code or not allowed or not change(message):
        raise Refused(Reason("letter_gone", _("This letter has left already, or is no longer true.")))
    audit.record(application, action, by, letter=message.code)
