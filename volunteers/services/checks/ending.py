"""What ends a verification before its last day: an event, or a changed key fact (G5)."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal import moves
from portal.models import User
from portal.refusals import Reason
from volunteers import clearance
from volunteers.models import Check, CheckType, Person
from volunteers.services import guards, risks
from volunteers.states import INVALIDATE, PROVIDE, CheckState

from .asking import ask_anew


@transaction.atomic
def invalidate(*, check: Check, by: User, event: str, reason: str) -> Check | None:
    """Something happened (`Check.Event`) after which a verified record counts no more. A fresh one is asked for and
    returned; None for an interview, which needs a case. `reason` stays with the record, encrypted, not in the log. Word
    from the police ends the person's risk assessments too.

    The apps above are told in the same transaction: whoever needed the record loses his later visits. Raises
    `NotAllowed` (`not_yours`, `administrator`) and `Refused` with all of `wrong_state`, `reason_missing`,
    `event_missing`. One person is enough, also one who is tied to the subject: taking away is easy.
    """
    check = guards.lock_check(check, by)
    known = event in Check.Event.values
    guards.demand(
        INVALIDATE,
        check,
        by,
        reason=reason,
        barred=guards.runs_the_system(by),
        missing=[] if known else [Reason("event_missing", _("Say what has happened."))],
    )
    check.invalidated_by_event, check.result_note = event, reason.strip()
    moves.advance(INVALIDATE, check, by, check_type=check.check_type.code, event=event)
    fresh = ask_anew(check, by)
    if event == Check.Event.POLICE:
        risks.end_all(person=check.person, by=by)
    clearance.changed(check.person)
    return fresh


@transaction.atomic
def verify_again(*, person: Person, by: User) -> None:
    """A key fact of the person was changed (name, birth date, number, district): his verified papers are to be compared
    with it again and count no more until then (G5). An interview speaks of the man, not of his papers, and stays.
    The caller has locked the person; the apps above are told."""
    papers = person.checks.select_for_update(of=("self",)).filter(state=CheckState.VERIFIED)
    for check in papers.exclude(check_type__code=CheckType.INTERVIEW).select_related("check_type"):
        check.verified_by = check.verified_at = None
        moves.advance(PROVIDE, check, by, check_type=check.check_type.code, key_fact_changed=True)
    clearance.changed(person)
