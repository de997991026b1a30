"""What was written down about the applicants of the demonstration, and what waits for a second safeguarding lead."""

from __future__ import annotations

import json
from datetime import timedelta

from django.utils import timezone

from portal import crypto
from volunteers.models import Application, Check, CheckType, Interview, SearchLog, SelfDisclosure
from volunteers.reference import disclosure_questions, interview_protocol
from volunteers.services import exemptions, risks
from volunteers.states import CheckState

from . import builders
from .cast import Cast

REGISTER = "qamqor.gov.kz"


def write_down(application: Application) -> None:
    """The words behind the verified checks of a case: the declaration, the protocol, the searches."""
    for check in application.checks.select_related("check_type", "person", "verified_by"):
        if check.check_type.is_interview:
            _protocol(check)
        elif check.check_type.is_declaration:
            _declaration(check)
        elif check.check_type.is_search:
            _search(check)


def _protocol(check: Check) -> None:
    protocol = interview_protocol()
    interview = Interview(
        evidence_of=check,
        application=check.application,
        held_on=check.issued_on,
        place="Кітапхана",
        protocol_version=protocol["version"],
        recommendation="yes",
        recorded_by=check.verified_by,
    )
    answers = {question["code"]: "Сабырлы, мысал келтіріп жауап берді." for question in protocol["question"]}
    interview.answers = json.dumps(answers, ensure_ascii=False)
    interview.save()


def _declaration(check: Check) -> None:
    disclosure = SelfDisclosure(
        evidence_of=check,
        application=check.application,
        says_yes=False,
        signed_name=check.person.full_name,
        signed_at=builders.moment(check.issued_on),
    )
    no = {question["code"]: {"answer": "no", "words": ""} for question in disclosure_questions()}
    disclosure.answers = json.dumps(no, ensure_ascii=False)
    disclosure.save()


def _search(check: Check) -> None:
    SearchLog.objects.create(
        evidence_of=check,
        register=REGISTER,
        terms_hash=crypto.lookup_hash(check.person.iin, "register_search"),
        result=SearchLog.Result.NOTHING,
        searched_at=builders.moment(check.issued_on),
        searched_by=check.verified_by,
    )


def make_waivers(cast: Cast) -> None:
    """An exemption of Yerbol and a risk assessment of a guest speaker, each signed by one and waiting for another."""
    today = timezone.localdate()
    exemptions.grant(
        person=cast.yerbol,
        check_type=CheckType.objects.get(code="employment"),
        by=cast.dana,
        reason="Мектептің кадр бөлімі ай соңына дейін жабық (үлгі).",
        starts_on=today,
        ends_on=today + timedelta(days=30),
    )
    guest = builders.make_mentor(
        "qonaq", number=91, staff=cast, district=cast.taraz, family="Оспанов", given="Қуат", role="supervised_speaker"
    )
    guest.checks.filter(check_type__code="criminal_record").update(state=CheckState.INVALIDATED)
    risks.sign(
        person=guest,
        by=cast.aigul,
        activity="Орманшы мамандығы туралы әңгіме, 7-сынып, бір сабақ (үлгі).",
        supervision="Сынып жетекшісі үнемі сыныпта болады.",
        known="Ардагерлер ұйымы көптен біледі. Соттылық туралы анықтама күтілуде.",
        starts_on=today,
        ends_on=today + timedelta(days=14),
    )
