"""References: asked for by a link that only the referee gets, answered without an account, judged by the lead.

The database keeps the hash of a link, not the link. Opening it changes nothing (mail scanners open links); sending
the form uses it up. Withdrawal, closing and the end of its days kill it. What is done while no answer comes: `chasing`.
"""

from __future__ import annotations

import json
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import audit, services
from portal.access import Role
from portal.crypto import token_hash
from portal.models import StaffTask, User
from portal.refusals import Gone, Reason, Refused
from volunteers import clearance
from volunteers.models import Application, RefereeRequest, ReferenceResponse
from volunteers.notifications import applicant as letters
from volunteers.notifications import referees as referee_letters
from volunteers.services import concerns, guards
from volunteers.states import CLOSED, REFEREE_GAVE_ONE, REFEREE_WAITING, RefereeState

ANSWERED = REFEREE_GAVE_ONE | {RefereeState.DECLINED}
# A cancelled one is of a closed case, or of one that was opened again since: then a referee may be asked once more.
NOT_REACHED = frozenset({RefereeState.BOUNCED, RefereeState.EXPIRED, RefereeState.CANCELLED})
UNANSWERED = REFEREE_WAITING - {RefereeState.CREATED} | NOT_REACHED
# Never the questions about reasons and warnings, whatever the answer: a missing "no" would tell a "yes".
SHARED = ("known", "since", "related", "saw_with_children", "where", "reliable", "boundaries", "stress", "reliability")
OFFLINE = {ReferenceResponse.Channel.PHONE, ReferenceResponse.Channel.PAPER}


@transaction.atomic
def ask(*, application: Application, by: User) -> None:
    """Sends every referee who was not asked yet a link of his own, valid for `reference_link_days`. The caller, who
    accepts the application for checks, holds its lock and has checked that `by` may do that."""
    for request in application.referees.select_for_update().filter(state=RefereeState.CREATED):
        token = new_link(request)
        request.save()
        audit.record(request, "reference.ask", by, state_from=RefereeState.CREATED, state_to=request.state)
        referee_letters.reference_request(request, token)


def new_link(request: RefereeRequest) -> str:
    """Gives an unsaved change: a fresh link, whose words are returned, in place of the former one, from today for
    `reference_link_days`."""
    token = secrets.token_urlsafe(32)
    request.token_hash, request.state = token_hash(token), RefereeState.SENT
    request.sent_at = timezone.now()
    request.expires_at = request.sent_at + timedelta(days=settings.PROGRAMME["reference_link_days"])
    request.reminders, request.bounced_at = 0, None
    return token


def by_token(token: str) -> RefereeRequest:
    """The request whose link this is, while it can be answered. Reads only.

    Raises `Gone`: `used` (answered or declined), `no_longer_needed` (withdrawn, replaced, case closed), `expired`,
    `unknown` (also a link that a newer letter replaced).
    """
    request = (
        RefereeRequest.objects.filter(token_hash=token_hash(token))
        .select_related("application__person__user", "application__role")
        .first()
    )
    if request is None:
        text = _("This address is not right, or a newer letter has replaced it. Open the link in our newest letter.")
        raise Gone(Reason("unknown", text))
    if request.state in ANSWERED:
        raise Gone(Reason("used", _("This link was already used: your answer is with us. Thank you.")))
    if request.state not in REFEREE_WAITING | {RefereeState.EXPIRED} or request.application.state in CLOSED:
        raise Gone(Reason("no_longer_needed", _("This reference is no longer needed. Thank you for your help.")))
    if request.state == RefereeState.EXPIRED or request.expires_at <= timezone.now():
        raise Gone(
            Reason(
                "expired",
                _("This link is out of date. Please tell the person who named you: another referee can be named."),
            )
        )
    return request


def _take(token: str) -> RefereeRequest:
    """`by_token()` with person and row locked: of two answers sent at once the second finds the link used."""
    request = by_token(token)
    guards.lock_person(request.application.person_id)
    RefereeRequest.objects.select_for_update().filter(pk=request.pk).first()
    return by_token(token)


@transaction.atomic
def answer(*, token: str, data: dict, shareable: bool = False) -> None:
    """Stores the referee's answers, encrypted, and uses the link up. `data` holds plain JSON values; its
    `names_a_reason` ("yes" or "no") is the direct question. `shareable`: the applicant may read them.

    A "yes" opens a concern, puts the case on hold and a task without details on the lead's desk. Raises `Gone` like
    `by_token()`, and `Refused` with `details_missing` for a "yes" without details.
    """
    request = _take(token)
    _demand_details(data)
    _close(request, None, RefereeState.COMPLETED, data, shareable=shareable)


@transaction.atomic
def decline(*, token: str, reason: str) -> None:
    """The referee cannot help: the link is used up, the reason is kept for the lead only, the coordinator gets a task
    and the applicant a letter that asks for another referee. Raises `Gone` like `by_token()`."""
    _decline(_take(token), None, {"can_give": "no", "reason": reason})


@transaction.atomic
def record_offline(*, request: RefereeRequest, by: User, channel: str, data: dict, shareable: bool = False) -> None:
    """What a referee said by phone or wrote on paper, entered by staff and marked so; the link dies. Somebody else
    assesses it. "I cannot" counts as it does from the form.

    Raises `NotAllowed` (`not_yours` and what `guards.may_decide` finds) and `Refused` with all of `channel_unknown`,
    `answered` (an answer is there, or none is waited for) and `details_missing`.
    """
    request = lock(request, by)
    missing = []
    if channel not in OFFLINE:
        missing.append(Reason("channel_unknown", _("Say whether it was by phone or on paper.")))
    if request.state not in UNANSWERED:
        missing.append(Reason("answered", _("No answer of this referee is waited for.")))
    if missing:
        raise Refused(*missing)
    if data.get("can_give") == "no":
        _decline(request, by, data, channel=channel)
        return
    _demand_details(data)
    _close(request, by, RefereeState.OFFLINE, data, shareable=shareable, channel=channel)


def lock(request: RefereeRequest, by: User) -> RefereeRequest:
    """The request as it is now, its case locked before it, for somebody of the staff who arranges references. Raises
    `NotAllowed`; `Application.DoesNotExist` out of `by`'s reach; `Refused` (`case_closed`)."""
    application = guards.lock_application(request.application, by)
    barred = guards.may_decide(application, by)
    guards.demand_permission("reference.arrange", application.reach, by, barred=barred)
    if application.state in CLOSED:
        raise Refused(Reason("case_closed", _("The case is closed.")))
    request = RefereeRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    request.application = application
    return request


def _demand_details(data: dict) -> None:
    if data["names_a_reason"] == "yes" and not data.get("reason_details", "").strip():
        raise Refused(Reason("details_missing", _("Please write what you know: without details we cannot act on it.")))


def _decline(request: RefereeRequest, by: User | None, data: dict, **more) -> None:
    _close(request, by, RefereeState.DECLINED, data, result=ReferenceResponse.Result.NOT_USABLE, **more)
    raise_task(StaffTask.Kind.REFEREE_DECLINED, Role.COORDINATOR, request)
    letters.another_referee_needed(request)


def _close(request: RefereeRequest, by: User | None, state: str, data: dict, **response_fields) -> None:
    """Keeps the answer; a named reason becomes a concern, whose words stay in the answer."""
    names_a_reason = data.get("names_a_reason") == "yes"
    response = ReferenceResponse(request=request, names_a_reason=names_a_reason, recorded_by=by, **response_fields)
    response.answers = json.dumps(data, ensure_ascii=False)
    response.save()
    before, request.state = request.state, state
    request.save(update_fields=["state"])
    referee_letters.cancel_reference_request(request)
    audit.record(request, "reference.answer", by, state_from=before, state_to=state, channel=response.channel)
    if names_a_reason:
        concerns.named_by_referee(application=request.application, by=by)
        raise_task(StaffTask.Kind.REFERENCE_CONCERN, Role.SAFEGUARDING_LEAD, request)


def shared_with(user: User) -> QuerySet[RefereeRequest]:
    """Those referees of `user`'s own applications whose words he may read: the referee agreed, and the lead has accepted
    the reference, so that nobody is warned of what is being looked into. Of the answers only `SHARED` are for him."""
    given = RefereeRequest.objects.filter(state__in=REFEREE_GAVE_ONE, application__person__user=user)
    return given.filter(response__shareable=True, response__result=ReferenceResponse.Result.ACCEPTED)


def raise_task(kind: str, role: str, request: RefereeRequest, once: str = "") -> None:
    application = request.application
    services.raise_task(
        kind,
        role=role,
        about=application.code,
        person=application.person.uuid,
        url=reverse("staff_application", args=[application.uuid]),
        district=application.person.district,
        once=f"{request.uuid}{once}",
    )


@transaction.atomic
def assess(*, response: ReferenceResponse, by: User, result: str, called_back: bool) -> None:
    """The lead's word on an answer; it may be changed later, and each word is in the log.

    Raises `NotAllowed` for anybody else, for the person himself and (`recorded_by_you`) for whoever wrote the answer
    down; `Refused` with `not_an_answer` for a referee who declined, `result_unknown` for a result that is not in the
    list. Taking an acceptance back tells the apps above.
    """
    application = Application.objects.select_related("person").get(referees=response.request_id)
    person = guards.lock_person(application.person_id)
    response = ReferenceResponse.objects.select_for_update(of=("self",)).select_related("request").get(pk=response.pk)
    barred = guards.may_decide(application, by)
    if response.recorded_by_id == by.pk:
        barred.append(Reason("recorded_by_you", _("You wrote this answer down: somebody else assesses it.")))
    guards.demand_permission("reference.assess", application.reach, by, barred=barred)
    if response.request.state not in REFEREE_GAVE_ONE:
        raise Refused(Reason("not_an_answer", _("This referee gave no reference.")))
    if result not in ReferenceResponse.Result.values:
        raise Refused(Reason("result_unknown", _("Choose one of the results.")))
    before, response.result = response.result, result
    response.called_back = called_back
    response.assessed_by, response.assessed_at = by, timezone.now()
    response.save()
    audit.record(response, "reference.assess", by, state_from=before, state_to=result, called_back=called_back)
    if before == ReferenceResponse.Result.ACCEPTED and result != before:
        clearance.changed(person)


@transaction.atomic
def cancel(*, application: Application) -> None:
    """Kills the links of all referees who have not answered; the caller, who closes the case, holds its lock."""
    for request in application.referees.select_for_update().filter(state__in=REFEREE_WAITING):
        before, request.state = request.state, RefereeState.CANCELLED
        request.save(update_fields=["state"])
        audit.record(request, "reference.cancel", None, state_from=before, state_to=request.state)
        referee_letters.cancel_reference_request(request)
