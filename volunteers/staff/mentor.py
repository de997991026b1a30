"""What the page of one person shows to one reader: how he stands, what is on record about him, what the reader may do."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.db.models import Exists, OuterRef, Prefetch, prefetch_related_objects
from django.template.response import TemplateResponse
from django.utils import timezone

from portal import access
from portal.models import User
from volunteers.clearance import SCHOOL_SESSION, Facts, Rules, judge, load_facts, load_rules
from volunteers.forms.staff import SupervisorForm, SuspendForm
from volunteers.forms.training import TrainingForm
from volunteers.models import Application, Check, Person, Requirement
from volunteers.services import guards, standing
from volunteers.services.training import Progress, Trained, progress_of
from volunteers.staff import serving, waivers
from volunteers.staff.attached import attached
from volunteers.staff.choices import fill_choices
from volunteers.staff.history import timeline
from volunteers.staff.lines import Line, Lines, lines_of
from volunteers.staff.rows import Reader, RequirementRow, checks_of, requirement_rows, requirements_of, visible

TEMPLATE = "volunteers/staff/person.html"


def page(request, person: Person, bound: Mapping[str, forms.Form], status: int = 200) -> TemplateResponse:
    """The page of the person, with `bound` forms (by key) in place of empty ones: what was typed is kept."""
    return TemplateResponse(request, TEMPLATE, context(person, request.user, bound), status=status)


def context(person: Person, by: User, bound: Mapping[str, forms.Form] | None = None) -> dict:
    """Everything is loaded once, in as many queries whatever there is to show, and handed to the panels."""
    bound, today = bound or {}, timezone.localdate()
    _load_applications(person, by)
    rules, facts, lines = load_rules(), load_facts([person.pk])[person.pk], lines_of(person)
    checks, true = checks_of(person, by), _asked(person, by)
    suspensions = list(person.suspensions.select_related("reason_code", "opened_by", "lift_proposed_by"))
    suspended = next((item for item in suspensions if not item.lifted_at and not item.ended_in_exit_at), None)
    shown = {
        "person": person,
        "approvals": lines.approvals,
        "clearance": judge(facts, rules, SCHOOL_SESSION, today),
        "rows": _rows(person, by, bound, _requirements(person, rules, lines), facts, checks, true),
        "applications": [application for application in person.applications.all() if application.seen],
        "training": lines.trainings,
        "modules": modules_of(person, lines.trainings),
        "suspensions": suspensions,
        "suspended": suspended,
        "barred": standing.barred_from_lifting(suspended, by, true) if suspended else [],
        "forms": _forms(person, by, bound, true, suspended=bool(suspended)),
        "may_list": access.allows(by, "do_not_engage.decide", person.reach),
        "may_propose_lift": access.allows(by, "standing.propose_lift", person.reach),
        "may_confirm_lift": access.allows(by, "standing.confirm_lift", person.reach),
        "timeline": timeline(person, checks=checks, known=rules.check_types),
        **waivers.panel(person, by, bound, lines, true),
        **serving.panel(person, by, bound, facts, lines, true),
    }
    fill_choices(form for key in ("forms", "waiver_forms", "serving_forms") for form in shown[key].values())
    return shown


def _load_applications(person: Person, by: User) -> None:
    """The newest first, `seen` where `by` may read them."""
    seen = Exists(Application.objects.visible_to(by).filter(pk=OuterRef("pk")))
    rows = Application.objects.select_related("role", "policy").annotate(seen=seen)
    prefetch_related_objects([person], Prefetch("applications", rows.order_by("-submitted_at", "-pk")))


def _asked(person: Person, by: User) -> set[str]:
    """The questions of the page that are answered by yes or no."""
    trainee = Person.objects.to_train(by).filter(pk=person.pk)
    return guards.true_of(
        person, **guards.ties_to(person, by), trainee=trainee, ever_supervised=person.supervision.all()
    )


def _requirements(person: Person, rules: Rules, lines: Lines) -> list[Requirement]:
    """What is asked of him today: of the role he is approved for, or of the one he applies for."""
    if lines.approvals:
        return rules.on(lines.approvals[0].key, timezone.localdate())
    sent = next((application for application in person.applications.all() if application.submitted_at), None)
    return requirements_of(sent.policy) if sent else []


def _rows(
    person: Person,
    by: User,
    bound: Mapping[str, forms.Form],
    requirements: list[Requirement],
    facts: Facts,
    checks: list[Check],
    true: set[str],
) -> list[RequirementRow]:
    lead = access.allows(by, "application.sensitive", person.reach)
    seen = visible(checks, lead=lead)
    reader = Reader(by, lead, guards.bonds(true), attached(by, seen), bound)
    return requirement_rows(requirements, facts, seen, reader)


def modules_of(person: Person, trainings: list[Line]) -> list[Progress]:
    """The modules that he reads alone, and how he stands with them after these trainings."""
    return progress_of(
        person, words=[Trained(line.key, line.code, line.starts, line.at, bool(line.flag)) for line in trainings]
    )


def _forms(
    person: Person, by: User, bound: Mapping[str, forms.Form], true: set[str], *, suspended: bool
) -> dict[str, forms.Form]:
    offered: dict[str, forms.Form] = {}
    if "trainee" in true:
        offered["training"] = bound.get("training") or TrainingForm(key="training")
    if access.allows(by, "supervisor.assign", person.reach):
        offered["supervisor"] = bound.get("supervisor") or SupervisorForm(person=person, key="supervisor")
    if not suspended and access.allows(by, "standing.suspend", person.reach):
        offered["suspend"] = bound.get("suspend") or SuspendForm(key="suspend")
    return offered
