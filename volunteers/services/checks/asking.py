"""Asking for records: with a case, before they end, and anew."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import access, audit, moves
from portal.models import User
from portal.refusals import NotAllowed, Reason, Refused
from volunteers.models import (
    Application,
    Approval,
    Check,
    CheckType,
    Exemption,
    Person,
    PolicyVersion,
    ProgrammeRole,
    Requirement,
)
from volunteers.notifications import checks as letters
from volunteers.services import guards
from volunteers.states import ASK_AGAIN, CANCEL_CHECK, OPEN, SET_ASIDE, TRAINABLE, CheckState

WAITING = [CheckState.REQUESTED, CheckState.PROVIDED]
UNSETTLED = [*WAITING, CheckState.INCONCLUSIVE]


@transaction.atomic
def request(*, application: Application) -> None:
    """Asks for every dated record that the pinned policy wants before approval and that is neither asked for nor
    still valid. Repeating it adds nothing. Called by whoever moves the case, who holds the locks.

    A renewal asks for what will not last into its term, and in any case for a new self-declaration, unless one was
    given since the renewal began; what is verified keeps counting until its own end.
    """
    person, day = application.person, _must_last_until(application)
    wanted = application.policy.requirements.filter(
        stage=Requirement.Stage.APPROVAL, check_type__kind=CheckType.Kind.CHECK
    )
    for check_type in [requirement.check_type for requirement in wanted.select_related("check_type")]:
        since = None
        if application.kind == Application.Kind.RENEWAL and check_type.is_declaration:
            since = timezone.localdate(application.created_at)
        _ask(person, check_type, application, day, issued_since=since)


def _must_last_until(application: Application) -> date:
    """Today; for a renewal the first day of the new term, and at least the end of the renewal window."""
    today = timezone.localdate()
    if application.kind != Application.Kind.RENEWAL:
        return today
    running = application.person.approvals.kept().filter(valid_to__gte=today).aggregate(end=Max("valid_to"))["end"]
    until = today + timedelta(days=settings.PROGRAMME["renewal_window_days"])
    return max(until, running + timedelta(days=1)) if running else until


def _ask(
    person: Person,
    check_type: CheckType,
    application: Application | None,
    day: date,
    *,
    issued_since: date | None = None,
) -> Check | None:
    """A new row, unless one is not settled yet or a verified one still covers `day`, issued on `issued_since` at the
    earliest where that is given. Outside of a case none where one failed: the safeguarding lead decides what follows."""
    if application is None and issued_since is None and _failed(person, check_type):
        return None
    valid = Q(state=CheckState.VERIFIED) & (Q(expires_on=None) | Q(expires_on__gte=day))
    if issued_since:
        valid &= Q(issued_on__gte=issued_since)
    if person.checks.filter(Q(state__in=UNSETTLED) | valid, check_type=check_type).exists():
        return None
    return _create(person, check_type, application)


def _create(person: Person, check_type: CheckType, application: Application | None, by: User | None = None) -> Check:
    check = Check.objects.create(
        person=person, subject_id=person.user_id, application=application, check_type=check_type
    )
    audit.record(check, "request", by, state_to=check.state, check_type=check_type.code)
    return check


@transaction.atomic
def renew(*, check: Check, by: User) -> Check:
    """Asks for the same kind of paper anew, by the person himself or staff; returns the row that waits for it.

    A verified record keeps counting until its own end. A failed one is set aside, and only the safeguarding lead
    does that; until then no other of its type is renewed. Raises `NotAllowed` (`not_yours`, `administrator`) and
    `Refused` (`wrong_state`, `needs_a_case`).
    """
    check = guards.lock_check(check, by)
    person, check_type = check.person, check.check_type
    own = person.user_id == by.pk and check_type.provided_by_applicant
    barred = [] if own else guards.runs_the_system(by)
    if check.state == CheckState.FAILED:
        guards.demand(SET_ASIDE, check, by, barred=barred)
        moves.advance(SET_ASIDE, check, by, check_type=check_type.code)
    elif barred or (not own and not access.allows(by, "check.provide", check.reach)):
        raise NotAllowed(*barred or [Reason("not_yours", _("Your role does not make this step for this person."))])
    elif check.state != CheckState.VERIFIED or _failed(person, check_type):
        raise Refused(Reason("wrong_state", _("This paper is already being asked for.")))
    elif not can_be_renewed(check):
        raise Refused(Reason("needs_a_case", _("An interview is held in a case: it comes with the next application.")))
    return _unsettled(check) or _create(person, check_type, _open_case(check), by)


def ask_anew(check: Check, by: User) -> Check | None:
    """A fresh row in place of a record that counts no more, with a letter where the person brings it himself; None where
    one is not settled yet, or where it takes a case that is not open. The caller holds the locks."""
    if not can_be_renewed(check) or _unsettled(check):
        return None
    fresh = _create(check.person, check.check_type, _open_case(check), by)
    if check.check_type.provided_by_applicant:
        letters.check_again(fresh)
    return fresh


@transaction.atomic
def ask_again(*, check: Check, by: User) -> None:
    """What was inconclusive is asked for once more, with a letter where the person brings it himself. Raises
    `NotAllowed` (`not_yours`, `administrator`) and `Refused` (`wrong_state`)."""
    check = guards.lock_check(check, by)
    guards.demand(ASK_AGAIN, check, by, barred=guards.runs_the_system(by))
    check.verified_by = check.verified_at = None
    moves.advance(ASK_AGAIN, check, by, check_type=check.check_type.code)
    if check.check_type.provided_by_applicant:
        letters.check_again(check)


def _failed(person: Person, check_type: CheckType) -> bool:
    return person.checks.filter(check_type=check_type, state=CheckState.FAILED).exists()


def _unsettled(check: Check) -> Check | None:
    return check.person.checks.filter(check_type=check.check_type, state__in=UNSETTLED).first()


def _open_case(check: Check) -> Application | None:
    return check.application if check.application and check.application.state in OPEN else None


def can_be_renewed(check: Check) -> bool:
    """An interview belongs to a case with its interviewer; every other record can be asked for at any time."""
    return not check.check_type.is_interview or _open_case(check) is not None


@transaction.atomic
def cancel(*, application: Application) -> None:
    """Closes what the case still waits for; what another open case of the person needs is asked for there. What was
    verified stays: it is a fact about the person."""
    for check in application.checks.filter(state__in=CANCEL_CHECK.sources).select_for_update(of=("self",)):
        moves.demand(CANCEL_CHECK, check, None)
        moves.advance(CANCEL_CHECK, check, None)
    for other in application.person.applications.open().exclude(pk=application.pk):
        if TRAINABLE & {other.state, *other.return_to.split()}:  # in checks, or resting with a way back to them
            request(application=other)


def _serving(on: date) -> QuerySet[Approval]:
    """The approvals of those who serve on the day `on`."""
    return Approval.objects.kept().filter(valid_from__lte=on, valid_to__gte=on)


def open_renewals(on: date) -> list[str]:
    """Asks approved people for a new paper when the old one ends within the renewal window, with a letter where
    they bring it themselves. Safe to repeat; returns the codes of what was asked for. A job of the night."""
    until = on + timedelta(days=settings.PROGRAMME["renewal_window_days"])
    ending = Check.objects.filter(
        state=CheckState.VERIFIED,
        expires_on__range=(on, until),
        person__in=_serving(on).values("person"),
        check_type__in=Requirement.objects.filter(policy__published_at__isnull=False).values("check_type"),
    ).exclude(check_type__code=CheckType.INTERVIEW)
    renewed = [_open_renewal(check, until) for check in ending.select_related("person__user", "check_type")]
    return [check.code for check in renewed if check]


@transaction.atomic
def _open_renewal(check: Check, until: date) -> Check | None:
    person = guards.lock_person(check.person_id)
    renewed = _ask(person, check.check_type, None, until + timedelta(days=1))
    if renewed and check.check_type.provided_by_applicant:
        letters.check_renew(renewed, check.expires_on)
    return renewed


def open_requirements(on: date) -> list[str]:
    """Asks those who serve for the records that their role's policy demands on `on`, or from a day within the renewal
    window, and that they neither have nor were asked for. So nobody is stopped unawares by a stricter policy. Safe to
    repeat; returns the codes of what was asked for. A job of the night."""
    asked = []
    for role in ProgrammeRole.objects.all():
        for policy in _policies_ahead(role, on):
            day = max(on, policy.effective_from)
            wanted = policy.requirements.filter(check_type__kind=CheckType.Kind.CHECK).select_related("check_type")
            for requirement in wanted.exclude(check_type__code=CheckType.INTERVIEW):
                people = _without(requirement.check_type, role, on, day)
                asked += [_open_requirement(pk, requirement.check_type, day) for pk in people]
    return [check.code for check in asked if check]


def _policies_ahead(role: ProgrammeRole, on: date) -> list[PolicyVersion]:
    until = on + timedelta(days=settings.PROGRAMME["renewal_window_days"])
    coming = role.policies.published().filter(effective_from__gt=on, effective_from__lte=until)
    return [policy for policy in (PolicyVersion.objects.in_force(role, on), *coming) if policy]


def _without(check_type: CheckType, role: ProgrammeRole, on: date, day: date) -> list[int]:
    """Those who serve as `role` on `on` with nothing of this type that is valid on `day`, not settled, failed (the
    safeguarding lead decides what follows) or exempted."""
    valid = Q(state=CheckState.VERIFIED) & (Q(expires_on=None) | Q(expires_on__gte=day))
    known = Check.objects.filter(
        Q(state__in=[*UNSETTLED, CheckState.FAILED]) | valid, person=OuterRef("person"), check_type=check_type
    )
    exempt = Exemption.objects.in_force(day).filter(person=OuterRef("person"), check_type=check_type)
    lacking = _serving(on).filter(~Exists(known), ~Exists(exempt), role=role)
    return list(lacking.values_list("person", flat=True).distinct())


@transaction.atomic
def _open_requirement(person_id: int, check_type: CheckType, day: date) -> Check | None:
    check = _ask(guards.lock_person(person_id), check_type, None, day)
    if check and check_type.provided_by_applicant:
        letters.check_wanted(check)
    return check
