"""What the page of one case shows to one reader: the coordinator, the safeguarding lead, or the interviewer."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.template.response import TemplateResponse

from portal import access
from portal.models import User
from volunteers.forms.case import ConflictForm, HandOverForm, InterviewerForm
from volunteers.iin import masked
from volunteers.models import Application
from volunteers.staff import duplicates, panels, referees
from volunteers.staff.history import timeline
from volunteers.staff.offers import offers
from volunteers.staff.rows import requirement_rows
from volunteers.states import CLOSED, ApplicationState

TEMPLATE = "volunteers/staff/application.html"
STATE_CSS = {
    ApplicationState.APPROVED: "good",
    ApplicationState.DECLINED: "bad",
    ApplicationState.ON_HOLD: "bad",
    ApplicationState.WITHDRAWN: "",
    ApplicationState.LAPSED: "",
}


def page(request, application: Application, bound: Mapping[str, forms.Form], status: int = 200) -> TemplateResponse:
    """The page of the case, with `bound` forms (by key) in place of empty ones: what was typed is kept."""
    return TemplateResponse(request, TEMPLATE, context(application, request.user, bound), status=status)


def context(application: Application, by: User, bound: Mapping[str, forms.Form] | None = None) -> dict:
    bound, person = bound or {}, application.person
    full = access.allows(by, "application.view", application.reach)
    lead = access.allows(by, "application.sensitive", application.reach)
    rows = requirement_rows(person, application.policy, by, bound)
    return {
        "application": application,
        "person": person,
        "full": full,
        "lead": lead,
        "only_assigned": not full,
        "state_css": STATE_CSS.get(application.state, "wait"),
        "iin": masked(person.iin) if full and person.iin else "",
        "answers": panels.answers(application),
        "rows": rows if full else [row for row in rows if row.checks],
        "offers": offers(application, by, bound),
        "people_forms": _people_forms(application, by, bound),
        "conflict_form": bound.get("conflict") or ConflictForm(application=application, key="conflict"),
        "reviews": panels.reviews_of(application, by),
        "timeline": timeline(person, application) if full else [],
        **(_in_full(application, by, lead, bound) if full else {}),
    }


def _in_full(application: Application, by: User, lead: bool, bound: Mapping[str, forms.Form]) -> dict:
    """What an interviewer does not see."""
    return {
        "referees": referees.panel(application, by, bound),
        "duplicates": duplicates.pairs(application, by) if lead else [],
        "decisions": panels.decisions_of(application, lead=lead),
        "letters": panels.letters_about(application),
        "holds": application.holds.select_related("opened_by", "release_proposed_by", "released_by") if lead else [],
    }


def _people_forms(application: Application, by: User, bound: Mapping[str, forms.Form]) -> dict[str, forms.Form]:
    """Who the coordinator and the interviewer are; for those who may name them."""
    if application.state in CLOSED or not access.allows(by, "application.accept", application.reach):
        return {}
    classes = {"owner": HandOverForm, "interviewer": InterviewerForm}
    if application.state == ApplicationState.SCREENING:
        del classes["interviewer"]  # it is a field of accepting
    return {key: bound.get(key) or made(application=application, key=key) for key, made in classes.items()}
