"""Risk assessments: why a guest speaker under supervision may come before all checks are in, who watches over him, until
when. Two sign; it stands in for what his role asks before approval, never for identity (docs/decisions/0007)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import date

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import audit
from portal.access import Role
from portal.models import StaffTask, User
from portal.refusals import Reason, Refused
from portal.services import raise_task
from volunteers import clearance
from volunteers.clearance.judgement import GUEST_ROLE
from volunteers.models import CheckType, Person, RiskAssessment
from volunteers.services import guards
from volunteers.services.exemptions import refuse_unless_open, same_person, wrong_days
from volunteers.states import CheckState


@transaction.atomic
def sign(
    *,
    person: Person,
    by: User,
    activity: str,
    supervision: str,
    known: str,
    starts_on: date | None,
    ends_on: date | None,
) -> RiskAssessment:
    """The first of two: nothing counts yet. The leads get a task. Days are inclusive; `known` (what is known about the
    person) is kept encrypted.

    Raises `NotAllowed` (`not_yours` and what `guards.may_act_on` finds) and `Refused` with all of `activity_missing`,
    `supervision_missing`, `known_missing`, the days' reasons (`exemptions.wrong_days`, at most
    `PROGRAMME["risk_assessment_days"]`) and what `hindrances` finds.
    """
    person = guards.lock_person(person.pk)
    guards.demand_permission("risk.sign", person.reach, by, barred=guards.may_act_on(person, by))
    reasons = _unsaid(activity, supervision, known)
    reasons += wrong_days(starts_on, ends_on, settings.PROGRAMME["risk_assessment_days"])
    reasons += hindrances(person)
    if reasons:
        raise Refused(*reasons)
    assessment = RiskAssessment(
        person=person,
        activity=activity.strip(),
        supervision=supervision.strip(),
        starts_on=starts_on,
        ends_on=ends_on,
        signed_by=by,
    )
    assessment.known = known.strip()
    assessment.save()
    _record(assessment, "sign_risk", by)
    raise_task(
        StaffTask.Kind.TO_CONFIRM,
        role=Role.SAFEGUARDING_LEAD,
        about=assessment.code,
        person=person.uuid,
        url=reverse("staff_risk", args=[assessment.uuid]),
        district=person.district,
    )
    return assessment


def _unsaid(activity: str, supervision: str, known: str) -> list[Reason]:
    said = [
        (activity, Reason("activity_missing", _("Say what the guest comes for."))),
        (supervision, Reason("supervision_missing", _("Say who is with the guest all the time."))),
        (known, Reason("known_missing", _("Write what is known about the guest."))),
    ]
    return [reason for words, reason in said if not words.strip()]


def hindrances(person: Person) -> list[Reason]:
    """Why nobody may assess this person's risk at all: `not_a_guest` (neither approved nor applying as a guest speaker
    under supervision), `not_admitted` (suspended or barred), `lead_looking` (a record failed or a concern is open: the
    words are those that a case shows), `identity_missing` (not sighted, or no longer valid)."""
    reasons = []
    if not is_guest(person):
        text = _("A risk assessment is for guest speakers under supervision only.")
        reasons.append(Reason("not_a_guest", text))
    if clearance.clearance(person).standing in {"suspended", "barred"}:
        reasons.append(Reason("not_admitted", _("This person is not admitted to sessions for now.")))
    if person.checks.filter(state=CheckState.FAILED).exists() or person.concerns.filter(closed_at=None).exists():
        reasons.append(Reason("lead_looking", _("The safeguarding lead is looking at this")))
    identity = CheckType.objects.get(code=CheckType.IDENTITY)
    covered = clearance.load_facts([person.pk])[person.pk].covered[identity.pk]
    if clearance.unbroken_end(covered, timezone.localdate()) is None:
        reasons.append(Reason("identity_missing", _("The identity must be sighted first.")))
    return reasons


def is_guest(person: Person) -> bool:
    """Whether he was approved for the guest's role or applies for it."""
    return (
        person.approvals.filter(role__code=GUEST_ROLE).exists()
        or person.applications.open().filter(role__code=GUEST_ROLE).exists()
    )


@transaction.atomic
def confirm(*, assessment: RiskAssessment, by: User) -> None:
    """The second of two: from now on it counts on its days. Raises `NotAllowed` (`same_person`, `not_yours` and what
    `guards.may_act_on` finds) and `Refused` (`already_confirmed`, `revoked`, `over`, and what `hindrances` finds today)."""
    assessment = _lock(assessment, by)
    barred = barred_from_confirming(assessment, by)
    guards.demand_permission("risk.confirm", assessment.reach, by, barred=barred)
    refuse_unless_open(assessment)
    if reasons := hindrances(assessment.person):
        raise Refused(*reasons)
    assessment.confirmed_by, assessment.confirmed_at = by, timezone.now()
    assessment.save(update_fields=["confirmed_by", "confirmed_at"])
    _record(assessment, "confirm_risk", by)


def barred_from_confirming(assessment: RiskAssessment, by: User, true: AbstractSet[str] | None = None) -> list[Reason]:
    """Why `by` may not be the second person; empty when he may. `true` are the answers to `guards.ties_to`, where the
    caller has asked them."""
    return guards.may_act_on(assessment.person, by, true) + same_person(assessment.signed_by_id, by)


@transaction.atomic
def revoke(*, assessment: RiskAssessment, by: User) -> None:
    """Ends it at once, before or after it was confirmed; one is enough. The apps above are told in the same
    transaction. Raises `NotAllowed` (`not_yours`, `administrator`) and `Refused` (`revoked`)."""
    assessment = _lock(assessment, by)
    guards.demand_permission("risk.sign", assessment.reach, by, barred=guards.runs_the_system(by))
    if assessment.revoked_at:
        raise Refused(Reason("revoked", _("It was taken back.")))
    assessment.revoked_by, assessment.revoked_at = by, timezone.now()
    assessment.save(update_fields=["revoked_by", "revoked_at"])
    _record(assessment, "revoke_risk", by)
    clearance.changed(assessment.person)


def end_all(*, person: Person, by: User) -> None:
    """Something is known that the signers did not know: no assessment of the person counts any more. The caller holds the
    lock of the person and tells the apps above."""
    for assessment in person.risk_assessments.standing():
        assessment.revoked_by, assessment.revoked_at = by, timezone.now()
        assessment.save(update_fields=["revoked_by", "revoked_at"])
        _record(assessment, "revoke_risk", by)


def _lock(assessment: RiskAssessment, by: User) -> RiskAssessment:
    guards.lock_person(assessment.person_id)
    rows = RiskAssessment.objects.visible_to(by).select_for_update(of=("self",))
    return rows.select_related("person").get(pk=assessment.pk)


def _record(assessment: RiskAssessment, action: str, by: User) -> None:
    audit.record(assessment.person, action, by, risk=assessment.code)
