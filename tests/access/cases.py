"""The records of vetting and of safeguarding for `world`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from portal.management.demo import builders
from portal.models import Import, OutgoingMessage, StaffTask
from tests.people import Cast
from volunteers.models import (
    Appeal,
    Application,
    Check,
    CheckType,
    Concern,
    Decision,
    DoNotEngage,
    Exemption,
    Hold,
    Interest,
    Invitation,
    Person,
    ReasonCode,
    RiskAssessment,
)
from volunteers.states import ApplicationState

if TYPE_CHECKING:
    from tests.access.world import Side


def waivers(cast: Cast, side: Side, case: Application) -> dict:
    """A declaration, an exemption and a risk assessment of the applicant."""
    today = timezone.localdate()
    days = {"person": case.person, "starts_on": today, "ends_on": today}
    types = {check_type.code: check_type for check_type in CheckType.objects.all()}
    declaration = Check.objects.create(person=case.person, application=case, check_type=types["self_disclosure"])
    exemption = Exemption.objects.create(check_type=types["interview"], reason=side.words, granted_by=cast.dana, **days)
    risk = RiskAssessment(activity=side.words, supervision=side.words, signed_by=cast.dana, **days)
    risk.known = side.words
    risk.save()
    return {"declaration": declaration, "exemption": exemption, "risk": risk}


def safeguarding(cast: Cast, side: Side, case: Application, person: Person) -> dict:
    """A concern about the applicant, an entry of the do-not-engage list proposed by Dana, and a second account of the
    mentor."""
    concern = Concern.objects.create(person=person, application=case, source="staff", level="low", raised_by=cast.aigul)
    entry = DoNotEngage.objects.create(
        iin_hash=side.fill,
        reason_code=ReasonCode.objects.all()[0],
        decided_by=cast.dana,
        review_on=timezone.localdate(),
    )
    StaffTask.objects.create(
        kind="duplicate_person",
        role="safeguarding_lead",
        about=f"{case.code} / {cast.nurlan.code}",
        dedupe_key=f"duplicate{side.ending}",
    )
    return {"concern": concern, "entry": entry}


def refusal(cast: Cast, side: Side) -> dict:
    """A renewal that the coordinator and Dana refused, with all that is written in such a case, and a letter of the case."""
    user = builders.make_user(f"refused{side.ending}", family=side.family, given="Р")
    person = builders.make_person(user, number=side.number + 2, district=cast.taraz, family=side.family, given="Р")
    refused = builders.make_application(person, ApplicationState.DECLINED)
    refused.opinion, refused.opinion_by, refused.opinion_at = side.words, cast.aigul, timezone.now()
    refused.save()
    decision = Decision(
        application=refused,
        outcome="decline",
        rationale=side.words,
        proposed_by=cast.aigul,
        confirmed_by=cast.dana,
        confirmed_at=timezone.now(),
        answered_at=timezone.now(),
        closed_by=cast.dana,
        closed_at=timezone.now(),
    )
    decision.answer = side.words
    decision.save()
    appeal = Appeal(decision=decision, first_proposed_by=cast.aigul, first_confirmed_by=cast.dana)
    appeal.text = side.words
    appeal.save()
    hold = Hold.objects.create(application=refused, reason="other", released_at=timezone.now())
    return {"refused": refused, "decision": decision, "appeal": appeal, "hold": hold}


def outreach(cast: Cast, side: Side, case: Application) -> dict:
    """What waits for the coordinators before an application, one that the coordinator types for somebody, and a letter
    about the case that was not sent yet."""
    assisted = Application.objects.create(
        person=Person.objects.create(district=cast.taraz), role=case.role, policy=case.policy, assisted_by=cast.aigul
    )
    invitation = Invitation.objects.create(
        name=side.words,
        email=f"invited{side.ending}@demo.example",
        role=case.role,
        district=cast.taraz,
        token_hash=side.fill,
        sent_by=cast.aigul,
        expires_at=timezone.now() + timedelta(days=1),
    )
    interest = Interest.objects.create(name=side.words, phone="+77010000000", district=cast.taraz, language="kk")
    letter = OutgoingMessage.objects.create(
        letter="volunteers/notice",
        channel="email",
        address=f"x{side.ending}@demo.example",
        language="kk",
        about=case.code,
        dedupe_key=f"letter{side.ending}",
        due_at=timezone.now(),
    )
    imported = Import.objects.create(kind="members", by=cast.aigul, state=Import.State.APPLIED)
    return {
        "assisted": assisted,
        "invitation": invitation,
        "interest": interest,
        "letter": letter,
        "imported": imported,
    }
