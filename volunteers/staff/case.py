"""What the page of one case shows to one reader: the coordinator, the safeguarding lead, or the interviewer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from django import forms
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from portal import access, moves
from portal.models import User
from portal.moves import Move
from portal.refusals import Reason
from volunteers.forms.staff import AcceptForm, AssessForm, ConfirmForm, InterviewerForm, ProposeForm, SendBackForm
from volunteers.forms.summary import Section, read_out
from volunteers.iin import masked
from volunteers.models import Application, RefereeRequest, ReferenceResponse
from volunteers.services import guards
from volunteers.staff.history import timeline
from volunteers.staff.rows import requirement_rows
from volunteers.states import (
    ACCEPT,
    CLOSED,
    CONFIRM,
    PROPOSE,
    READY,
    SEND_BACK,
    ApplicationState,
    RefereeState,
)

TEMPLATE = "volunteers/staff/application.html"
OFFERED = [ACCEPT, READY, PROPOSE, CONFIRM, SEND_BACK]
FORMS = {ACCEPT.name: AcceptForm, PROPOSE.name: ProposeForm, CONFIRM.name: ConfirmForm, SEND_BACK.name: SendBackForm}
STATE_CSS = {
    ApplicationState.APPROVED: "good",
    ApplicationState.DECLINED: "bad",
    ApplicationState.ON_HOLD: "bad",
    ApplicationState.WITHDRAWN: "",
    ApplicationState.LAPSED: "",
}


@dataclass
class Offer:
    """A move with its form, or with the reasons that speak against it today. Barred people get no button."""

    move: Move
    form: forms.Form | None
    barred: list[Reason] = field(default_factory=list)
    missing: list[Reason] = field(default_factory=list)


@dataclass
class Referee:
    """A request as one reader may see it."""

    request: RefereeRequest
    outcome: str
    css: str
    readable: bool
    form: AssessForm | None = None


def page(request, application: Application, bound: Mapping[str, forms.Form], status: int = 200) -> TemplateResponse:
    """The page of the case, with `bound` forms (by key) in place of empty ones: what was typed is kept."""
    return TemplateResponse(request, TEMPLATE, context(application, request.user, bound), status=status)


def context(application: Application, by: User, bound: Mapping[str, forms.Form] | None = None) -> dict:
    bound, person = bound or {}, application.person
    full = access.allows(by, "application.view", application.reach)
    may_name = application.state not in CLOSED and access.allows(by, "application.accept", application.reach)
    rows = requirement_rows(person, application.policy, by, bound)
    return {
        "application": application,
        "person": person,
        "full": full,
        "only_assigned": not full,
        "state_css": STATE_CSS.get(application.state, "wait"),
        "iin": masked(person.iin) if full and person.iin else "",
        "sections": _answers(application),
        "rows": rows if full else [row for row in rows if row.checks],
        "offers": _offers(application, by, bound),
        "referees": _referees(application, by, bound) if full else [],
        "decisions": application.decisions.select_related("proposed_by", "confirmed_by") if full else [],
        "interviewer_form": _interviewer_form(application, bound) if may_name else None,
        "timeline": timeline(person, application) if full else [],
    }


def _answers(application: Application) -> list[Section]:
    """What he wrote himself. Facts, referees and consents have their own places on the page."""
    revision = application.revisions.last()
    sections = read_out(json.loads(revision.answers)) if revision else []
    return [section for section in sections if section.step in {"organisation", "experience"}]


def _interviewer_form(application: Application, bound: Mapping[str, forms.Form]) -> InterviewerForm | None:
    if application.state == ApplicationState.SCREENING:
        return None
    return bound.get("interviewer") or InterviewerForm(application=application, key="interviewer")


def _offers(application: Application, by: User, bound: Mapping[str, forms.Form]) -> list[Offer]:
    offers = []
    for move in moves.open_to(OFFERED, application, by):
        barred = guards.may_confirm(application, by) if move is CONFIRM else guards.may_decide(application, by)
        judged = move in (READY, PROPOSE, CONFIRM) and not barred
        form_class = FORMS.get(move.name)
        arguments = {"application": application} if move is ACCEPT else {}
        form = bound.get(move.name) or (form_class(key=move.name, **arguments) if form_class else None)
        missing = guards.missing_for_approval(application) if judged else []
        offers.append(Offer(move=move, form=form, barred=barred, missing=missing))
    return offers


def _referees(application: Application, by: User, bound: Mapping[str, forms.Form]) -> list[Referee]:
    lead = access.allows(by, "application.sensitive", application.reach)
    referees = []
    for request in application.referees.select_related("response"):
        response = getattr(request, "response", None)
        outcome, css = _outcome(request, response, lead)
        referee = Referee(request=request, outcome=outcome, css=css, readable=lead and response is not None)
        if lead and request.state == RefereeState.COMPLETED:
            key = f"assess-{request.uuid}"
            initial = {"result": response.result, "called_back": response.called_back}
            referee.form = bound.get(key) or AssessForm(key=key, initial=initial)
        referees.append(referee)
    return referees


def _outcome(request: RefereeRequest, response: ReferenceResponse | None, lead: bool) -> tuple[str, str]:
    """What became of it. A concern and its absence of a result read alike for everybody but the lead."""
    result = response.result if response and request.state == RefereeState.COMPLETED else None
    if result is None:
        return str(request.get_state_display()), "wait"
    if result == ReferenceResponse.Result.ACCEPTED:
        return str(response.get_result_display()), "good"
    if result == ReferenceResponse.Result.NOT_USABLE:
        return str(response.get_result_display()), "bad"
    if result and lead:
        return str(response.get_result_display()), "bad"
    return _("The safeguarding lead is looking at this"), "wait"
