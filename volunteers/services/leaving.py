"""How somebody leaves: at his own wish, by a member of staff, or by the portal after a long silence."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import audit, moves, services
from portal.access import Role
from portal.models import StaffTask, User
from portal.refusals import Reason, Refused
from volunteers import clearance
from volunteers.models import Application, ExitRecord, Person
from volunteers.notifications import standing as letters
from volunteers.services import checks, decisions, guards, pauses, references
from volunteers.states import OPEN, WITHDRAW

OWN_REASONS = (
    ExitRecord.Reason.OWN_WISH,
    ExitRecord.Reason.MOVED,
    ExitRecord.Reason.HEALTH,
    ExitRecord.Reason.SCHOOL_YEAR,
    ExitRecord.Reason.OTHER,
)
STAFF_REASONS = tuple(reason for reason in ExitRecord.Reason if reason != ExitRecord.Reason.INACTIVE)


@transaction.atomic
def leave(
    *,
    person: Person,
    by: User | None,
    reason: str,
    note: str = "",
    conversation_held: bool = False,
    may_reapply: bool = True,
) -> ExitRecord:
    """Ends somebody's service from today on: by himself, by staff of his district, or by the portal (`by` None).

    Later visits are released by the apps above, open applications withdrawn with their links, supervision and pauses
    end. A suspension ends unlifted and is marked; an open concern stays open. He gets a letter of thanks (not when he
    died), the coordinators a task unless one of them did it. `note` is kept encrypted, for the leads; who leaves by
    himself may always apply again.

    Raises `NotAllowed` (`administrator`, `same_organisation`, `conflict`, `not_yours`) and `Refused` with all of
    `not_serving` (never approved), `already_left`, `reason_unknown`.
    """
    person = guards.lock_person(person.pk)
    own = by is not None and person.user_id == by.pk
    _demand(person, by, own, reason)
    record = ExitRecord(
        person=person,
        reason=reason,
        left_on=timezone.localdate(),
        recorded_by=by,
        conversation_held=conversation_held and not own,
        may_reapply=may_reapply or own,
        while_suspended=_end_suspension(person),
    )
    record.note = note.strip()
    record.save()
    _end_what_runs(person, by, record.left_on)
    audit.record(person, "exit", by, exit=record.code, reason_code=reason, while_suspended=record.while_suspended)
    clearance.changed(person)
    if reason != ExitRecord.Reason.DECEASED:
        letters.left(record)
    if by is None or own:
        _tell_coordinators(person, record)
    return record


def _demand(person: Person, by: User | None, own: bool, reason: str) -> None:
    if by is not None and not own:
        guards.demand_permission("standing.exit", person.reach, by, barred=guards.may_act_on(person, by))
    reasons = []
    if not person.approvals.exists():
        reasons.append(Reason("not_serving", _("This person has never been approved.")))
    elif has_left(person):
        reasons.append(Reason("already_left", _("This person has left the programme already.")))
    if reason not in (OWN_REASONS if own else STAFF_REASONS if by else (ExitRecord.Reason.INACTIVE,)):
        reasons.append(Reason("reason_unknown", _("Please choose a reason.")))
    if reasons:
        raise Refused(*reasons)


def has_left(person: Person) -> date | None:
    """The day on which he left; None for somebody who serves, was approved anew since, or never left."""
    return clearance.left_since(clearance.load_facts([person.pk])[person.pk], timezone.localdate())


def _end_suspension(person: Person) -> bool:
    return bool(person.suspensions.open().update(ended_in_exit_at=timezone.now()))


def _end_what_runs(person: Person, by: User | None, today: date) -> None:
    for application in person.applications.filter(state__in=OPEN).select_for_update(of=("self",)):
        _withdraw(application, by)
    person.supervision.filter(ends_on=None).update(ends_on=today)
    person.supervision.filter(ends_on__gt=today).update(ends_on=today)
    for pause in pauses.not_over(person):
        pauses.end_today(pause, today)


def _withdraw(application: Application, by: User | None) -> None:
    """Whoever leaves withdraws: no rule of its own, so the table is not asked who makes the move."""
    decisions.drop(application=application, by=by)
    references.cancel(application=application)
    checks.cancel(application=application)
    checks.mark_papers_for_erasure(application)
    application.answers = ""
    moves.advance(WITHDRAW, application, by)


def _tell_coordinators(person: Person, record: ExitRecord) -> None:
    services.raise_task(
        StaffTask.Kind.LEFT,
        role=Role.COORDINATOR,
        about=person.code,
        person=person.uuid,
        url=reverse("staff_person", args=[person.uuid]),
        district=person.district,
        once=str(record.uuid),
    )


def may_return(person: Person) -> bool:
    """Whether somebody who left may apply again; True for everybody who never left."""
    last = person.exits.first()
    return last is None or last.may_reapply


def tell_of_return(person: Person) -> None:
    """Somebody who may not apply again has tried to: the leads hear of it, once for each exit."""
    services.raise_task(
        StaffTask.Kind.RETURN,
        role=Role.SAFEGUARDING_LEAD,
        about=person.code,
        person=person.uuid,
        url=reverse("staff_person", args=[person.uuid]),
        district=person.district,
        once=str(person.exits.first().uuid),
    )
