"""Suspension: one person opens it, at once and for all later dates; two people lift it. Standing itself is computed."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

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
from volunteers.models import Person, ReasonCode, Suspension
from volunteers.notifications import standing as letters
from volunteers.services import guards

INQUIRY = "pending_inquiry"


@transaction.atomic
def suspend(*, person: Person, by: User, reason_code: ReasonCode, note: str) -> Suspension:
    """Takes somebody off all sessions, now and until two people lift it. One person is enough.

    The apps above free his bookings in the same transaction; he gets a letter with the reason's words where they may
    be disclosed, never with `note`. Raises `NotAllowed` (`administrator`, `not_yours`) and `Refused`
    (`already_suspended`).
    """
    person = guards.lock_person(person.pk)
    guards.demand_permission("standing.suspend", person.reach, by, barred=guards.runs_the_system(by))
    if person.suspensions.open().exists():
        raise Refused(Reason("already_suspended", _("This person is already suspended.")))
    return _open(person, by, reason_code, note)


def suspend_for_inquiry(*, person: Person, by: User) -> None:
    """What follows when a deciding check of somebody approved fails, whoever found it. Nothing when he is suspended."""
    if not person.suspensions.open().exists():
        _open(person, by, ReasonCode.objects.get(code=INQUIRY), "")


def _open(person: Person, by: User, reason_code: ReasonCode, note: str) -> Suspension:
    suspension = Suspension.objects.create(person=person, opened_by=by, reason_code=reason_code, note=note.strip())
    audit.record(person, "suspend", by, suspension=suspension.code, reason_code=reason_code.code)
    letters.suspended(suspension)
    clearance.changed(person)
    return suspension


@transaction.atomic
def propose_lift(*, suspension: Suspension, by: User) -> None:
    """The first of two: the suspension holds on, the other leads get a task.

    Raises `NotAllowed` (what ties `by` to the person: `guards.may_act_on`, and `not_yours`) and `Refused`
    (`already_lifted`, `already_proposed`).
    """
    suspension = _lock(suspension, by)
    person = suspension.person
    guards.demand_permission("standing.propose_lift", person.reach, by, barred=guards.may_act_on(person, by))
    _demand_open(suspension)
    if suspension.lift_proposed_by_id:
        raise Refused(Reason("already_proposed", _("Lifting is already proposed; another person confirms it.")))
    suspension.lift_proposed_by, suspension.lift_proposed_at = by, timezone.now()
    suspension.save(update_fields=["lift_proposed_by", "lift_proposed_at"])
    audit.record(person, "propose_lift", by, suspension=suspension.code)
    raise_task(
        StaffTask.Kind.TO_CONFIRM,
        role=Role.SAFEGUARDING_LEAD,
        about=suspension.code,
        person=person.uuid,
        url=reverse("staff_person", args=[person.uuid]),
        district=person.district,
        once=f"lift:{suspension.uuid}",
    )


@transaction.atomic
def confirm_lift(*, suspension: Suspension, by: User) -> None:
    """The second of two ends it and the person gets a letter. Freed bookings do not come back.

    Raises `NotAllowed` (`barred_from_lifting`, `not_yours`) and `Refused` (`already_lifted`, `not_proposed`).
    """
    suspension = _lock(suspension, by)
    barred = barred_from_lifting(suspension, by)
    guards.demand_permission("standing.confirm_lift", suspension.person.reach, by, barred=barred)
    _demand_open(suspension)
    if not suspension.lift_proposed_by_id:
        raise Refused(Reason("not_proposed", _("Nobody has proposed to lift the suspension.")))
    suspension.lifted_by, suspension.lifted_at = by, timezone.now()
    suspension.save(update_fields=["lifted_by", "lifted_at"])
    audit.record(suspension.person, "confirm_lift", by, suspension=suspension.code)
    letters.suspension_lifted(suspension)


def barred_from_lifting(suspension: Suspension, by: User, true: AbstractSet[str] | None = None) -> list[Reason]:
    """Why `by` may take no part in lifting it, or not as the second person; empty when he may. `true` are the answers to
    `guards.ties_to`, where the caller has asked them."""
    reasons = guards.may_act_on(suspension.person, by, true)
    if suspension.lift_proposed_by_id == by.pk:
        reasons.append(Reason("same_person", _("You proposed to lift it: another person confirms.")))
    return reasons


def _lock(suspension: Suspension, by: User) -> Suspension:
    guards.lock_person(suspension.person_id)
    rows = Suspension.objects.visible_to(by).select_for_update(of=("self",))
    return rows.select_related("person").get(pk=suspension.pk)


def _demand_open(suspension: Suspension) -> None:
    if suspension.ended_in_exit_at:
        raise Refused(Reason("already_lifted", _("The person has left the programme: there is nothing to lift.")))
    if suspension.lifted_at:
        raise Refused(Reason("already_lifted", _("The suspension is already lifted.")))
