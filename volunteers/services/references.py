"""References: asked for by a link that only the referee gets, answered without an account, judged by the lead.

The database keeps the hash of a link, not the link. Opening it changes nothing (mail scanners open links); sending
the form uses it up. Withdrawal, closing and the end of its days kill it.
"""

from __future__ import annotations

import json
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import access, audit, services
from portal.access import Role
from portal.crypto import token_hash
from portal.models import StaffTask, User
from portal.refusals import Gone, NotAllowed, Reason, Refused
from volunteers import clearance
from volunteers.models import Application, Person, RefereeRequest, ReferenceResponse
from volunteers.notifications import applicant as letters
from volunteers.services import answers, guards
from volunteers.states import CLOSED, REFEREE_WAITING, RefereeState

ANSWERED = frozenset({RefereeState.COMPLETED, RefereeState.DECLINED})
FAILED = frozenset({RefereeState.DECLINED, RefereeState.BOUNCED, RefereeState.EXPIRED})


@transaction.atomic
def ask(*, application: Application, by: User) -> None:
    """Sends every referee who was not asked yet a link of his own, valid for `reference_link_days`. The caller, who
    accepts the application for checks, holds its lock and has checked that `by` may do that."""
    now = timezone.now()
    for request in application.referees.select_for_update().filter(state=RefereeState.CREATED):
        token = secrets.token_urlsafe(32)
        request.token_hash = token_hash(token)
        request.state = RefereeState.SENT
        request.sent_at = now
        request.expires_at = now + timedelta(days=settings.PROGRAMME["reference_link_days"])
        request.save()
        audit.record(request, "reference.ask", by, state_from=RefereeState.CREATED, state_to=request.state)
        letters.reference_request(request, token)


def by_token(token: str) -> RefereeRequest:
    """The request whose link this is, while it can be answered. Reads only.

    Raises `Gone`: `used` (answered or declined), `no_longer_needed` (withdrawn, replaced, case closed), `expired`,
    `unknown`.
    """
    request = (
        RefereeRequest.objects.filter(token_hash=token_hash(token))
        .select_related("application__person__user", "application__role")
        .first()
    )
    if request is None:
        raise Gone(
            Reason("unknown", _("This address is not complete or not right. Open the link in our letter again."))
        )
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
    """`by_token()` with the row locked: of two answers sent at once the second finds the link used."""
    RefereeRequest.objects.select_for_update().filter(token_hash=token_hash(token)).first()
    return by_token(token)


@transaction.atomic
def answer(*, token: str, data: dict) -> None:
    """Stores the referee's answers, encrypted, and uses the link up. `data` holds plain JSON values; its
    `names_a_reason` ("yes" or "no") is the direct question.

    A "yes" puts a task without details on the lead's desk. Raises `Gone` like `by_token()`, and `Refused` with
    `details_missing` for a "yes" without details.
    """
    request = _take(token)
    names_a_reason = data["names_a_reason"] == "yes"
    if names_a_reason and not data.get("reason_details", "").strip():
        raise Refused(Reason("details_missing", _("Please write what you know: without details we cannot act on it.")))
    _close(request, RefereeState.COMPLETED, data, names_a_reason=names_a_reason)
    if names_a_reason:
        _raise_task(StaffTask.Kind.REFERENCE_CONCERN, Role.SAFEGUARDING_LEAD, request)


@transaction.atomic
def decline(*, token: str, reason: str) -> None:
    """The referee cannot help: the link is used up, the reason is kept for the lead only, the coordinator gets a task
    and the applicant a letter that asks for another referee. Raises `Gone` like `by_token()`."""
    request = _take(token)
    _close(request, RefereeState.DECLINED, {"can_give": "no", "reason": reason}, result="not_usable")
    _raise_task(StaffTask.Kind.REFEREE_DECLINED, Role.COORDINATOR, request)
    letters.another_referee_needed(request)


def _close(request: RefereeRequest, state: str, data: dict, *, names_a_reason: bool = False, result: str = "") -> None:
    response = ReferenceResponse(request=request, names_a_reason=names_a_reason, result=result)
    response.answers = json.dumps(data, ensure_ascii=False)
    response.save()
    before, request.state = request.state, state
    request.save(update_fields=["state"])
    audit.record(request, "reference.answer", None, state_from=before, state_to=state)


def _raise_task(kind: str, role: str, request: RefereeRequest) -> None:
    application = request.application
    services.raise_task(
        kind,
        role=role,
        about=application.code,
        url=reverse("staff_application", args=[application.uuid]),
        district=application.person.district,
        once=str(request.uuid),
    )


@transaction.atomic
def assess(*, response: ReferenceResponse, by: User, result: str, called_back: bool) -> None:
    """The lead's word on an answer; it may be changed later, and each word is in the log.

    Raises `NotAllowed` for anybody else and for the person himself; `Refused` with `not_an_answer` for a referee who
    declined, `result_unknown` for a result that is not in the list. Taking an acceptance back tells the apps above.
    """
    application = Application.objects.select_related("person").get(referees=response.request_id)
    person = Person.objects.select_for_update().get(pk=application.person_id)
    if barred := guards.may_decide(application, by):
        raise NotAllowed(*barred)
    if not access.allows(by, "reference.assess", application.reach):
        raise NotAllowed(Reason("not_lead", _("References are assessed by the safeguarding lead.")))
    response = ReferenceResponse.objects.select_for_update().select_related("request").get(pk=response.pk)
    if response.request.state != RefereeState.COMPLETED:
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


def is_over(request: RefereeRequest) -> bool:
    """Whether nothing more will come from this referee, so that the applicant may name somebody else."""
    waits = request.state in REFEREE_WAITING
    return request.state in FAILED or (
        waits and request.expires_at is not None and request.expires_at <= timezone.now()
    )


def demand_replaceable(request: RefereeRequest) -> None:
    """Raises `Refused` (`not_replaceable`) while the referee may still answer, and when the case is closed."""
    if request.application.state in CLOSED or not is_over(request):
        raise Refused(Reason("not_replaceable", _("This referee need not be replaced now.")))


@transaction.atomic
def replace(*, request: RefereeRequest, by: User, referee: dict) -> RefereeRequest:
    """The applicant names somebody else for a referee who cannot help; the new one is asked at once where the old
    one was. `referee` is one entry of the draft's step of referees.

    Raises `NotAllowed` for anybody but the applicant; `Refused` with `not_replaceable` while the old referee may
    still answer or the case is closed, and with the reasons of `answers.referee_problems` (`referee:<field>`).
    """
    application = Application.objects.select_related("person__user").get(referees=request)
    Person.objects.select_for_update().get(pk=application.person_id)
    if application.person.user_id != by.pk:
        raise NotAllowed(Reason("not_yours", _("Only the applicant names his referees.")))
    old = RefereeRequest.objects.select_for_update(of=("self",)).select_related("application").get(pk=request.pk)
    demand_replaceable(old)
    if problems := replacement_problems(old, referee):
        raise Refused(*[Reason(f"referee:{problem.field}", problem.text) for problem in problems])
    asked, old.state = old.sent_at is not None, RefereeState.REPLACED
    old.save(update_fields=["state"])
    new = RefereeRequest.objects.create(application=application, **referee)
    audit.record(old, "reference.replace", by, state_to=old.state, by_request=new.code)
    if asked:
        ask(application=application, by=by)
    return new


def replacement_problems(old: RefereeRequest, referee: dict) -> list[answers.RefereeProblem]:
    """What is wrong with `referee` in the place of `old`: also beside everybody who was ever named in this case."""
    application = old.application
    named = [
        {"name": one.name, "relation": one.relation, "email": one.email, "phone": one.phone, "state": one.state}
        for one in application.referees.all()
    ]
    person = application.person
    own = answers.own_contacts(application, {"about": {"email": person.email, "phone": person.phone}})
    problems = answers.contact_problems([*named, referee], own)
    kept = [one for one in named if one["state"] in REFEREE_WAITING | {RefereeState.COMPLETED}]
    together = [problem for problem in answers.referee_problems([*kept, referee], set()) if problem.field == "relation"]
    return [problem for problem in problems if problem.number == len(named)] + together


@transaction.atomic
def cancel(*, application: Application) -> None:
    """Kills the links of all referees who have not answered; the caller, who closes the case, holds its lock."""
    for request in application.referees.select_for_update().filter(state__in=REFEREE_WAITING):
        before, request.state = request.state, RefereeState.CANCELLED
        request.save(update_fields=["state"])
        audit.record(request, "reference.cancel", None, state_from=before, state_to=request.state)
        letters.cancel_reference_request(request)
