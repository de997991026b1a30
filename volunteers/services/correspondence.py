"""Letters with words of staff wait a while: who sees a mistake in time can stop one, or let it go after all."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal import audit, mail
from portal.models import OutgoingMessage, User
from portal.refusals import Reason, Refused
from volunteers.models import Application
from volunteers.notifications import decisions as letters
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
