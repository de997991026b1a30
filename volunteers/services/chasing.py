"""What is done while a referee does not answer: a new link, reminders, letters that come back, links out of date."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import audit
from portal.access import Role
from portal.models import OutgoingMessage, StaffTask, User
from portal.refusals import Reason, Refused
from volunteers.models import RefereeRequest
from volunteers.notifications import applicant as letters
from volunteers.notifications import referees as referee_letters
from volunteers.services import guards, references, replacing
from volunteers.states import CLOSED, RefereeState

ASKED = frozenset({RefereeState.SENT, RefereeState.OPENED})
# What staff may do about a referee, by the state of his request.
OPEN_TO_STAFF = {
    "resend": references.UNANSWERED,
    "bounced": ASKED,
    "offline": references.UNANSWERED,
    "replace": replacing.BY_STAFF,
}


@transaction.atomic
def resend(*, request: RefereeRequest, by: User) -> None:
    """Sends the referee a new link in his language, with all its days; the old one dies.

    Raises `NotAllowed` (`not_yours` and what `guards.may_decide` finds) and `Refused` (`case_closed`, `answered`).
    """
    request = references.lock(request, by)
    if request.state not in references.UNANSWERED:
        raise Refused(Reason("answered", _("No answer of this referee is waited for.")))
    referee_letters.cancel_reference_request(request)
    before, token = request.state, references.new_link(request)
    request.save()
    audit.record(request, "reference.resend", by, state_from=before, state_to=request.state)
    referee_letters.reference_request(request, token)


@transaction.atomic
def mark_bounced(*, request: RefereeRequest, by: User) -> None:
    """The letter did not reach the referee: the link dies and the applicant is asked for another referee.

    Raises `NotAllowed` (`not_yours` and what `guards.may_decide` finds) and `Refused` (`case_closed`, `not_asked`).
    """
    request = references.lock(request, by)
    if request.state not in ASKED:
        raise Refused(Reason("not_asked", _("No letter to this referee is on its way.")))
    _give_up(request, by, RefereeState.BOUNCED)


def chase_referees(on: date) -> list[str]:
    """Nightly: letters that could not be delivered, links whose days are over, reminders after
    `reference_reminder_days`. Returns the codes of the requests that changed."""
    waiting = RefereeRequest.objects.filter(state__in=ASKED).exclude(application__state__in=CLOSED)
    return [
        request.code for request in list(waiting.order_by("application__person_id", "pk")) if _chase(request.pk, on)
    ]


@transaction.atomic
def _chase(pk: int, on: date) -> bool:
    """One request, looked at anew under the locks; whether something was done."""
    request = RefereeRequest.objects.select_related("application").get(pk=pk)
    guards.lock_person(request.application.person_id)
    rows = RefereeRequest.objects.select_for_update(of=("self",)).select_related("application__person__user")
    request = rows.get(pk=pk)
    if request.state not in ASKED or request.application.state in CLOSED:
        return False
    if _came_back(request):
        _give_up(request, None, RefereeState.BOUNCED)
    elif timezone.localdate(request.expires_at) < on:
        _give_up(request, None, RefereeState.EXPIRED)
    elif request.reminders < (due := _reminders_due(request, on)):
        _remind(request, due)
    else:
        return False
    return True


def _came_back(request: RefereeRequest) -> bool:
    letter = OutgoingMessage.objects.filter(dedupe_key=referee_letters.key_of(request))
    return letter.wrongly_addressed().exists()


def _reminders_due(request: RefereeRequest, on: date) -> int:
    """How many reminders should have gone out by the evening of `on`; nights that were missed are not made up for."""
    days = (on - timezone.localdate(request.sent_at)).days
    return sum(days >= after for after in settings.PROGRAMME["reference_reminder_days"])


def _remind(request: RefereeRequest, number: int) -> None:
    """By a new link, since the words of the old one are not kept; its last day stays."""
    sent_at, expires_at = request.sent_at, request.expires_at
    referee_letters.cancel_reference_request(request)
    token = references.new_link(request)
    request.sent_at, request.expires_at, request.reminders = sent_at, expires_at, number
    request.save()
    audit.record(request, "reference.remind", None, state_to=request.state, reminders=number)
    referee_letters.reference_reminder(request, token)


def _give_up(request: RefereeRequest, by: User | None, state: str) -> None:
    before, request.state = request.state, state
    if state == RefereeState.BOUNCED:
        request.bounced_at = timezone.now()
    request.save(update_fields=["state", "bounced_at"])
    referee_letters.cancel_reference_request(request)
    audit.record(request, f"reference.{state}", by, state_from=before, state_to=state)
    references.raise_task(StaffTask.Kind.REFEREE_BOUNCED, Role.COORDINATOR, request, once=f":{request.token_hash[:16]}")
    letters.another_referee_needed(request)
