"""The person's own pages: where his application stands, what is missing, whose turn it is; his papers and texts."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_http_methods, require_safe

from portal import audit, files
from portal.refusals import Reason
from volunteers.clearance import Clearance, clearance
from volunteers.forms.check import ProvideForm
from volunteers.forms.referee import ReplacementForm
from volunteers.models import Application, Check, CheckEvidence, CheckType, Person, RefereeRequest
from volunteers.services import answers, applications, checks, references, standing
from volunteers.states import (
    CLOSED,
    PROVIDE,
    READ_BY_APPLICANT,
    REFEREE_WAITING,
    STEPS,
    WITHDRAW,
    ApplicationState,
    CheckState,
    RefereeState,
)

S = ApplicationState
LOOKS = {S.APPROVED: "good", S.DECLINED: "bad", S.MORE_INFO: "wait", S.UNCONFIRMED: "wait", S.DRAFT: "wait"}
CHECK_LOOKS = {CheckState.VERIFIED: "good", CheckState.FAILED: "bad", CheckState.REQUESTED: "wait"}
WAITS_FOR_HIM = {S.DRAFT, S.UNCONFIRMED, S.MORE_INFO, S.NOTICE, S.DEFERRED}


@require_safe
def my_home(request: HttpRequest) -> HttpResponse:
    """The newest application and, for somebody who was ever approved, his standing today."""
    person = Person.objects.filter(user=request.user).select_related("user", "district").first()
    application = None
    if person:
        newest = person.applications.select_related("person__user", "role", "policy").order_by("-created_at", "-pk")
        application = newest.first()
    if application is None:
        return render(request, "volunteers/home_empty.html")
    approved = person.approvals.exists()
    standing_today = clearance(person) if approved else None
    papers = _papers(person)
    missing = _missing(application, papers, standing_today)
    shown = applications.stage(application)
    context = {
        "person": person,
        "application": application,
        "shown": shown,
        "state_text": READ_BY_APPLICANT[shown],
        "look": LOOKS.get(shown, ""),
        "steps": _steps(shown),
        "missing": missing,
        "turn": _turn(shown, missing),
        "papers": papers,
        "referees": _referees(application),
        "texts": _texts(person),
        "standing": standing_today,
        "approved": approved,
        "may_withdraw": application.state in WITHDRAW.sources,
    }
    return render(request, "volunteers/home.html", context)


def _steps(shown: str) -> list[dict]:
    """The five steps; none is current in an application that was closed without an approval."""
    current = next((number for number, (_c, _l, states) in enumerate(STEPS) if shown in states), None)
    if current is None:
        return []
    looks = ["done"] * current + ["now"] + ["later"] * (len(STEPS) - current - 1)
    return [{"label": label, "state": look} for (_code, label, _states), look in zip(STEPS, looks, strict=True)]


def _turn(shown: str, missing: list[Reason]) -> str:
    if shown in WAITS_FOR_HIM or any(reason.url for reason in missing):
        return "you"
    return "nobody" if shown in CLOSED and not missing else "us"


def _missing(application: Application, papers: list[dict], standing_today: Clearance | None) -> list[Reason]:
    """What the page asks for, each with a link where the person can do it himself."""
    if application.state == S.DRAFT:
        review = Reason("send", _("Look through your answers and send them."), _step(application, "review"))
        return answers.unfinished(application) or [review]
    if application.state == S.UNCONFIRMED:
        address = reverse("apply_confirm", args=[application.uuid])
        return [Reason("contact", _("Enter the code from our letter."), address)]
    missing = [
        Reason(f"check:{paper['check'].check_type.code}", paper["check"].check_type.name, paper["url"])
        for paper in papers
        if paper["url"] and paper["check"].state == CheckState.REQUESTED
    ]
    if application.state not in CLOSED:
        missing += [
            Reason("referee", _("Please name another referee."), reverse("my_referee", args=[request.uuid]))
            for request in application.referees.all()
            if references.is_over(request)
        ]
    return missing + _before_sessions(standing_today)


def _step(application: Application, step: str) -> str:
    return reverse("apply_step", args=[application.uuid, step])


def _before_sessions(standing_today: Clearance | None) -> list[Reason]:
    if standing_today is None:
        return []
    texts = set(CheckType.objects.filter(kind=CheckType.Kind.AGREEMENT).values_list("code", flat=True))
    return [
        reason._replace(url=reverse("my_agreement", args=[code]))
        if (code := reason.code.split(":")[-1]) in texts
        else reason
        for reason in standing_today.reasons
    ]


def _papers(person: Person) -> list[dict]:
    """The checks that he sees, each with its words, the address where he sends it, and whether he may renew it now."""
    rows = person.checks.exclude(state__in=[CheckState.CANCELLED, CheckState.INVALIDATED])
    shown = list(rows.select_related("check_type"))
    waiting = {check.check_type_id for check in shown if check.state in checks.WAITING}
    return [_paper(check, waiting) for check in shown]


def _paper(check: Check, waiting: set[int]) -> dict:
    his = check.check_type.provided_by_applicant
    ours = not his and check.state in checks.WAITING
    soon = timezone.localdate() + timedelta(days=settings.PROGRAMME["renewal_window_days"])
    ends_soon = check.state == CheckState.VERIFIED and check.expires_on is not None and check.expires_on <= soon
    return {
        "check": check,
        "text": _("We do this") if ours else check.get_state_display(),
        "look": "" if ours else CHECK_LOOKS.get(check.state, ""),
        "url": reverse("my_check", args=[check.uuid]) if his and check.state in PROVIDE.sources else "",
        "renew": his and ends_soon and check.check_type_id not in waiting,
    }


def _referees(application: Application) -> list[dict]:
    """Names and whether they answered; nothing of what, and nobody's refusal."""
    words = {RefereeState.COMPLETED: _("has answered"), RefereeState.CREATED: _("will be asked")}
    return [
        {"name": request.name, "text": words.get(request.state, _("was asked"))}
        for request in application.referees.all()
        if request.state in REFEREE_WAITING | {RefereeState.COMPLETED} and not references.is_over(request)
    ]


def _texts(person: Person) -> list:
    return list(person.acceptances.select_related("version__agreement"))


class MyCheck(View):
    """One of his own papers: what is recorded, the file he sent, the form to send it or to correct it."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request, uuid):
        own = Check.objects.visible_to(request.user).filter(person__user=request.user)
        self.check = get_object_or_404(own.select_related("check_type", "person"), uuid=uuid)
        return super().dispatch(request, uuid)

    def get(self, request, uuid):
        fields = ("number", "issuer", "issued_on")
        return self._page(ProvideForm(check=self.check, initial={name: getattr(self.check, name) for name in fields}))

    def post(self, request, uuid):
        form = ProvideForm(request.POST, request.FILES, check=self.check)
        if not form.is_valid():
            return self._page(form)
        checks.provide(check=self.check, by=request.user, **form.cleaned_data)
        messages.success(request, _("Thank you. We will look at it; the result will stand on your page."))
        return redirect("my_home")

    def _page(self, form):
        open_to_him = self.check.check_type.provided_by_applicant and self.check.state in PROVIDE.sources
        context = {
            "check": self.check,
            "form": form if open_to_him else None,
            "look": CHECK_LOOKS.get(self.check.state, ""),
            "evidence": self.check.evidence.filter(purged_at=None),
        }
        return render(self.request, "volunteers/check.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def my_check_renew(request: HttpRequest, uuid) -> HttpResponse:
    own = Check.objects.visible_to(request.user).filter(person__user=request.user)
    check = get_object_or_404(own, uuid=uuid)
    if request.method != "POST":
        return redirect("my_home")
    fresh = checks.renew(check=check, by=request.user)
    return redirect("my_check", fresh.uuid)


@require_safe
def my_evidence(request: HttpRequest, uuid) -> HttpResponse:
    """A file that he sent himself; the look is logged before the first byte."""
    own = CheckEvidence.objects.filter(evidence_of__person__user=request.user, purged_at=None)
    evidence = get_object_or_404(own, uuid=uuid)
    audit.viewed(evidence, "own_file", request.user)
    return files.serve(evidence.stored_name, evidence.sealed_key, evidence.mime, evidence.code)


class MyAgreement(View):
    """The newest version of a text that his role demands, and his acceptance of it."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request, code):
        self.person = get_object_or_404(Person, user=request.user)
        demanded = CheckType.objects.filter(kind=CheckType.Kind.AGREEMENT, code=code).exists()
        self.version = answers.current_versions([code]).get(code)
        if not demanded or self.version is None or not self.person.approvals.exists():
            raise Http404
        return super().dispatch(request, code)

    def get(self, request, code):
        return render(request, "volunteers/agreement.html", {"version": self.version})

    def post(self, request, code):
        standing.accept_agreement(
            person=self.person, version=self.version, by=request.user, language=get_language() or "kk"
        )
        messages.success(request, _("Thank you. Your acceptance is recorded."))
        return redirect("my_home")


class MyReferee(View):
    """Another person in the place of one who cannot give a reference."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request, uuid):
        own = RefereeRequest.objects.filter(application__person__user=request.user)
        self.old = get_object_or_404(own.select_related("application__person__user"), uuid=uuid)
        references.demand_replaceable(self.old)
        return super().dispatch(request, uuid)

    def get(self, request, uuid):
        return render(request, "volunteers/referee.html", {"form": ReplacementForm(old=self.old)})

    def post(self, request, uuid):
        form = ReplacementForm(request.POST, old=self.old)
        if not form.is_valid():
            return render(request, "volunteers/referee.html", {"form": form})
        references.replace(request=self.old, by=request.user, referee=form.cleaned_data)
        messages.success(request, _("Thank you. We ask this person for a reference."))
        return redirect("my_home")
