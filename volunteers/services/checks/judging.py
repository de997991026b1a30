"""Verdicts on a record by somebody who may give them: verified, failed, inconclusive."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import crypto, moves
from portal.access import Role
from portal.models import StaffTask, User
from portal.refusals import Reason
from portal.services import raise_task
from volunteers.models import Approval, Check, CheckType, SearchLog, SelfDisclosure
from volunteers.services import guards, risks, standing
from volunteers.states import FAIL, MARK_INCONCLUSIVE, VERIFY

from . import papers

FOUND = {
    VERIFY.name: SearchLog.Result.NOTHING,
    FAIL.name: SearchLog.Result.FOUND,
    MARK_INCONCLUSIVE.name: SearchLog.Result.UNCLEAR,
}


@transaction.atomic
def verify(
    *, check: Check, by: User, method: str, number: str, issuer: str, issued_on: date | None, note: str = ""
) -> None:
    """`by` vouches for the record as he read it; it counts from `issued_on` for the validity of its type. Of a search,
    `issuer` is the register, and the search log gets a row.

    Raises `NotAllowed`: `own_check`, `administrator`, `same_organisation`, `referee`, `not_verifier` (another role verifies this
    type), `not_interviewer`. Raises `Refused` with all of: `wrong_state`, `date_missing`, `issued_in_future`,
    `too_old` (days since issue over the type's `max_age_days`), `already_expired`, `number_missing`,
    `method_missing`, `method_unknown`, `register_missing`, `protocol_needed` (an interview: `interviews.record`),
    `nothing_declared`, `assessment_missing` (a declaration of somebody who ever said yes in one, without a note on it).
    """
    check = guards.lock_check(check, by)
    wrong = problems(check, method=method, number=number, issuer=issuer, issued_on=issued_on, note=note)
    missing = [*_needs_protocol(check), *(reason for _field, reason in wrong)]
    guards.demand(VERIFY, check, by, barred=barred_from_verifying(check, by), missing=missing)
    check.number, check.issuer, check.issued_on = number.strip(), issuer.strip(), issued_on
    conclude(VERIFY, check, by, note=note, method=method)


@transaction.atomic
def fail(*, check: Check, by: User, reason: str, issuer: str = "") -> None:
    """Marks the record as failed; `reason` stays with the record. Nobody is declined by it: the safeguarding lead
    gets a task, and where a deciding check fails, his risk assessments end, and somebody approved is suspended in the same
    transaction. Of a search, `issuer` is the register in which an entry was found.

    Refuses whom `verify` refuses, and with `wrong_state`, `reason_missing`, `register_missing`, `protocol_needed`.
    """
    _doubt(FAIL, check, by, reason, issuer)


@transaction.atomic
def mark_inconclusive(*, check: Check, by: User, reason: str, issuer: str = "") -> None:
    """Neither proved nor disproved: an unreadable paper, a namesake in a register. It counts for nothing, and staff ask
    again. Refuses as `fail` does."""
    _doubt(MARK_INCONCLUSIVE, check, by, reason, issuer)


def _doubt(move: moves.Move, check: Check, by: User, reason: str, issuer: str) -> None:
    check = guards.lock_check(check, by)
    missing = _needs_protocol(check)
    if check.check_type.is_search:
        missing += _register_missing(issuer)
        check.issuer = issuer.strip()
    guards.demand(move, check, by, reason=reason, barred=barred_from_verifying(check, by), missing=missing)
    conclude(move, check, by, note=reason)


def conclude(move: moves.Move, check: Check, by: User, *, note: str, method: str = "") -> None:
    """What every verdict writes. The caller has locked the check, asked `guards.demand` and filled in the paper."""
    check_type = check.check_type
    if move is VERIFY:
        check.expires_on, check.method = _expires_on(check_type, check.issued_on), method
    check.result_note = note.strip()
    check.verified_by, check.verified_at = by, timezone.now()
    moves.advance(move, check, by, check_type=check_type.code, **({"method": method} if method else {}))
    if check_type.is_search:
        _log_search(check, by, FOUND[move.name])
    papers.mark_settled(check)
    if move is FAIL:
        _alarm(check, by)


def _log_search(check: Check, by: User, result: str) -> None:
    """What was searched for is the identification number; a keyed hash of it is kept."""
    day, now = check.issued_on, timezone.now()
    if day and day != timezone.localdate(now):
        now = timezone.make_aware(datetime.combine(day, time()))
    SearchLog.objects.create(
        evidence_of=check,
        register=check.issuer,
        terms_hash=crypto.lookup_hash(check.person.iin, "register_search"),
        result=result,
        searched_at=now,
        searched_by=by,
    )


def _alarm(check: Check, by: User) -> None:
    person, case = check.person, check.application
    page = reverse("staff_application", args=[case.uuid]) if case else reverse("staff_person", args=[person.uuid])
    raise_task(
        StaffTask.Kind.CHECK_FAILED,
        role=Role.SAFEGUARDING_LEAD,
        about=check.code,
        person=person.uuid,
        url=page,
        district=person.district,
    )
    approved = Approval.objects.filter(person=person, valid_to__gte=timezone.localdate())
    if check.check_type.deciding:
        risks.end_all(person=person, by=by)
    if check.check_type.deciding and approved.exists():
        standing.suspend_for_inquiry(person=person, by=by)


def barred_from_verifying(check: Check, by: User) -> list[Reason]:
    """Why `by` may not judge this record; empty when he may."""
    return unfit_to_verify(check, by) + guards.bound_to(check.person, by)


def unfit_to_verify(check: Check, by: User) -> list[Reason]:
    """The part of `barred_from_verifying` that lies in this record alone and asks nothing of the database."""
    check_type, reasons = check.check_type, guards.runs_the_system(by)
    if check.person.user_id == by.pk:
        reasons.append(Reason("own_check", _("Nobody verifies his own check.")))
    if not guards.holds(by, check_type.verifiers, check.reach):
        text = _("Another role verifies this: %(roles)s.") % {"roles": check_type.verifier_labels}
        reasons.append(Reason("not_verifier", text))
    elif check_type.is_interview and getattr(check.application, "interviewer_id", None) != by.pk:
        text = _("The interviewer of the case records the interview.")
        reasons.append(Reason("not_interviewer", text))
    return reasons


def problems(
    check: Check, *, method: str, number: str, issuer: str, issued_on: date | None, note: str
) -> list[tuple[str, Reason]]:
    """What is wrong with a record as somebody read it, each with the field it belongs to."""
    found = paper_problems(check.check_type, method=method, number=number, issued_on=issued_on)
    if method == CheckType.Method.REGISTER_SEARCHED:
        found += [("issuer", reason) for reason in _register_missing(issuer)]
    return found + (_declaration_problems(check, method, note) if check.check_type.is_declaration else [])


def _declaration_problems(check: Check, method: str, note: str) -> list[tuple[str, Reason]]:
    """A "yes" is never outlived by a later "no": whoever verifies a declaration of somebody who ever said yes says how
    he assesses it."""
    found: list[tuple[str, Reason]] = []
    if method == CheckType.Method.DECLARATION_READ and not check.disclosures.exists():
        found.append(("method", Reason("nothing_declared", _("No declaration was sent that could be read."))))
    said_yes = SelfDisclosure.objects.filter(evidence_of__person=check.person, says_yes=True)
    if not note.strip() and said_yes.exists():
        text = _("An answer is “yes”: please write how you assess it.")
        found.append(("note", Reason("assessment_missing", text)))
    return found


def paper_problems(
    check_type: CheckType, *, method: str, number: str, issued_on: date | None
) -> list[tuple[str, Reason]]:
    """The part of `problems` that lies in the paper alone."""
    found: list[tuple[str, Reason]] = []
    if problem := _wrong_day(check_type, issued_on, timezone.localdate()):
        found.append(("issued_on", problem))
    if check_type.needs_number and not number.strip():
        found.append(("number", Reason("number_missing", _("The number of the paper is missing."))))
    if not method:
        found.append(("method", Reason("method_missing", _("Say how it was verified."))))
    elif method not in check_type.methods:
        found.append(("method", Reason("method_unknown", _("This paper is not verified in that way."))))
    return found


def _register_missing(issuer: str) -> list[Reason]:
    if issuer.strip():
        return []
    return [Reason("register_missing", _("Say which register was searched."))]


def _needs_protocol(check: Check) -> list[Reason]:
    if not check.check_type.is_interview:
        return []
    return [Reason("protocol_needed", _("An interview is recorded with its protocol, on a page of its own."))]


def _expires_on(check_type: CheckType, issued_on: date) -> date | None:
    return issued_on + timedelta(days=check_type.validity_days) if check_type.validity_days else None


def issued_in_future() -> Reason:
    return Reason("issued_in_future", _("The date of issue lies in the future."))


def _wrong_day(check_type: CheckType, issued_on: date | None, today: date) -> Reason | None:
    if issued_on is None:
        return Reason("date_missing", _("The date of issue is missing."))
    if issued_on > today:
        return issued_in_future()
    if check_type.max_age_days and (today - issued_on).days > check_type.max_age_days:
        text = _("The paper is older than %(days)s days: ask for a fresh one.") % {"days": check_type.max_age_days}
        return Reason("too_old", text)
    if (ends := _expires_on(check_type, issued_on)) and ends < today:
        return Reason("already_expired", _("The paper is no longer valid: ask for a fresh one."))
    return None
