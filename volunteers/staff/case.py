"""What the page of one case shows to one reader: the coordinator, the safeguarding lead, or the interviewer."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django import forms
from django.template.response import TemplateResponse

from portal import access
from portal.models import User
from volunteers.clearance import load_facts
from volunteers.forms.case import ConflictForm, HandOverForm, InterviewerForm
from volunteers.iin import masked
from volunteers.models import Application, Decision
from volunteers.services import guards, holds
from volunteers.staff import duplicates, panels, referees
from volunteers.staff.history import timeline
from volunteers.staff.offers import Situation, offers
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
    revision, decided = application.revisions.last(), panels.decisions_of(application)
    draft = json.loads(revision.answers) if revision else {}
    now = Situation(
        application=application,
        by=by,
        barred=guards.may_decide(application, by),
        decision=_current(application, decided),
        hold=holds.open_hold(application) if application.state == ApplicationState.ON_HOLD else None,
        facts=load_facts([person.pk])[person.pk],
    )
    rows = requirement_rows(person, application.policy, by, bound, now.facts)
    seen_in_full = {
        "referees": referees.panel(application, by, bound, barred=now.barred, draft=draft),
        "duplicates": duplicates.pairs(application, by) if lead else [],
        "decisions": panels.decision_rows(decided, lead=lead),
        "letters": panels.letters_about(application),
        "holds": panels.holds_of(application) if lead else [],
        "timeline": timeline(person, application),
    }
    return {
        "application": application,
        "person": person,
        "full": full,
        "lead": lead,
        "only_assigned": not full,
        "state_css": STATE_CSS.get(application.state, "wait"),
        "iin": masked(person.iin) if full and person.iin else "",
        "answers": panels.answers(revision, draft),
        "rows": rows if full else [row for row in rows if row.checks],
        "offers": offers(now, bound),
        "people_forms": _people_forms(application, by, bound),
        "conflict_form": bound.get("conflict") or ConflictForm(application=application, key="conflict"),
        "reviews": panels.reviews_of(application, by),
        **(seen_in_full if full else {}),
    }


def _current(application: Application, decided: list[Decision]) -> Decision | None:
    """The decision that waits for the second person, or whose notice runs."""
    waiting = (decision for decision in decided if decision.confirmed_at is None and decision.sent_back_at is None)
    if application.state == ApplicationState.NOTICE:
        waiting = (
            decision for decision in decided if decision.outcome == Decision.Outcome.DECLINE and decision.confirmed_at
        )
    return next(waiting, None)


def _people_forms(application: Application, by: User, bound: Mapping[str, forms.Form]) -> dict[str, forms.Form]:
    """Who the coordinator and the interviewer are; for those who may name them."""
    if application.state in CLOSED or not access.allows(by, "application.accept", application.reach):
        return {}
    classes = {"owner": HandOverForm, "interviewer": InterviewerForm}
    if application.state == ApplicationState.SCREENING:
        del classes["interviewer"]  # it is a field of accepting
    return {key: bound.get(key) or made(application=application, key=key) for key, made in classes.items()}
