"""The dated records: asked for, provided, verified by somebody else, failed, asked for again."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import access, audit, files, moves
from portal.access import Role
from portal.models import StaffTask, User
from portal.refusals import NotAllowed, Reason, Refused
from portal.services import raise_task
from volunteers import clearance
from volunteers.models import Application, Approval, Check, CheckEvidence, CheckType, Person, Requirement
from volunteers.notifications import staff as letters
from volunteers.services import guards, standing
from volunteers.states import CANCEL_CHECK, FAIL, OPEN, PROVIDE, PROVIDE_FOR, SET_ASIDE, VERIFY, CheckState

WAITING = [CheckState.REQUESTED, CheckState.PROVIDED]


@transaction.atomic
def request(*, application: Application) -> None:
    """Asks for every dated record that the pinned policy wants before approval and that is neither asked for nor
    still valid. Repeating it adds nothing. Called by `decisions.accept`, which holds the locks."""
    wanted = application.policy.requirements.filter(
        stage=Requirement.Stage.APPROVAL, check_type__kind=CheckType.Kind.CHECK
    )
    for requirement in wanted.select_related("check_type"):
        _ask(application.person, requirement.check_type, application, timezone.localdate())


def _ask(person: Person, check_type: CheckType, application: Application | None, day: date) -> Check | None:
    """A new row, unless one waits or a verified one still covers `day`."""
    valid = Q(state=CheckState.VERIFIED) & (Q(expires_on=None) | Q(expires_on__gte=day))
    if person.checks.filter(Q(state__in=WAITING) | valid, check_type=check_type).exists():
        return None
    return _create(person, check_type, application)


def _create(person: Person, check_type: CheckType, application: Application | None, by: User | None = None) -> Check:
    check = Check.objects.create(
        person=person, subject_id=person.user_id, application=application, check_type=check_type
    )
    audit.record(check, "request", by, state_to=check.state, check_type=check_type.code)
    return check


@transaction.atomic
def provide(
    *,
    check: Check,
    by: User,
    number: str,
    issuer: str,
    issued_on: date | None,
    upload: tuple[bytes, str] | None = None,
) -> None:
    """Takes what the person sent, or what staff was shown; `upload` is what `files.clean_upload` returned.

    What was verified before is verified no longer: the state goes back to "provided" and, where the record counted,
    the apps above are told in the same transaction. Raises `NotAllowed` (`not_yours`, `not_yours_to_give`) and
    `Refused` (`wrong_state`, `issued_in_future`, `file_missing`). Staff may enter a paper without a file; the person
    himself needs one unless one is already there.
    """
    check = guards.lock_check(check, by)
    own = check.person.user_id == by.pk
    barred, missing = [], []
    if own and not check.check_type.provided_by_applicant:
        barred = [Reason("not_yours_to_give", _("You need to do nothing for this check: the programme does it."))]
    if issued_on and issued_on > timezone.localdate():
        missing.append(_issued_in_future())
    if own and not upload and not check.evidence.filter(purged_at=None).exists():
        missing.append(Reason("file_missing", _("Please add a scan or a photo of the paper.")))
    guards.demand(PROVIDE if own else PROVIDE_FOR, check, by, barred=barred, missing=missing)
    counted = check.state == CheckState.VERIFIED
    check.number, check.issuer, check.issued_on = number.strip(), issuer.strip(), issued_on
    check.expires_on = check.verified_by = check.verified_at = None
    check.method = check.result_note = ""
    check.provided_by = by
    if upload:
        _keep(check, upload, by)
    moves.advance(PROVIDE if own else PROVIDE_FOR, check, by, check_type=check.check_type.code, file=bool(upload))
    if counted:
        clearance.changed(check.person)


def _keep(check: Check, upload: tuple[bytes, str], by: User) -> None:
    """A rolled-back transaction leaves an encrypted file whose only key was in the row: nobody can read it."""
    stored = files.store(*upload)
    CheckEvidence.objects.create(
        evidence_of=check,
        stored_name=stored.name,
        sealed_key=stored.sealed_key,
        sha256=stored.sha256,
        mime=stored.mime,
        size=stored.size,
        uploaded_by=by,
    )


@transaction.atomic
def verify(
    *, check: Check, by: User, method: str, number: str, issuer: str, issued_on: date | None, note: str = ""
) -> None:
    """`by` vouches for the record as he read it; it counts from `issued_on` for the validity of its type.

    Raises `NotAllowed`: `own_check`, `administrator`, `same_organisation`, `not_verifier` (another role verifies this
    type), `not_interviewer`. Raises `Refused` with all of: `wrong_state`, `date_missing`, `issued_in_future`,
    `too_old` (days since issue over the type's `max_age_days`), `already_expired`, `number_missing`,
    `method_missing`, `method_unknown`.
    """
    check = guards.lock_check(check, by)
    check_type = check.check_type
    wrong = problems(check_type, method=method, number=number, issued_on=issued_on)
    guards.demand(
        VERIFY,
        check,
        by,
        barred=barred_from_verifying(check, by),
        missing=[reason for _field, reason in wrong],
    )
    check.number, check.issuer, check.issued_on = number.strip(), issuer.strip(), issued_on
    check.expires_on = _expires_on(check_type, issued_on)
    check.method, check.result_note = method, note.strip()
    check.verified_by, check.verified_at = by, timezone.now()
    moves.advance(VERIFY, check, by, check_type=check_type.code, method=method)


def barred_from_verifying(check: Check, by: User) -> list[Reason]:
    """Why `by` may not judge this record; empty when he may."""
    return unfit_to_verify(check, by) + guards.tied_by_organisation(check.person, by)


def unfit_to_verify(check: Check, by: User) -> list[Reason]:
    """The part of `barred_from_verifying` that lies in this record alone and asks nothing of the database."""
    check_type, reasons = check.check_type, guards.runs_the_system(by)
    if check.person.user_id == by.pk:
        reasons.append(Reason("own_check", _("Nobody verifies his own check.")))
    if not guards.holds(by, check_type.verifiers, check.reach):
        text = _("Another role verifies this: %(roles)s.") % {"roles": check_type.verifier_labels}
        reasons.append(Reason("not_verifier", text))
    elif check_type.code == "interview" and getattr(check.application, "interviewer_id", None) != by.pk:
        text = _("The interviewer of the case records the interview.")
        reasons.append(Reason("not_interviewer", text))
    return reasons


def _expires_on(check_type: CheckType, issued_on: date) -> date | None:
    return issued_on + timedelta(days=check_type.validity_days) if check_type.validity_days else None


def _issued_in_future() -> Reason:
    return Reason("issued_in_future", _("The date of issue lies in the future."))


def problems(check_type: CheckType, *, method: str, number: str, issued_on: date | None) -> list[tuple[str, Reason]]:
    """What is wrong with a paper as somebody read it, each with the field it belongs to."""
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


def _wrong_day(check_type: CheckType, issued_on: date | None, today: date) -> Reason | None:
    if issued_on is None:
        return Reason("date_missing", _("The date of issue is missing."))
    if issued_on > today:
        return _issued_in_future()
    if check_type.max_age_days and (today - issued_on).days > check_type.max_age_days:
        text = _("The paper is older than %(days)s days: ask for a fresh one.") % {"days": check_type.max_age_days}
        return Reason("too_old", text)
    if (ends := _expires_on(check_type, issued_on)) and ends < today:
        return Reason("already_expired", _("The paper is no longer valid: ask for a fresh one."))
    return None


@transaction.atomic
def fail(*, check: Check, by: User, reason: str) -> None:
    """Marks the record as failed; `reason` stays with the record. Nobody is declined by it: the safeguarding lead
    gets a task, and where a deciding check of somebody approved fails he is suspended in the same transaction.

    Refuses whom `verify` refuses, and with `wrong_state` and `reason_missing`.
    """
    check = guards.lock_check(check, by)
    guards.demand(FAIL, check, by, reason=reason, barred=barred_from_verifying(check, by))
    check.result_note = reason.strip()[:300]
    check.verified_by, check.verified_at = by, timezone.now()
    moves.advance(FAIL, check, by, check_type=check.check_type.code)
    person, today = check.person, timezone.localdate()
    raise_task(
        StaffTask.Kind.CHECK_FAILED,
        role=Role.SAFEGUARDING_LEAD,
        about=check.code,
        url=reverse("staff_application", args=[check.application.uuid])
        if check.application
        else reverse("staff_person", args=[person.uuid]),
        district=person.district,
    )
    if check.check_type.deciding and Approval.objects.filter(person=person, valid_to__gte=today).exists():
        standing.suspend_for_inquiry(person=person, by=by)


@transaction.atomic
def renew(*, check: Check, by: User) -> Check:
    """Asks for the same kind of paper anew, by the person himself or staff; returns the row that waits for it.

    A verified record keeps counting until its own end. A failed one is set aside, and only the safeguarding lead
    does that. Raises `NotAllowed` (`not_yours`) and `Refused` (`wrong_state`, `needs_a_case`).
    """
    check = guards.lock_check(check, by)
    person, check_type = check.person, check.check_type
    own = person.user_id == by.pk and check_type.provided_by_applicant
    if check.state == CheckState.FAILED:
        guards.demand(SET_ASIDE, check, by)
        moves.advance(SET_ASIDE, check, by, check_type=check_type.code)
    elif not own and not access.allows(by, "check.provide", check.reach):
        raise NotAllowed(Reason("not_yours", _("Your role does not make this step for this person.")))
    elif check.state != CheckState.VERIFIED:
        raise Refused(Reason("wrong_state", _("This paper is already being asked for.")))
    elif not can_be_renewed(check):
        raise Refused(Reason("needs_a_case", _("An interview is held in a case: it comes with the next application.")))
    if waiting := person.checks.filter(check_type=check_type, state__in=WAITING).first():
        return waiting
    return _create(person, check_type, _open_case(check), by)


def _open_case(check: Check) -> Application | None:
    return check.application if check.application and check.application.state in OPEN else None


def can_be_renewed(check: Check) -> bool:
    """An interview belongs to a case with its interviewer; every other record can be asked for at any time."""
    return check.check_type.code != "interview" or _open_case(check) is not None


@transaction.atomic
def cancel(*, application: Application) -> None:
    """Closes what the case still waits for. What was verified stays: it is a fact about the person."""
    for check in application.checks.filter(state__in=WAITING).select_for_update(of=("self",)):
        moves.demand(CANCEL_CHECK, check, None)
        moves.advance(CANCEL_CHECK, check, None)


def open_renewals(on: date) -> list[str]:
    """Asks approved people for a new paper when the old one ends within the renewal window, with a letter where
    they bring it themselves. Safe to repeat; returns the codes of what was asked for. A job of the night."""
    until = on + timedelta(days=settings.PROGRAMME["renewal_window_days"])
    ending = Check.objects.filter(
        state=CheckState.VERIFIED,
        expires_on__range=(on, until),
        person__approvals__valid_from__lte=on,
        person__approvals__valid_to__gte=on,
        check_type__in=Requirement.objects.filter(policy__published_at__isnull=False).values("check_type"),
    ).exclude(check_type__code="interview")
    renewed = [_open_renewal(check, until) for check in ending.select_related("person__user", "check_type").distinct()]
    return [check.code for check in renewed if check]


@transaction.atomic
def _open_renewal(check: Check, until: date) -> Check | None:
    person = guards.lock_person(check.person_id)
    renewed = _ask(person, check.check_type, None, until + timedelta(days=1))
    if renewed and check.check_type.provided_by_applicant:
        letters.check_renew(renewed, check.expires_on)
    return renewed
