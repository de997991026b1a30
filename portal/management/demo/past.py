"""A case that was declined long ago, with every kind of word in it: what retention must find and empty."""

from __future__ import annotations

import json
from datetime import date, timedelta

from django.conf import settings
from django.utils import timezone

from portal import files
from portal.models import LogEntry, OutgoingMessage
from volunteers.models import (
    Application,
    ApplicationRevision,
    Check,
    CheckEvidence,
    CheckType,
    Decision,
    Membership,
    Organisation,
    ReasonCode,
)
from volunteers.states import ApplicationState, CheckState

from . import builders
from .cast import Cast

FAMILY, GIVEN = "Сағындықов", "Ерболат"
PAPER = b"%PDF-1.4\n% an invented paper\n%%EOF\n"


def declined_long_ago(cast: Cast, name: str = "erbolat", *, number: int = 95, on: date | None = None) -> Application:
    """Declined by Aigul and Marat on `on` (default: thirty days longer ago than such cases are kept)."""
    on = on or timezone.localdate() - timedelta(days=settings.PROGRAMME["anonymise_declined_days"] + 30)
    user = builders.make_user(name, family=FAMILY, given=GIVEN, district=cast.taraz)
    person = builders.make_person(user, number=number, district=cast.taraz, family=FAMILY, given=GIVEN)
    organisation = Organisation.objects.filter(district=cast.taraz, kind=Organisation.Kind.VETERANS).first()
    state = ApplicationState.DECLINED
    application = builders.make_application(person, state, since=on, organisation=organisation, owner=cast.aigul)
    if organisation:
        Membership.objects.create(person=person, organisation=organisation)
    _answers(application)
    builders.give_references(application, cast.dana, on)
    _paper(application, cast, on)
    _decision(application, cast, on)
    _letter_and_log(application, on)
    return application


def _answers(application: Application) -> None:
    revision = ApplicationRevision(application=application, number=2, author=application.person.user)
    revision.answers = json.dumps({"about": {"family_name": FAMILY, "given_name": GIVEN}}, ensure_ascii=False)
    revision.save()


def _paper(application: Application, cast: Cast, on: date) -> None:
    check = Check(
        person=application.person,
        subject=application.person.user,
        application=application,
        check_type=CheckType.objects.get(code="criminal_record"),
        state=CheckState.FAILED,
        number="DEMO-OLD",
        issuer=f"eGov, {FAMILY}",
        issued_on=on,
        verified_by=cast.aigul,
        verified_at=builders.moment(on),
    )
    check.result_note = f"{FAMILY}: an entry was found."
    check.save()
    stored = files.store(PAPER, "application/pdf")
    CheckEvidence.objects.create(
        evidence_of=check,
        stored_name=stored.name,
        sealed_key=stored.sealed_key,
        sha256=stored.sha256,
        mime=stored.mime,
        size=stored.size,
        uploaded_by=application.person.user,
    )


def _decision(application: Application, cast: Cast, on: date) -> None:
    decision = Decision(
        application=application,
        outcome=Decision.Outcome.DECLINE,
        rationale=f"{GIVEN} {FAMILY} does not meet a published condition.",
        applicant_text=f"Dear {GIVEN}, thank you for your time.",
        proposed_by=cast.aigul,
        confirmed_by=cast.marat,
        confirmed_at=builders.moment(on),
        appeal_until=on + timedelta(days=settings.PROGRAMME["appeal_days"]),
        closed_by=cast.dana,
        closed_at=builders.moment(on),
        closing_note=f"{FAMILY} did not answer.",
        snapshot_hash="0" * 64,
    )
    decision.answer = "No answer."
    decision.save()
    decision.reason_codes.set(ReasonCode.objects.order_by("code")[:1])


def _letter_and_log(application: Application, on: date) -> None:
    person = application.person
    OutgoingMessage.objects.create(
        letter="volunteers/declined",
        channel=OutgoingMessage.Channel.EMAIL,
        address=person.email,
        recipient=person.user,
        language="kk",
        subject=f"{GIVEN}: demo",
        text=f"{GIVEN} {FAMILY}",
        html=f"<p>{GIVEN} {FAMILY}</p>",
        about=application.code,
        dedupe_key=f"demo-declined:{application.uuid}",
        due_at=builders.moment(on),
        state=OutgoingMessage.State.SENT,
    )
    log = {"model": "volunteers.Application", "object_id": str(application.pk), "object_code": application.code}
    sent = {"state_from": "draft", "state_to": "unconfirmed"}
    LogEntry.objects.create(
        actor=person.user, actor_name=person.user.display_name, action="send", at=builders.moment(on), **sent, **log
    )
    closed = {"state_from": "notice", "state_to": "declined", "reason": f"{FAMILY} did not answer."}
    LogEntry.objects.create(actor_name="system", action="decline", at=builders.moment(on), **closed, **log)
