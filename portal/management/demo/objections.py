"""Cases in which the applicant has a word, in the demonstration: something was asked for, refused, or put off."""

from __future__ import annotations

from datetime import timedelta

from volunteers.models import Application, ReasonCode
from volunteers.services import decisions, information, objections
from volunteers.states import ApplicationState

from .cases import Cases

SCREENING = ApplicationState.SCREENING


def make_objections(made: Cases) -> None:
    cast = made.cast
    asked = made.application("qanat", "Жүнісов", "Қанат", SCREENING)
    items = [
        {"step": "history", "text": "2011–2014 жылдары қайда болғаныңызды жазыңыз (үлгі)."},
        {"step": "question", "text": "Қазақша да, орысша да сабақ өткізе аласыз ба? (үлгі)"},
    ]
    information.ask(application=asked, by=cast.aigul, items=items)
    noticed = _refused(made, made.application("zhandos", "Әбенов", "Жандос", SCREENING, days=12), "papers_incomplete")
    decisions.confirm_decline(application=noticed, by=cast.marat, no_conflict=True)
    words = "Анықтаманы келесі аптада әкелемін (үлгі)."
    objections.answer_notice(application=noticed, by=noticed.person.user, text=words)
    refused = _refused(made, made.application("erzhan", "Мұсаев", "Ержан", SCREENING, days=12), "outside_oblast")
    decisions.decline_at_once(application=refused, by=cast.marat, no_conflict=True)
    words = "Тараз қаласына көшіп келдім, мекенжайым өзгерді (үлгі)."
    objections.appeal(application=refused, by=refused.person.user, text=words)
    _deferred(made, made.checked("batyr", "Дүйсенов", "Батыр"))


def _refused(made: Cases, application: Application, code: str) -> Application:
    decisions.propose_decline(
        application=application,
        by=made.cast.aigul,
        rationale="Үлгі: жарияланған шартқа сай келмейді.",
        reason_codes=[ReasonCode.objects.get(code=code)],
        applicant_text="Өтініміңізге рақмет (үлгі).",
        no_conflict=True,
    )
    return application


def _deferred(made: Cases, application: Application) -> None:
    decisions.ready(application=application, by=made.cast.aigul)
    decisions.propose_defer(
        application=application,
        by=made.cast.aigul,
        rationale="Үлгі: облысқа көшіп келе жатыр.",
        defer_until=made.today + timedelta(days=30),
        applicant_text="Көшіп келген соң жалғастырыңыз (үлгі).",
        no_conflict=True,
    )
    decisions.confirm_defer(application=application, by=made.cast.marat, no_conflict=True)
