"""The referees of a case as one reader may see them, with what he may do about each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django import forms
from django.utils.translation import gettext as _

from portal import access
from portal.models import User
from portal.refusals import Reason
from volunteers.forms.staff import AssessForm
from volunteers.models import Application, Person, RefereeRequest, ReferenceResponse
from volunteers.services import chasing, replacing
from volunteers.states import CLOSED, REFEREE_GAVE_ONE, RefereeState

OUT = replacing.FAILED | {RefereeState.REPLACED, RefereeState.CANCELLED}


@dataclass
class Referee:
    """`arrange` names what may be done on the way to an answer: resend, bounced, offline, replace."""

    request: RefereeRequest
    outcome: str
    css: str
    readable: bool
    offline: ReferenceResponse | None = None
    form: AssessForm | None = None
    arrange: set[str] = field(default_factory=set)


@dataclass
class Panel:
    referees: list[Referee]
    unheard: list[str]  # organisations with children from which no referee comes


def requests_about(person: Person) -> list[RefereeRequest]:
    """Everybody who was ever asked about the person, in any of his cases, with the answers."""
    rows = RefereeRequest.objects.filter(application__person=person)
    return list(rows.select_related("response__recorded_by", "replaced_by").order_by("pk"))


def responses_of(requests: list[RefereeRequest]) -> list[ReferenceResponse]:
    return [request.response for request in requests if hasattr(request, "response")]


def panel(
    application: Application,
    by: User,
    bound: Mapping[str, forms.Form],
    requests: list[RefereeRequest],
    *,
    barred: list[Reason],
    draft: dict,
) -> Panel:
    """`requests` are those of `requests_about`, `barred` is what `guards.may_decide` found, `draft` the newest answers
    that were sent."""
    lead = access.allows(by, "application.sensitive", application.reach)
    arranges = application.state not in CLOSED and access.allows(by, "reference.arrange", application.reach)
    arranges = arranges and not barred
    own = [request for request in requests if request.application_id == application.pk]
    return Panel(
        referees=[_referee(request, by, lead, arranges, bound) for request in own],
        unheard=_unheard(draft, own),
    )


def _unheard(draft: dict, requests: list[RefereeRequest]) -> list[str]:
    """By the newest answers that were sent (D6)."""
    history = draft.get("history", {})
    heard = [request.organisation for request in requests if request.state not in OUT]
    return replacing.unheard_organisations(history.get("entries", []), heard)


def _referee(request: RefereeRequest, by: User, lead: bool, arranges: bool, bound: Mapping[str, forms.Form]) -> Referee:
    response = getattr(request, "response", None)
    outcome, css = _outcome(request, response, lead)
    referee = Referee(request=request, outcome=outcome, css=css, readable=lead and response is not None)
    if response and response.channel != ReferenceResponse.Channel.FORM:
        referee.offline = response
    if lead and request.state in REFEREE_GAVE_ONE and response.recorded_by_id != by.pk:
        key = f"assess-{request.uuid}"
        referee.form = bound.get(key) or AssessForm(key=key, response=response)
    if arranges:
        referee.arrange = {name for name, states in chasing.OPEN_TO_STAFF.items() if request.state in states}
    return referee


def _outcome(request: RefereeRequest, response: ReferenceResponse | None, lead: bool) -> tuple[str, str]:
    """What became of it. A concern and its absence of a result read alike for everybody but the lead."""
    result = response.result if response and request.state in REFEREE_GAVE_ONE else None
    if result is None:
        return str(request.get_state_display()), "wait"
    if result == ReferenceResponse.Result.ACCEPTED:
        return str(response.get_result_display()), "good"
    if result == ReferenceResponse.Result.NOT_USABLE:
        return str(response.get_result_display()), "bad"
    if result and lead:
        return str(response.get_result_display()), "bad"
    return _("The safeguarding lead is looking at this"), "wait"
