"""Who is barred from acting in a case: the rules that hold whatever roles somebody has (G2, G3)."""

from __future__ import annotations

from django.db.models import Exists, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from portal import access
from portal.access import Role
from portal.models import User
from portal.refusals import Reason
from volunteers.models import (
    Application,
    Check,
    CheckType,
    ConflictDeclaration,
    Decision,
    Membership,
    Organisation,
    Person,
)
from volunteers.states import CheckState


def runs_the_system(by: User) -> list[Reason]:
    """Superusers and administrators take no part in clearing people, whatever other role they also hold."""
    if by.is_superuser or access.has_role(by, Role.ADMINISTRATOR):
        return [Reason("administrator", _("Whoever runs the system takes no part in checks and decisions."))]
    return []


def tied_by_organisation(person: Person, by: User) -> list[Reason]:
    """A member or the endorser of an organisation of `person`, or the contact person of his school."""
    return _same_organisation(_true_of(by, organisation=_common_organisations(person, by)))


def may_act_on(person: Person, by: User) -> list[Reason]:
    """Why `by` may take no part in clearing this person, in a case or outside of one (G3); empty when he may."""
    return _why_not_on(person, by)[0]


def may_decide(application: Application, by: User) -> list[Reason]:
    """Why `by` may take no part in this case (G3); empty when nothing speaks against it."""
    address = Q(pk__in=[])
    if by.email:
        address |= Q(email__iexact=by.email)
    if by.phone:
        address |= Q(phone=by.phone)
    reasons, ties = _why_not_on(application.person, by, referee=application.referees.filter(address))
    if "referee" in ties:
        reasons.append(Reason("referee", _("The applicant named you as a referee.")))
    return reasons


def _why_not_on(person: Person, by: User, **more: QuerySet) -> tuple[list[Reason], set[str]]:
    declared = ConflictDeclaration.objects.filter(application__person=person, user=by, exists=True)
    ties = _true_of(by, organisation=_common_organisations(person, by), conflict=declared, **more)
    reasons = runs_the_system(by)
    if person.user_id == by.pk:
        reasons.append(Reason("subject", _("This case is about you.")))
    reasons += _same_organisation(ties)
    if "conflict" in ties:
        reasons.append(Reason("conflict", _("You declared that something ties you to the applicant.")))
    return reasons, ties


def _true_of(by: User, **questions: QuerySet) -> set[str]:
    """Which of the querysets find something, asked in one query."""
    asked = {name: Exists(queryset) for name, queryset in questions.items()}
    return {name for name, found in User.objects.filter(pk=by.pk).values(**asked).get().items() if found}


def _common_organisations(person: Person, by: User) -> QuerySet[Organisation]:
    named = Q(pk__in=person.applications.exclude(organisation=None).values("organisation"))
    his = Organisation.objects.filter(named | Q(pk__in=person.memberships.values("organisation")))
    schools = [grant.school_id for grant in by.grants if grant.school_id]
    member = Q(pk__in=Membership.objects.filter(person__user=by).values("organisation"))
    return his.filter(Q(endorser=by) | member | named & Q(school__in=schools))


def _same_organisation(ties: set[str]) -> list[Reason]:
    if "organisation" not in ties:
        return []
    return [Reason("same_organisation", _("You and this person belong to the same organisation."))]


def may_confirm(application: Application, by: User) -> list[Reason]:
    """Why `by` may not be the second person (G2, G3): what `may_decide` and `second_person` find."""
    return may_decide(application, by) + second_person(application, open_decision(application), by)


def second_person(application: Application, decision: Decision | None, by: User) -> list[Reason]:
    """Why `by` may not be the second person (G2): proposer, verifier of a deciding check, interviewer."""
    reasons = proposer(decision, by)
    verified = Check.objects.filter(person=application.person_id, verified_by=by, state=CheckState.VERIFIED)
    kinds = set(verified.order_by().values_list("check_type__code", "check_type__deciding"))
    if any(deciding for _code, deciding in kinds):
        reasons.append(Reason("verifier", _("You verified a check that decides: another person confirms.")))
    if application.interviewer_id == by.pk or CheckType.INTERVIEW in {code for code, _deciding in kinds}:
        reasons.append(Reason("interviewer", _("You held the interview: another person confirms.")))
    return reasons


def proposer(decision: Decision | None, by: User) -> list[Reason]:
    if decision and decision.proposed_by_id == by.pk:
        return [Reason("same_person", _("You proposed this decision: another person confirms it."))]
    return []


def may_close(application: Application, decision: Decision | None, by: User) -> list[Reason]:
    """Why `by` may not say how a notice of refusal ends (T14): its proposer may not, nor whom `may_decide` names."""
    return may_decide(application, by) + proposer(decision, by)


def undeclared(no_conflict: bool) -> list[Reason]:
    if no_conflict:
        return []
    text = _("Please confirm that nothing ties you to the applicant. If something does, leave the case to a colleague.")
    return [Reason("conflict_undeclared", text)]


def open_decision(application: Application) -> Decision | None:
    return application.decisions.filter(confirmed_at=None, sent_back_at=None).first()
