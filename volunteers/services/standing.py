"""What is recorded about somebody who serves: training, agreements, supervisor, suspension. Standing itself is computed."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import audit
from portal.access import Role
from portal.models import RoleGrant, User
from portal.refusals import NotAllowed, Reason, Refused
from volunteers import clearance
from volunteers.models import (
    Acceptance,
    AgreementVersion,
    CheckType,
    Person,
    ReasonCode,
    SupervisorAssignment,
    Suspension,
    TrainingModule,
    TrainingRecord,
)
from volunteers.notifications import staff as letters
from volunteers.services import guards

SUPERVISING_ROLES = [Role.COORDINATOR, Role.SAFEGUARDING_LEAD, Role.TRAINER]
INQUIRY = "pending_inquiry"


@transaction.atomic
def record_training(
    *, person: Person, module: TrainingModule, by: User, held_on: date, result: str, note: str = ""
) -> None:
    """Writes a trainer's word; the newest one counts, so a failure ends what an earlier pass gave.

    Raises `NotAllowed` (`own_training`, `not_yours`) and `Refused` (`held_in_future`, `note_missing` where the
    result is no pass).
    """
    person = guards.lock_person(person.pk)
    barred = [Reason("own_training", _("Nobody records his own training."))] if person.user_id == by.pk else []
    guards.demand_permission("training.record", person.reach, by, barred=barred)
    passed, reasons = result == TrainingRecord.Result.PASSED, []
    if held_on > timezone.localdate():
        reasons.append(Reason("held_in_future", _("The day of the training lies in the future.")))
    if not passed and not note.strip():
        reasons.append(Reason("note_missing", _("Please write what has to be repeated.")))
    if reasons:
        raise Refused(*reasons)
    TrainingRecord.objects.create(
        person=person,
        subject_id=person.user_id,
        module=module,
        held_on=held_on,
        result=result,
        note="" if passed else note.strip(),
        recorded_by=by,
    )
    audit.record(person, "training", by, module=module.code, result=result)
    if not passed:
        clearance.changed(person)


@transaction.atomic
def accept_agreement(*, person: Person, version: AgreementVersion, by: User, language: str) -> None:
    """The person accepts a text in the language he read it in. Twice is once, until renewal is near: then the same
    version may be accepted for another year. Raises `NotAllowed` (`not_yours`) and `Refused` (`superseded`,
    `not_in_force`)."""
    person = guards.lock_person(person.pk)
    today = timezone.localdate()
    if person.user_id != by.pk:
        raise NotAllowed(Reason("not_yours", _("Only the person himself accepts this text.")))
    if version.valid_from > today:
        raise Refused(Reason("not_in_force", _("This text is not in force yet.")))
    newer = AgreementVersion.objects.filter(
        agreement=version.agreement_id, number__gt=version.number, valid_from__lte=today
    )
    if newer.exists():
        raise Refused(Reason("superseded", _("There is a newer version of this text. Please read that one.")))
    if _accepted_lately(person, version, today):
        return
    Acceptance.objects.create(person=person, version=version, language=language)
    audit.record(person, "agreement", by, agreement=version.agreement.code, version=version.number)


def _accepted_lately(person: Person, version: AgreementVersion, today: date) -> bool:
    last = Acceptance.objects.filter(person=person, version=version).first()
    if last is None:
        return False
    validity = CheckType.objects.filter(code=version.agreement.code).values_list("validity_days", flat=True).first()
    return validity is None or timezone.localdate(last.at) + timedelta(days=validity // 2) > today


def supervisors_for(person: Person) -> QuerySet[User]:
    """The staff who may be named: a fitting role in force where the person lives, and not himself."""
    grants = RoleGrant.objects.in_force().filter(
        Q(district=None) | Q(district=person.district_id), role__in=SUPERVISING_ROLES
    )
    return User.objects.filter(pk__in=grants.values("user"), is_superuser=False).exclude(pk=person.user_id)


@transaction.atomic
def assign_supervisor(*, person: Person, supervisor: User, by: User) -> None:
    """Names who looks after a mentor from today on, in place of the former one; the same one again changes nothing.

    Raises `NotAllowed` (`not_yours`) and `Refused` (`own_supervisor`, `supervisor_role`).
    """
    person = guards.lock_person(person.pk)
    guards.demand_permission("supervisor.assign", person.reach, by)
    if supervisor.pk == person.user_id:
        raise Refused(Reason("own_supervisor", _("Nobody supervises himself.")))
    if not supervisors_for(person).filter(pk=supervisor.pk).exists():
        text = _("A supervisor is a coordinator, trainer or safeguarding lead of the mentor's district.")
        raise Refused(Reason("supervisor_role", text))
    current = SupervisorAssignment.objects.filter(person=person, ends_on=None).first()
    if current and current.supervisor_id == supervisor.pk:
        return
    if current:
        current.ends_on = timezone.localdate()
        current.save(update_fields=["ends_on"])
    SupervisorAssignment.objects.create(person=person, supervisor=supervisor)
    audit.record(person, "supervisor", by, supervisor=supervisor.code)


@transaction.atomic
def suspend(*, person: Person, by: User, reason_code: ReasonCode, note: str) -> Suspension:
    """Takes somebody off all sessions, now and until two people lift it. One person is enough.

    The apps above free his bookings in the same transaction; he gets a letter with the reason's words where they may
    be disclosed, never with `note`. Raises `NotAllowed` (`not_yours`) and `Refused` (`already_suspended`).
    """
    person = guards.lock_person(person.pk)
    guards.demand_permission("standing.suspend", person.reach, by)
    if Suspension.objects.filter(person=person, lifted_at=None).exists():
        raise Refused(Reason("already_suspended", _("This person is already suspended.")))
    return _open_suspension(person, by, reason_code, note)


def suspend_for_inquiry(*, person: Person, by: User) -> None:
    """What follows when a deciding check of somebody approved fails, whoever found it. Nothing when he is suspended."""
    if not Suspension.objects.filter(person=person, lifted_at=None).exists():
        _open_suspension(person, by, ReasonCode.objects.get(code=INQUIRY), "")


def _open_suspension(person: Person, by: User, reason_code: ReasonCode, note: str) -> Suspension:
    suspension = Suspension.objects.create(person=person, opened_by=by, reason_code=reason_code, note=note.strip())
    audit.record(person, "suspend", by, suspension=suspension.code, reason_code=reason_code.code)
    letters.suspended(suspension)
    clearance.changed(person)
    return suspension


def _lock_suspension(suspension: Suspension, by: User) -> Suspension:
    guards.lock_person(suspension.person_id)
    rows = Suspension.objects.visible_to(by).select_for_update(of=("self",))
    return rows.select_related("person").get(pk=suspension.pk)


@transaction.atomic
def propose_lift(*, suspension: Suspension, by: User) -> None:
    """The first of two. The suspension holds on. Raises `NotAllowed` (`not_yours`) and `Refused` (`already_lifted`,
    `already_proposed`)."""
    suspension = _lock_suspension(suspension, by)
    guards.demand_permission("standing.propose_lift", suspension.person.reach, by, barred=guards.runs_the_system(by))
    if suspension.lifted_at:
        raise Refused(Reason("already_lifted", _("The suspension is already lifted.")))
    if suspension.lift_proposed_by_id:
        raise Refused(Reason("already_proposed", _("Lifting is already proposed; another person confirms it.")))
    suspension.lift_proposed_by, suspension.lift_proposed_at = by, timezone.now()
    suspension.save(update_fields=["lift_proposed_by", "lift_proposed_at"])
    audit.record(suspension.person, "propose_lift", by, suspension=suspension.code)


@transaction.atomic
def confirm_lift(*, suspension: Suspension, by: User) -> None:
    """The second of two ends it and the person gets a letter. Freed bookings do not come back.

    Raises `NotAllowed` (`same_person`, `not_yours`) and `Refused` (`already_lifted`, `not_proposed`).
    """
    suspension = _lock_suspension(suspension, by)
    barred = barred_from_lifting(suspension, by)
    guards.demand_permission("standing.confirm_lift", suspension.person.reach, by, barred=barred)
    if suspension.lifted_at:
        raise Refused(Reason("already_lifted", _("The suspension is already lifted.")))
    if not suspension.lift_proposed_by_id:
        raise Refused(Reason("not_proposed", _("Nobody has proposed to lift the suspension.")))
    suspension.lifted_by, suspension.lifted_at = by, timezone.now()
    suspension.save(update_fields=["lifted_by", "lifted_at"])
    audit.record(suspension.person, "confirm_lift", by, suspension=suspension.code)
    letters.suspension_lifted(suspension)


def barred_from_lifting(suspension: Suspension, by: User) -> list[Reason]:
    """Why `by` may not be the second person; empty when he may."""
    reasons = guards.runs_the_system(by)
    if suspension.lift_proposed_by_id == by.pk:
        reasons.append(Reason("same_person", _("You proposed to lift it: another person confirms.")))
    return reasons
