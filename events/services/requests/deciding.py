"""What the coordinator decides about a request."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from events import notifications
from events.models import RequestMessage, SessionRequest
from events.services import tasks
from events.services.locks import lock_request
from events.services.requests.rules import demand_text
from events.states import ACCEPT, ACTIVE, ASK_SCHOOL, DECLINE, DeclineCode, RequestState
from portal import access, audit, moves
from portal.models import RoleGrant, User
from portal.moves import Move
from portal.refusals import NotAllowed, Reason, Refused

DECIDES = "request.decide"


def demand_decision(move: Move, request: SessionRequest, by: User) -> None:
    """`moves.demand`, and that nobody decides about a request that he has written himself (`NotAllowed` own_request)."""
    moves.demand(move, request, by)
    if request.created_by_id == by.pk:
        raise NotAllowed(Reason("own_request", _("You wrote this request yourself: a colleague decides about it.")))


@transaction.atomic
def accept_request(*, request: SessionRequest, by: User) -> SessionRequest:
    """`by` takes the request on and owns it; the school gets a letter. Of two who accept at once the second is refused.
    Refuses wrong_state, `NotAllowed` not_yours, own_request. A repeated call by the owner changes and sends nothing."""
    request = lock_request(request, by)
    if request.state == RequestState.ACCEPTED and request.owner_id == by.pk and moves.may_make(ACCEPT, request, by):
        return request
    demand_decision(ACCEPT, request, by)
    request.owner = by
    moves.advance(ACCEPT, request, by)
    tasks.settle_all(request, by)
    notifications.to_school_request_accepted(request)
    return request


@transaction.atomic
def ask_school(*, request: SessionRequest, by: User, text: str) -> SessionRequest:
    """Asks the school something; she may answer and change what she wrote. Who asks owns the request if nobody did.
    Refuses text_missing, text_long, wrong_state, `NotAllowed` not_yours, own_request. The same question again changes
    and sends nothing."""
    request = lock_request(request, by)
    text = demand_text(text)
    last = request.messages.last()
    if request.state == ASK_SCHOOL.target and last and last.author_id == by.pk and last.text == text:
        return request
    demand_decision(ASK_SCHOOL, request, by)
    request.owner = request.owner or by
    message = RequestMessage.objects.create(request=request, author=by, from_school=False, text=text)
    moves.advance(ASK_SCHOOL, request, by)
    tasks.settle_all(request, by)
    notifications.to_school_question(request, message)
    return request


@transaction.atomic
def decline_request(*, request: SessionRequest, by: User, code: str, text: str = "") -> SessionRequest:
    """Says no for a reason of the list (`DeclineCode`), which the school reads with `text`. Refuses code, text_missing
    (for "another reason"), text_long, wrong_state, `NotAllowed` not_yours, own_request. A repeated call changes and
    sends nothing."""
    request = lock_request(request, by)
    if request.state == RequestState.DECLINED and moves.may_make(DECLINE, request, by):
        return request
    demand_decision(DECLINE, request, by)
    if code not in DeclineCode.values:
        raise Refused(Reason("code", _("Choose a reason from the list.")))
    if code == DeclineCode.OTHER or text.strip():
        text = demand_text(text)
        RequestMessage.objects.create(request=request, author=by, from_school=False, text=text)
    request.decline_code, request.owner = code, request.owner or by
    moves.advance(DECLINE, request, by, code=code)
    tasks.settle_all(request, by)
    notifications.to_school_request_declined(request, text.strip())
    return request


def coordinators_for(request: SessionRequest) -> QuerySet[User]:
    """The coordinators whose reach covers the school, without whoever wrote the request."""
    grants = RoleGrant.objects.in_force().covering(request.school.district_id)
    deciding = grants.filter(role__in=access.PERMISSIONS[DECIDES])
    return User.objects.filter(pk__in=deciding.values("user")).exclude(pk=request.created_by_id).order_by("pk")


@transaction.atomic
def hand_request(*, request: SessionRequest, by: User, to: User) -> SessionRequest:
    """Gives the request to another coordinator, who gets a letter; any coordinator of the district may, for a colleague
    who is away. Refuses closed, coordinator_role, `NotAllowed` not_yours. Giving it to its owner changes nothing."""
    request = lock_request(request, by)
    if not access.allows(by, DECIDES, request.reach):
        raise NotAllowed(Reason("not_yours", _("Your role does not make this step in this case.")))
    if request.state not in ACTIVE:
        raise Refused(Reason("closed", _("The case is closed.")))
    if not coordinators_for(request).filter(pk=to.pk).exists():
        raise Refused(Reason("coordinator_role", _("Choose a coordinator of this district.")))
    if request.owner_id == to.pk:
        return request
    request.owner = to
    request.save(update_fields=["owner"])
    entry = audit.record(request, "hand_request", by, owner=to.code)
    if to != by:
        notifications.to_coordinator_handed(request, str(entry.pk))
    return request
