"""Who is barred from acting in a case: the rules that hold whatever roles somebody has (G2, G3)."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from django.db.models import Exists, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from portal import access
from portal.access import Role
from portal.models import User
from portal.refusals import Reason
from volunteers.models import (
    Application,
    Check,
    ConflictDeclaration,
    Decision,
    Membership,
    Organisation,
    Person,
    RefereeRequest,
)
from volunteers.states import CheckState


def runs_the_system(by: User) -> list[Reason]:
    """Superusers and administrators take no part in clearing people, whatever other role they also hold."""
    if by.is_superuser or access.has_role(by, Role.ADMINISTRATOR):
        return [Reason("administrator", _("Whoever runs the system takes no part in checks and decisions."))]
    return []


def bound_to(person: Person, by: User) -> list[Reason]:
    """A member or the endorser of an organisation of `person`, the contact person of his school, or somebody whom he named
    as a referee in any of his applications."""
    return bonds(true_of(person, organisation=_common_organisations(person, by), referee=_asked_of(person, by)))


def may_act_on(person: Person, by: User, true: AbstractSet[str] | None = None) -> list[Reason]:
    """Why `by` may take no part in clearing this person, in a case or outside of one (G3); empty when he may. `true` are
    the answers to the questions `ties_to`, where the caller has asked them."""
    return _why_not_on(person, by, true_of(person, **ties_to(person, by)) if true is None else true)


def may_decide(application: Application, by: User, true: AbstractSet[str] | None = None) -> list[Reason]:
    """Why `by` may take no part in this case (G3): what `may_act_on` finds about its person."""
    return may_act_on(application.person, by, true)


def true_of(person: Person, **questions: QuerySet) -> set[str]:
    """Which of the querysets find something, asked in one query."""
    asked = {name: Exists(queryset) for name, queryset in questions.items()}
    return {name for name, found in Person.objects.filter(pk=person.pk).values(**asked).get().items() if found}


def ties_to(person: Person, by: User) -> dict[str, QuerySet]:
    """The questions of `may_act_on`, for `true_of`."""
    declared = ConflictDeclaration.objects.filter(application__person=person, user=by, exists=True)
    organisations, asked = _common_organisations(person, by), _asked_of(person, by)
    return {"organisation": organisations, "referee": asked, "conflict": declared}


def _why_not_on(person: Person, by: User, ties: AbstractSet[str]) -> list[Reason]:
    reasons = runs_the_system(by)
    if person.user_id == by.pk:
        reasons.append(Reason("subject", _("This case is about you.")))
    reasons += bonds(ties)
    if "conflict" in ties:
        reasons.append(Reason("conflict", _("You declared that something ties you to the applicant.")))
    return reasons


def _common_organisations(person: Person, by: User) -> QuerySet[Organisation]:
    named = Q(pk__in=person.applications.exclude(organisation=None).values("organisation"))
    his = Organisation.objects.filter(named | Q(pk__in=person.memberships.values("organisation")))
    schools = [grant.school_id for grant in by.grants if grant.school_id]
    member = Q(pk__in=Membership.objects.filter(person__user=by).values("organisation"))
    return his.filter(Q(endorser=by) | member | named & Q(school__in=schools))


def _asked_of(person: Person, by: User) -> QuerySet[RefereeRequest]:
    """Whether a reference about `person` was ever asked for at an address of `by`, in this application or a former one."""
    address = Q(pk__in=[])
    if by.email:
        address |= Q(email__iexact=by.email)
    if by.phone:
        address |= Q(phone=by.phone)
    return RefereeRequest.objects.filter(address, application__person=person)


def bonds(ties: AbstractSet[str]) -> list[Reason]:
    """The part of `bound_to` that asks nothing of the database."""
    reasons = []
    if "organisation" in ties:
        reasons.append(Reason("same_organisation", _("You and this person belong to the same organisation.")))
    if "referee" in ties:
        reasons.append(Reason("referee", _("The applicant named you as a referee.")))
    return reasons


def may_confirm(application: Application, by: User) -> list[Reason]:
    """Why `by` may not be the second person (G2, G3): what `may_decide` and `second_person` find."""
    return may_decide(application, by) + second_person(application, open_decision(application), by)


def second_person(
    application: Application, decision: Decision | None, by: User, checks: Iterable[Check] | None = None
) -> list[Reason]:
    """Why `by` may not be the second person (G2): proposer, verifier of a deciding check, interviewer. `checks` are the
    person's, where the caller has loaded them."""
    if checks is None:
        checks = Check.objects.filter(person=application.person_id, verified_by=by).select_related("check_type")
    reasons = proposer(decision, by)
    counting = [check for check in checks if check.state == CheckState.VERIFIED and check.verified_by_id == by.pk]
    if any(check.check_type.deciding for check in counting):
        reasons.append(Reason("verifier", _("You verified a check that decides: another person confirms.")))
    if application.interviewer_id == by.pk or any(check.check_type.is_interview for check in counting):
        reasons.append(Reason("interviewer", _("You held the interview: another person confirms.")))
    return reasons


def proposer(decision: Decision | None, by: User) -> list[Reason]:
    if decision and decision.proposed_by_id == by.pk:
        return [Reason("same_person", _("You proposed this decision: another person confirms it."))]
    return []


def may_close(application: Application, decision: Decision | None, by: User) -> list[Reason]:
    """Why `by` may not say how a notice of refusal ends (T14): its proposer may not, nor whom `may_decide` names."""
    return may_decide(application, by) + proposer(decision, by)


def proposer_ties(application: Application, decision: Decision | None) -> dict[str, QuerySet]:
    """The question whether the proposer has declared a tie to the applicant since, for `true_of`."""
    tied = ConflictDeclaration.objects.filter(application__person=application.person_id, exists=True)
    return {"proposer": tied.filter(user=decision.proposed_by_id) if decision else tied.none()}


def undeclared(no_conflict: bool) -> list[Reason]:
    if no_conflict:
        return []
    text = _("Please confirm that nothing ties you to the applicant. If something does, leave the case to a colleague.")
    return [Reason("conflict_undeclared", text)]


def open_decision(application: Application) -> Decision | None:
    return application.decisions.filter(confirmed_at=None, sent_back_at=None).first()
