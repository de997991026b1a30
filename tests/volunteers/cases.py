"""Cases of the people of the cast, built up to a stage."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from portal.management.demo import builders
from portal.models import District
from tests.people import Cast
from volunteers.models import Application, Check, Interview, Person, ReasonCode, SelfDisclosure
from volunteers.reference import disclosure_questions, interview_protocol
from volunteers.services import checks, disclosures, interviews
from volunteers.states import ApplicationState


def days_ago(days: int) -> date:
    return timezone.localdate() - timedelta(days=days)


def by_today(words: dict) -> dict:
    """Words for a form in which a number is a day so many days ago, counted now: what stands in the parameters of a test
    is as old as the run, which may have begun before midnight."""
    return {name: days_ago(value) if isinstance(value, int) else value for name, value in words.items()}


def make_applicant(cast: Cast, name: str = "serik", *, number: int = 50, district: District | None = None) -> Person:
    """Somebody who applies; `serik` of the cast by default."""
    user = cast.serik if name == "serik" else builders.make_user(name, given=name.capitalize())
    return builders.make_person(
        user, number=number, district=district or cast.taraz, family="Әбенов", given=name.capitalize()
    )


def in_screening(cast: Cast, **more) -> Application:
    return builders.make_application(make_applicant(cast, **more), ApplicationState.SCREENING)


def in_assessment(cast: Cast, **more) -> Application:
    """Accepted by Aigul, interviewer Ivan, every check asked for and none given."""
    application = builders.make_application(
        make_applicant(cast, **more), ApplicationState.ASSESSMENT, owner=cast.aigul, interviewer=cast.ivan
    )
    checks.request(application=application)
    return application


def complete(cast: Cast, state: str = ApplicationState.ASSESSMENT, **more) -> Application:
    """Everything that approval needs was there yesterday."""
    application = builders.make_application(
        make_applicant(cast, **more), state, owner=cast.aigul, interviewer=cast.ivan
    )
    builders.check_all(application, staff=cast, on=days_ago(1))
    return application


def check_of(application: Application, code: str) -> Check:
    return application.checks.get(check_type__code=code)


def inquiry() -> ReasonCode:
    return ReasonCode.objects.get(code="pending_inquiry")


def verifier_of(cast: Cast, check: Check):
    """Who verifies checks of this type in the cast."""
    return {"interview": cast.ivan, "self_disclosure": cast.dana}.get(check.check_type.code, cast.aigul)


def verify(cast: Cast, check: Check, by=None, **changes) -> None:
    """Verifies as its verifier would, on a paper of yesterday; an interview by its protocol."""
    if check.check_type.is_interview:
        hold_interview(cast, check, by, **changes)
        return
    methods = check.check_type.methods
    paper = {
        "method": "original_sighted" if "original_sighted" in methods else methods[0],
        "number": "KZ-1",
        "issuer": "eGov",
        "issued_on": days_ago(1),
        **changes,
    }
    checks.verify(check=check, by=by or verifier_of(cast, check), **paper)


def protocol(**changes) -> dict:
    """What the interviewer types into the page of an interview that he held today."""
    answers = {question["code"]: "Өз сөзімен айтты." for question in interview_protocol()["question"]}
    return {"held_on": timezone.localdate(), "place": "Кітапхана", "recommendation": "yes", **answers, **changes}


def hold_interview(cast: Cast, check: Check, by=None, **changes) -> Interview:
    """Ivan talks to him today and recommends him."""
    protocol = {
        "held_on": timezone.localdate(),
        "place": "Кітапхана",
        "second_interviewer": "",
        "answers": {question["code"]: "Өз сөзімен айтты." for question in interview_protocol()["question"]},
        "recommendation": "yes",
        **changes,
    }
    return interviews.record(check=check, by=by or cast.ivan, **protocol)


def declare(check: Check, *, yes: str = "") -> SelfDisclosure:
    """He answers every question with no, the first one with yes where there are words for it."""
    codes = [question["code"] for question in disclosure_questions()]
    answers = {code: {"answer": "no", "words": ""} for code in codes}
    if yes:
        answers[codes[0]] = {"answer": "yes", "words": yes}
    person = check.person
    return disclosures.disclose(check=check, by=person.user, answers=answers, signed_name=person.full_name)
