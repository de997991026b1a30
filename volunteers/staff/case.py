"""What the page of one case shows to one reader: the coordinator, the safeguarding lead, or the interviewer."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django import forms
from django.db.models import OuterRef, QuerySet, Subquery
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from portal import access
from portal.models import OutgoingMessage, User
from volunteers.clearance import load_facts
from volunteers.forms.case import ConflictForm
from volunteers.iin import masked
from volunteers.models import Application, Check, Decision, Hold, ReferenceResponse
from volunteers.services import guards
from volunteers.staff import duplicates, panels, referees
from volunteers.staff.attached import attached
from volunteers.staff.history import timeline
from volunteers.staff.offers import Situation, offers
from volunteers.staff.rows import Reader, checks_of, requirement_rows, requirements_of, visible
from volunteers.states import CLOSED, UNSEEN_BY_STAFF, ApplicationState

TEMPLATE = "volunteers/staff/application.html"
STATE_CSS = {
    ApplicationState.APPROVED: "good",
    ApplicationState.DECLINED: "bad",
    ApplicationState.ON_HOLD: "bad",
    ApplicationState.WITHDRAWN: "",
    ApplicationState.LAPSED: "",
}


def cases(user: User) -> QuerySet[Application]:
    """Cases that `user` works on, their contact confirmed; never his own."""
    rows = Application.objects.for_staff(user).exclude(state__in=UNSEEN_BY_STAFF)
    return rows.select_related(
        "person__district", "person__user", "role", "policy", "owner", "interviewer", "organisation"
    )


def cases_in_reach(user: User, permission: str) -> QuerySet[Application]:
    """Those of `cases` where a grant of `user` gives `permission`; what an interviewer alone sees is not among them."""
    return cases(user).filter(access.within(user, permission, district="person__district"))


def in_full(user: User) -> QuerySet[Application]:
    """The same with what else `context` reads of the row."""
    last_letter = OutgoingMessage.objects.newest_state(OuterRef("person__user"), OuterRef("person__user__email"))
    rows = cases(user).select_related("assisted_by").annotate(last_letter=Subquery(last_letter))
    return panels.with_newest_revision(rows)


def page(request, application: Application, bound: Mapping[str, forms.Form], status: int = 200) -> TemplateResponse:
    """The page of the case, with `bound` forms (by key) in place of empty ones: what was typed is kept."""
    application = get_object_or_404(in_full(request.user), pk=application.pk)
    return TemplateResponse(request, TEMPLATE, context(application, request.user, bound), status=status)


def context(application: Application, by: User, bound: Mapping[str, forms.Form] | None = None) -> dict:
    """`application` comes from `in_full`. What several parts of the page ask is asked once, and handed to all of them:
    the number of queries is pinned by a test."""
    bound, person = bound or {}, application.person
    full = access.allows(by, "application.view", application.reach)
    lead = access.allows(by, "application.sensitive", application.reach)
    revision, requests = panels.newest_revision(application), referees.requests_about(person)
    draft, decided = json.loads(revision.answers) if revision else {}, panels.decisions_of(application)
    checks = checks_of(person, by)
    records = visible(checks, lead=lead)
    hanging = attached(by, records, application, lead=lead)
    hold = panels.open_hold(hanging.holds)
    now = _situation(application, by, decided, hold, checks, referees.responses_of(requests))
    reader = Reader(by, lead, guards.bonds(now.known.true), hanging, bound)
    rows = requirement_rows(now.known.requirements, now.known.facts, records, reader)
    seen_in_full = {
        "referees": referees.panel(application, by, bound, requests, barred=now.barred, draft=draft),
        "duplicates": duplicates.pairs(application, by) if hold and hold.reason == Hold.Reason.DUPLICATE else [],
        "decisions": panels.decision_rows(decided, lead=lead),
        "holds": hanging.holds,
    }
    return {
        "application": application,
        "person": person,
        "full": full,
        "lead": lead,
        "only_assigned": not full,
        "state_css": STATE_CSS.get(application.state, "wait"),
        "iin": masked(person.iin) if full and person.iin else "",
        "languages": hanging.languages,
        "answers": panels.answers(application, revision, draft),
        "rows": rows if full else [row for row in rows if row.checks],
        "offers": offers(now, bound),
        "may_name": may_name(application, by),
        "conflict_form": bound.get("conflict") or ConflictForm(application=application, key="conflict"),
        "reviews": panels.reviews_of(application, by, hanging.reviews),
        **({**seen_in_full, "timeline": timeline(person, application, now.known.checks)} if full else {}),
    }


def _situation(
    application: Application,
    by: User,
    decided: list[Decision],
    hold: Hold | None,
    checks: list[Check],
    responses: list[ReferenceResponse],
) -> Situation:
    """A hold is found for the lead alone, who alone releases it."""
    person, decision = application.person, _current(application, decided)
    questions = {
        **guards.ties_to(application.person, by),
        **guards.unsettled(person),
        **guards.proposer_ties(application, decision),
    }
    known = guards.Known(
        facts=load_facts([person.pk])[person.pk],
        requirements=requirements_of(application.policy),
        checks=checks,
        responses=responses,
        true=guards.true_of(person, **questions),
    )
    return Situation(
        application=application,
        by=by,
        barred=guards.may_decide(application, by, known.true),
        decision=decision,
        hold=hold,
        known=known,
    )


def _current(application: Application, decided: list[Decision]) -> Decision | None:
    """The decision that waits for the second person, or whose notice runs."""
    waiting = (decision for decision in decided if decision.confirmed_at is None and decision.sent_back_at is None)
    if application.state == ApplicationState.NOTICE:
        waiting = (
            decision for decision in decided if decision.outcome == Decision.Outcome.DECLINE and decision.confirmed_at
        )
    return next(waiting, None)


def may_name(application: Application, by: User) -> bool:
    """Whether `by` says who works on the case."""
    return application.state not in CLOSED and access.allows(by, "application.accept", application.reach)
