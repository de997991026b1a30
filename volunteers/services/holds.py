"""A case rests with the safeguarding lead (T4, T5). Nobody else learns why, and the applicant learns nothing at all."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import audit, moves
from portal.access import Role
from portal.models import StaffTask, User
from portal.refusals import Reason, Refused
from portal.services import raise_task
from volunteers.models import Application, Hold
from volunteers.services import guards
from volunteers.states import HOLD, RELEASE, ApplicationState


@transaction.atomic
def hold(*, application: Application, by: User | None, reason: str, note: str = "") -> Hold | None:
    """Puts a case on hold; `by` None is the portal itself. `reason` is a `Hold.Reason`, `note` is for the leads only.
    The leads get a task. `application` is brought up to date, so that the caller may go on with it.

    A case that rests already keeps its hold, which is returned; a match with the do-not-engage list takes the place of
    a lesser reason. To a case that was not sent yet or is closed the portal does nothing (None); somebody is refused
    (`wrong_state`). Raises `NotAllowed` for somebody whose step it is not (`not_yours`, and what `guards.may_decide`
    finds).
    """
    locked = _lock(application, by)
    if by is not None:
        barred = guards.may_decide(locked, by)
        guards.demand_permission(HOLD.permission, locked.reach, by, barred=barred)
    if existing := open_hold(locked):
        return _worsen(existing, reason, by)
    if locked.state not in HOLD.sources:
        if by is not None:
            moves.demand(HOLD, locked, by)
        return None
    opened = Hold(application=locked, reason=reason, opened_by=by)
    opened.note = note.strip()
    opened.save()
    moves.advance(HOLD, locked, by, hold=opened.code)
    application.refresh_from_db(fields=["state", "state_since", "return_to"])
    _tell_the_leads(StaffTask.Kind.HOLD, opened)
    return opened


@transaction.atomic
def release(*, hold: Hold, by: User, note: str) -> bool:
    """Gives the case back to the state it came from; True once it is released. A match with the do-not-engage list takes
    two leads: the first call proposes it and the case stays where it is. The note is kept encrypted, not in the log. A
    case that was closed meanwhile stays closed, only its hold ends.

    Raises `NotAllowed` with what bars `by` (`guards.may_decide`, `proposer`) and `Refused` with all of `already_released`,
    `reason_missing`.
    """
    application = guards.lock_application(hold.application, by)
    hold = Hold.objects.select_for_update().get(pk=hold.pk)
    barred = guards.may_decide(application, by) + proposer(hold, by)
    guards.demand_permission(RELEASE.permission, application.reach, by, barred=barred)
    missing = []
    if hold.released_at:
        missing.append(Reason("already_released", _("This case was released already.")))
    if not note.strip():
        missing.append(Reason("reason_missing", _("Please write the reason.")))
    if missing:
        raise Refused(*missing)
    hold.release_note = "\n\n".join(filter(None, [hold.release_note, note.strip()]))
    if takes_two(hold) and hold.release_proposed_by is None:
        hold.release_proposed_by = by
        hold.save()
        audit.record(application, "propose_release", by, hold=hold.code)
        _tell_the_leads(StaffTask.Kind.TO_CONFIRM, hold)
        return False
    hold.released_by, hold.released_at = by, timezone.now()
    hold.save()
    if application.state == ApplicationState.ON_HOLD:
        moves.advance(RELEASE, application, by, hold=hold.code)
    else:
        audit.record(application, "release", by, hold=hold.code)
    return True


def takes_two(hold: Hold) -> bool:
    return hold.reason == Hold.Reason.DO_NOT_ENGAGE


def proposer(hold: Hold, by: User) -> list[Reason]:
    """Whoever proposed the release does not confirm it."""
    if hold.release_proposed_by_id == by.pk:
        return [Reason("same_person", _("You proposed it: another safeguarding lead confirms."))]
    return []


def open_hold(application: Application) -> Hold | None:
    return application.holds.filter(released_at=None).first()


def _lock(application: Application, by: User | None) -> Application:
    if by is not None:
        return guards.lock_application(application, by)
    guards.lock_person(application.person_id)
    rows = Application.objects.select_for_update(of=("self",)).select_related("person")
    return rows.get(pk=application.pk)


def _worsen(hold: Hold, reason: str, by: User | None) -> Hold:
    """A hold that one lead could release takes two once the person is found on the do-not-engage list."""
    if reason == Hold.Reason.DO_NOT_ENGAGE and hold.reason != reason:
        hold.reason = reason
        hold.save(update_fields=["reason"])
        audit.record(hold.application, "hold_again", by, hold=hold.code)
        _tell_the_leads(StaffTask.Kind.HOLD, hold, again="again")
    return hold


def _tell_the_leads(kind: str, hold: Hold, again: str = "") -> None:
    application = hold.application
    raise_task(
        kind,
        role=Role.SAFEGUARDING_LEAD,
        about=application.code,
        person=application.person.uuid,
        url=reverse("staff_application", args=[application.uuid]),
        district=application.person.district,
        once=f"{hold.code}{again}",
    )
