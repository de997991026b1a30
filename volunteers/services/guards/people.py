"""Who is barred from acting in a case: the rules that hold whatever roles somebody has (G2, G3)."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal import access
from portal.access import Role
from portal.models import User
from portal.refusals import Reason
from volunteers.models import Application, Check, ConflictDeclaration, Decision, Membership, Person
from volunteers.states import CheckState


def runs_the_system(by: User) -> list[Reason]:
    """Superusers and administrators take no part in clearing people, whatever other role they also hold."""
    if by.is_superuser or access.has_role(by, Role.ADMINISTRATOR):
        return [Reason("administrator", _("Whoever runs the system takes no part in checks and decisions."))]
    return []


def tied_by_organisation(person: Person, by: User) -> list[Reason]:
    """A member or the endorser of an organisation of `person`, or the contact person of his school."""
    organisations = Q(organisation__in=Membership.objects.filter(person=person).values("organisation"))
    named = person.applications.exclude(organisation=None).values("organisation")
    organisations |= Q(organisation__in=named)
    endorses = by.endorses.filter(Q(memberships__person=person) | Q(pk__in=named)).exists()
    schools = [grant.school_id for grant in by.grants if grant.school_id]
    of_school = schools and person.applications.filter(organisation__school__in=schools).exists()
    if endorses or of_school or Membership.objects.filter(organisations, person__user=by).exists():
        return [Reason("same_organisation", _("You and this person belong to the same organisation."))]
    return []


def may_act_on(person: Person, by: User) -> list[Reason]:
    """Why `by` may take no part in clearing this person, in a case or outside of one (G3); empty when he may."""
    reasons = runs_the_system(by)
    if person.user_id == by.pk:
        reasons.append(Reason("subject", _("This case is about you.")))
    reasons += tied_by_organisation(person, by)
    if ConflictDeclaration.objects.filter(application__person=person, user=by, exists=True).exists():
        reasons.append(Reason("conflict", _("You declared that something ties you to the applicant.")))
    return reasons


def may_decide(application: Application, by: User) -> list[Reason]:
    """Why `by` may take no part in this case (G3); empty when nothing speaks against it."""
    reasons = may_act_on(application.person, by)
    address = Q(pk__in=[])
    if by.email:
        address |= Q(email__iexact=by.email)
    if by.phone:
        address |= Q(phone=by.phone)
    if application.referees.filter(address).exists():
        reasons.append(Reason("referee", _("The applicant named you as a referee.")))
    return reasons


def may_confirm(application: Application, by: User) -> list[Reason]:
    """Why `by` may not be the second person (G2, G3): proposer, verifier of a deciding check, interviewer."""
    reasons = may_decide(application, by)
    decision = open_decision(application)
    if decision and decision.proposed_by_id == by.pk:
        reasons.append(Reason("same_person", _("You proposed this decision: another person confirms it.")))
    deciding = Check.objects.filter(person=application.person, verified_by=by, state=CheckState.VERIFIED)
    if deciding.filter(check_type__deciding=True).exists():
        reasons.append(Reason("verifier", _("You verified a check that decides: another person confirms.")))
    if application.interviewer_id == by.pk or deciding.filter(check_type__code="interview").exists():
        reasons.append(Reason("interviewer", _("You held the interview: another person confirms.")))
    return reasons


def may_close(application: Application, decision: Decision | None, by: User) -> list[Reason]:
    """Why `by` may not say how a notice of refusal ends (T14): whoever proposed it may not, nor whom `may_decide` names."""
    reasons = may_decide(application, by)
    if decision and decision.proposed_by_id == by.pk:
        reasons.append(Reason("same_person", _("You proposed this decision: another person confirms it.")))
    return reasons


def undeclared(no_conflict: bool) -> list[Reason]:
    if no_conflict:
        return []
    text = _("Please confirm that nothing ties you to the applicant. If something does, leave the case to a colleague.")
    return [Reason("conflict_undeclared", text)]


def open_decision(application: Application) -> Decision | None:
    return application.decisions.filter(confirmed_at=None, sent_back_at=None).first()
