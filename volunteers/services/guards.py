"""What must hold before anybody is let near children. The services refuse by it, the case page shows it beforehand.

Two kinds of reasons: what *bars a person* from acting in a case (he may not, 403), and what *the case lacks*
(not yet, 409). Locks are taken here too: the person first, then whatever belongs to him.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from portal import access, moves
from portal.access import Reach, Role
from portal.models import User
from portal.moves import Move
from portal.refusals import NotAllowed, Reason, Refused
from volunteers import clearance
from volunteers.models import (
    Application,
    Check,
    CheckType,
    ConflictDeclaration,
    Decision,
    Membership,
    Person,
    RefereeRequest,
    ReferenceResponse,
    Requirement,
    TrainingModule,
    TrainingRecord,
)
from volunteers.states import CheckState


def lock_person(person_id: int) -> Person:
    return Person.objects.select_for_update().get(pk=person_id)


def lock_application(application: Application, by: User) -> Application:
    """The row as it is now, its person locked before it. Raises `Application.DoesNotExist` out of `by`'s reach."""
    lock_person(application.person_id)
    rows = Application.objects.visible_to(by).select_for_update(of=("self",))
    return rows.select_related("person", "policy", "role").get(pk=application.pk)


def lock_check(check: Check, by: User) -> Check:
    """The row as it is now, its person locked before it. Raises `Check.DoesNotExist` out of `by`'s reach."""
    lock_person(check.person_id)
    rows = Check.objects.visible_to(by).select_for_update(of=("self",))
    return rows.select_related("person", "check_type").get(pk=check.pk)


def demand(
    move: Move, case, by: User, *, reason: str = "", barred: Sequence[Reason] = (), missing: Sequence[Reason] = ()
) -> None:
    """Raises `NotAllowed` when `by` is barred or has not the role, else `Refused` with the wrong state, the missing
    reason and everything in `missing` in one list."""
    if barred:
        raise NotAllowed(*barred)
    refusals: list[Reason] = []
    try:
        moves.demand(move, case, by, reason)
    except NotAllowed:
        raise
    except Refused as refusal:
        refusals = refusal.reasons
    if refusals or missing:
        raise Refused(*refusals, *missing)


def demand_permission(permission: str, reach: Reach, by: User, *, barred: Sequence[Reason] = ()) -> None:
    """For acts on a person, who has no state. Raises `NotAllowed`."""
    if barred:
        raise NotAllowed(*barred)
    if not access.allows(by, permission, reach):
        raise NotAllowed(Reason("not_yours", _("Your role does not make this step for this person.")))


def holds(by: User, roles: Sequence[str], reach: Reach) -> bool:
    """Whether a grant of `by` has one of `roles` where `reach` lies."""
    return any(grant.role in roles and grant.district_id in (None, reach.district_id) for grant in by.grants)


# --- who is barred -----------------------------------------------------------------------------------------------


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


def may_decide(application: Application, by: User) -> list[Reason]:
    """Why `by` may take no part in this case (G3); empty when nothing speaks against it."""
    reasons = runs_the_system(by)
    if application.person.user_id == by.pk:
        reasons.append(Reason("subject", _("This case is about you.")))
    reasons += tied_by_organisation(application.person, by)
    address = Q(pk__in=[])
    if by.email:
        address |= Q(email__iexact=by.email)
    if by.phone:
        address |= Q(phone=by.phone)
    if application.referees.filter(address).exists():
        reasons.append(Reason("referee", _("The applicant named you as a referee.")))
    if ConflictDeclaration.objects.filter(application=application, user=by, exists=True).exists():
        reasons.append(Reason("conflict", _("You declared that something ties you to the applicant.")))
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


def undeclared(no_conflict: bool) -> list[Reason]:
    if no_conflict:
        return []
    text = _("Please confirm that nothing ties you to the applicant. If something does, leave the case to a colleague.")
    return [Reason("conflict_undeclared", text)]


def open_decision(application: Application) -> Decision | None:
    return application.decisions.filter(confirmed_at=None, sent_back_at=None).first()


# --- what the case lacks -----------------------------------------------------------------------------------------


def missing_for_approval(application: Application, on: date | None = None) -> list[Reason]:
    """Everything that stands between this case and an approval on the day `on` (default today): G1, G4 and G6."""
    on = on or timezone.localdate()
    person = application.person
    covered = clearance.load_facts([person.pk])[person.pk].covered
    newest = {check.check_type_id: check for check in person.checks.order_by("pk")}
    requirements = list(application.policy.requirements.select_related("check_type"))
    reasons: list[Reason] = []
    for check_type in [item.check_type for item in requirements if item.stage == Requirement.Stage.APPROVAL]:
        counts = clearance.unbroken_end(covered[check_type.pk], on) is not None
        if check_type.kind == CheckType.Kind.REFERENCES:
            reasons += _references(application, check_type, counts)
        else:
            reasons += _check(check_type, newest.get(check_type.pk), counts, covered[check_type.pk], on)
    return reasons + _failed_training(person, [item.check_type_id for item in requirements])


def _check(check_type: CheckType, newest: Check | None, counts: bool, intervals: list, on: date) -> list[Reason]:
    code, name = check_type.code, {"check": check_type.name}
    if newest and newest.state == CheckState.FAILED:
        return [Reason(f"failed:{code}", _("%(check)s: failed.") % name)]
    if counts:
        return []
    if newest and newest.state == CheckState.PROVIDED:
        return [Reason(f"missing:{code}", _("%(check)s: provided, not verified yet.") % name)]
    past = [interval.end for interval in intervals if interval.end < on]
    if past:
        text = _("%(check)s: ended on %(date)s.") % {**name, "date": date_format(max(past))}
        return [Reason(f"expired:{code}", text)]
    return [Reason(f"missing:{code}", _("%(check)s: missing.") % name)]


def _references(application: Application, check_type: CheckType, counts: bool) -> list[Reason]:
    """G4: enough accepted, one from somebody who saw him with children, one called back; and none lies unjudged."""
    responses = list(
        ReferenceResponse.objects.filter(request__application__person=application.person).select_related("request")
    )
    accepted = [item for item in responses if item.result == ReferenceResponse.Result.ACCEPTED]
    reasons = []
    if not counts:
        numbers = {
            "check": check_type.name,
            "count": len(accepted),
            "needed": settings.PROGRAMME["references_needed"],
        }
        text = _("%(check)s: %(count)s of %(needed)s accepted.") % numbers
        reasons.append(Reason("missing:references", text))
    else:
        if not any(_speaks_of_children(item) for item in accepted):
            text = _("No accepted reference comes from somebody who has seen the person with children.")
            reasons.append(Reason("references_children", text))
        if not any(item.called_back for item in accepted):
            reasons.append(Reason("references_call_back", _("No referee has been called back yet.")))
    unsettled = {"", ReferenceResponse.Result.CONCERN}
    if any(item.result in unsettled for item in responses if item.request.application_id == application.pk):
        reasons.append(Reason("lead_looking", _("The safeguarding lead is still looking at a reference.")))
    return reasons


def _speaks_of_children(response: ReferenceResponse) -> bool:
    """The referee's own word; what the applicant said of him where the form did not ask; or a fellow of the organisation."""
    word = json.loads(response.answers or "{}").get("saw_with_children", "")
    saw = word == "yes" if word else response.request.saw_with_children
    return saw or response.request.relation == RefereeRequest.Relation.ORGANISATION


def _failed_training(person: Person, check_type_ids: list[int]) -> list[Reason]:
    """The newest record of each required module, where it is no pass."""
    reasons = []
    for module in TrainingModule.objects.filter(check_type__in=check_type_ids):
        record = person.training.filter(module=module).first()
        if record and record.result != TrainingRecord.Result.PASSED:
            text = _("%(module)s: %(result)s, %(date)s.") % {
                "module": module.name,
                "result": record.get_result_display(),
                "date": date_format(record.held_on),
            }
            reasons.append(Reason("training_failed", text))
    return reasons
