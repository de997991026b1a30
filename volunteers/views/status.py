"""The person's own page: where his application stands, what is missing, whose turn it is; his standing, papers and texts."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.refusals import Reason
from volunteers.clearance import Clearance, clearance
from volunteers.flags import flags_of
from volunteers.models import Application, Check, CheckType, Person, StageDuration
from volunteers.services import (
    answers,
    checks,
    information,
    objections,
    own,
    pauses,
    references,
    replacing,
    silence,
    terms,
)
from volunteers.states import (
    CLOSED,
    PROVIDE,
    READ_BY_APPLICANT,
    REFEREE_GAVE_ONE,
    REFEREE_WAITING,
    STEPS,
    USUAL_DAYS,
    WITHDRAW,
    ApplicationState,
    CheckState,
    RefereeState,
)
from volunteers.views.papers import CHECK_LOOKS
from volunteers.views.standing import farewell

S = ApplicationState
LOOKS = {
    S.APPROVED: "good",
    S.DECLINED: "bad",
    S.MORE_INFO: "wait",
    S.UNCONFIRMED: "wait",
    S.DRAFT: "wait",
    S.NOTICE: "wait",
}
WAITS_FOR_HIM = {S.DRAFT, S.UNCONFIRMED, S.MORE_INFO, S.NOTICE}
OURS = {S.SCREENING, S.ASSESSMENT, S.DECISION}


@require_safe
def my_home(request: HttpRequest) -> HttpResponse:
    """The application that matters now and, for somebody who was ever approved, his standing today."""
    person = Person.objects.filter(user=request.user).select_related("user", "district").first()
    application = _application(person) if person else None
    if application is None:
        return render(request, "volunteers/home_empty.html")
    if page := farewell(request, person):
        return page
    approved = person.approvals.exists()
    standing_today = clearance(person) if approved else None
    papers = _papers(person)
    context = {
        "person": person,
        "application": application,
        "renewal_opens_on": _renewal(person, application) if approved else None,
        "papers": papers,
        "referees": _referees(application),
        "texts": _texts(person),
        "standing": standing_today,
        "approved": approved,
        "flags": flags_of(person, timezone.now()) if approved else [],
        "learning": Person.objects.learning().filter(pk=person.pk).exists(),
        "pauses": pauses.not_over(person),
        **_where_it_stands(application, papers, standing_today),
    }
    return render(request, "volunteers/home.html", context)


def _where_it_stands(application: Application, papers: list[dict], standing_today: Clearance | None) -> dict:
    """The card of the application: in plain words where it is, whose turn it is, and what he can do now."""
    shown = S.DECISION if (told := own.stage(application)) == S.PROPOSED else told
    objection = _objection(application, shown)
    missing = _missing(application, shown, papers, standing_today)
    turn = _turn(shown, missing, objection)
    return {
        "shown": shown,
        "state_text": READ_BY_APPLICANT[shown],
        "look": LOOKS.get(shown, ""),
        "steps": _steps(application),
        "missing": missing,
        "turn": turn,
        "usual": _usual(shown) if turn == "us" else None,
        "objection": objection,
        "reopens_until": silence.reopens_until(application) if shown == S.LAPSED else None,
        "may_continue": shown == S.DEFERRED and silence.may_continue(application),
        "may_withdraw": application.state in WITHDRAW.sources,
    }


def _application(person: Person) -> Application | None:
    """The newest open one; else the one he serves by; else the newest."""
    known = list(person.applications.select_related("person__user", "role", "policy").order_by("-created_at", "-pk"))
    running = [one for one in known if one.state not in CLOSED]
    if not running and terms.running(person):
        running = [one for one in known if one.state == S.APPROVED]
    return next(iter(running or known), None)


def _steps(application: Application) -> list[dict]:
    """The five steps; none is current in an application that was closed without an approval."""
    stage = own.step_stage(application)
    current = next((number for number, (_c, _l, states) in enumerate(STEPS) if stage in states), None)
    if current is None:
        return []
    looks = ["done"] * current + ["now"] + ["later"] * (len(STEPS) - current - 1)
    return [{"label": label, "state": look} for (_code, label, _states), look in zip(STEPS, looks, strict=True)]


def _turn(shown: str, missing: list[Reason], objection: dict | None) -> str:
    answered = objection is not None and shown == S.NOTICE and not objection["may_answer"]
    if (shown in WAITS_FOR_HIM and not answered) or any(reason.url for reason in missing):
        return "you"
    if objection and (appeal := objection.get("appeal")) and not appeal.decided_at:
        return "us"
    return "nobody" if shown in CLOSED | {S.DEFERRED} and not missing else "us"


def _usual(shown: str) -> dict | None:
    """How many days this stage takes: the median of the last year; where too few cases were counted, the plan."""
    if shown not in OURS:
        return None
    measured = StageDuration.objects.filter(state=shown).values_list("median_days", flat=True).first()
    return {"days": USUAL_DAYS[shown][0] if measured is None else measured, "measured": measured is not None}


def _objection(application: Application, shown: str) -> dict | None:
    """What he may read of a refusal or a deferral, and what he may still say to it."""
    if shown == S.DEFERRED:
        return {"text": objections.deferral_text(application), "reasons": []}
    if shown not in {S.NOTICE, S.DECLINED} or not (decision := objections.refusal_of(application)):
        return None
    appeal = objections.appeal_against(decision)
    return {
        "decision": decision,
        "text": decision.applicant_text,
        "reasons": objections.told_reasons(decision),
        "may_answer": shown == S.NOTICE and objections.may_answer(decision),
        "may_appeal": shown == S.DECLINED and objections.may_appeal(decision),
        "appeal": appeal,
    }


def _renewal(person: Person, application: Application):
    """The day on which a renewal may begin, for somebody who serves and has none under way."""
    return terms.renewal_opens_on(person) if application.state in CLOSED else None


def _missing(
    application: Application, shown: str, papers: list[dict], standing_today: Clearance | None
) -> list[Reason]:
    """What the page asks for, each with a link where the person can do it himself."""
    if shown == S.DRAFT:
        review = Reason("send", _("Look through your answers and send them."), _step(application, "review"))
        return answers.unfinished(application) or [review]
    if shown == S.UNCONFIRMED:
        address = reverse("apply_confirm", args=[application.uuid])
        return [Reason("contact", _("Enter the code from our letter."), address)]
    if shown in {S.NOTICE, S.DEFERRED}:  # nothing more is asked for meanwhile
        return _before_sessions(standing_today)
    missing = []
    if shown == S.MORE_INFO:
        ready = Reason("answer", _("Look through your answers and send them."), _answer(application))
        missing += information.unanswered(application) or [ready]
    missing += [
        Reason(f"check:{paper['check'].check_type.code}", paper["check"].check_type.name, paper["url"])
        for paper in papers
        if paper["url"] and paper["check"].state == CheckState.REQUESTED
    ]
    if shown not in CLOSED:
        missing += [
            Reason("referee", _("Please name another referee."), reverse("my_referee", args=[request.uuid]))
            for request in application.referees.all()
            if replacing.is_over(request)
        ]
    return missing + _before_sessions(standing_today)


def _step(application: Application, step: str) -> str:
    return reverse("apply_step", args=[application.uuid, step])


def _answer(application: Application) -> str:
    return reverse("apply_answer", args=[application.uuid])


def _before_sessions(standing_today: Clearance | None) -> list[Reason]:
    if standing_today is None:
        return []
    texts = set(CheckType.objects.filter(kind=CheckType.Kind.AGREEMENT).values_list("code", flat=True))
    pages = {code: reverse("my_agreement", args=[code]) for code in texts}
    taught = CheckType.objects.filter(kind=CheckType.Kind.TRAINING).values_list("code", flat=True)
    pages |= dict.fromkeys(taught, reverse("my_training"))
    return [reason._replace(url=pages.get(reason.code.split(":")[-1], reason.url)) for reason in standing_today.reasons]


def _papers(person: Person) -> list[dict]:
    """The checks that he sees, each with its words, the address where he sends it, and whether he may renew it now."""
    rows = person.checks.exclude(state__in=[CheckState.CANCELLED, CheckState.INVALIDATED])
    rows = rows.exclude(application__state=S.LAPSED, state__in=checks.WAITING)
    shown = list(rows.select_related("check_type"))
    waiting = {check.check_type_id for check in shown if check.state in checks.WAITING}
    return [_paper(check, waiting) for check in shown]


def _paper(check: Check, waiting: set[int]) -> dict:
    his, declaration = check.check_type.provided_by_applicant, check.check_type.is_declaration
    address = reverse("my_disclosure") if declaration else reverse("my_check", args=[check.uuid])
    ours = not his and check.state in checks.WAITING
    soon = timezone.localdate() + timedelta(days=settings.PROGRAMME["renewal_window_days"])
    ends_soon = check.state == CheckState.VERIFIED and check.expires_on is not None and check.expires_on <= soon
    return {
        "check": check,
        "text": _("We do this") if ours else check.get_state_display(),
        "look": "" if ours else CHECK_LOOKS.get(check.state, ""),
        "url": address if his and check.state in PROVIDE.sources else "",
        "renew": his and ends_soon and check.check_type_id not in waiting,
    }


def _referees(application: Application) -> list[dict]:
    """Names and whether they answered, never that somebody refused; the way to the words that he may read."""
    shared = set(references.shared_with(application.person.user).values_list("pk", flat=True))
    words = dict.fromkeys(REFEREE_GAVE_ONE, _("has answered")) | {RefereeState.CREATED: _("will be asked")}
    return [
        {
            "name": request.name,
            "text": words.get(request.state, _("was asked")),
            "url": reverse("my_reference", args=[request.uuid]) if request.pk in shared else "",
        }
        for request in application.referees.all()
        if request.state in REFEREE_WAITING | REFEREE_GAVE_ONE and not replacing.is_over(request)
    ]


def _texts(person: Person) -> list:
    return list(person.acceptances.standing().select_related("version__agreement"))
