"""Another referee in the place of one from whom nothing comes, and whom the case has not heard yet."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import audit
from portal.models import User
from portal.refusals import NotAllowed, Reason, Refused
from volunteers.models import Application, Person, RefereeRequest
from volunteers.notifications import referees as letters
from volunteers.services import answers, guards, people, references
from volunteers.states import CLOSED, REFEREE_GAVE_ONE, REFEREE_WAITING, RefereeState

FAILED = frozenset({RefereeState.DECLINED, RefereeState.BOUNCED, RefereeState.EXPIRED})
BY_STAFF = frozenset(RefereeState) - REFEREE_GAVE_ONE - {RefereeState.REPLACED, RefereeState.CANCELLED}


def is_over(request: RefereeRequest) -> bool:
    """Whether nothing more will come from this referee, so that the applicant may name somebody else."""
    waits = request.state in REFEREE_WAITING
    return request.state in FAILED or (
        waits and request.expires_at is not None and request.expires_at <= timezone.now()
    )


def demand_replaceable(request: RefereeRequest, *, by_staff: bool = False) -> None:
    """Raises `Refused` (`not_replaceable`) when the case is closed and while the referee may still answer; staff may
    replace him before."""
    replaceable = request.state in BY_STAFF if by_staff else is_over(request)
    if request.application.state in CLOSED or not replaceable:
        raise Refused(Reason("not_replaceable", _("This referee need not be replaced now.")))


@transaction.atomic
def replace(*, request: RefereeRequest, by: User, referee: dict) -> RefereeRequest:
    """The applicant, or staff for him, names somebody else for a referee from whom nothing comes: the old link dies,
    the new one is asked at once where the old one was. `referee` is one entry of the draft's step of referees.

    Raises `NotAllowed` (`not_yours`, and for staff what `guards.may_decide` finds); `Refused` with `not_replaceable`
    and with the reasons of `replacement_problems` (`referee:<field>`).
    """
    application = Application.objects.select_related("person__user").get(referees=request)
    own = application.person.user_id == by.pk
    if own:
        guards.lock_person(application.person_id)
        rows = RefereeRequest.objects.select_for_update(of=("self",))
        old = rows.select_related("application__person").get(pk=request.pk)
    else:
        old = _lock_for_staff(request, by)
    demand_replaceable(old, by_staff=not own)
    if problems := replacement_problems(old, referee, by_staff=not own):
        raise Refused(*[Reason(f"referee:{problem.field}", problem.text) for problem in problems])
    new = RefereeRequest.objects.create(application=application, **referee)
    asked, before = old.sent_at is not None, old.state
    old.state, old.replaced_by = RefereeState.REPLACED, new
    old.save(update_fields=["state", "replaced_by"])
    letters.cancel_reference_request(old)
    audit.record(old, "reference.replace", by, state_from=before, state_to=old.state, by_request=new.code)
    if asked:
        references.ask(application=application, by=by)
    return new


def _lock_for_staff(request: RefereeRequest, by: User) -> RefereeRequest:
    try:
        return references.lock(request, by)
    except Application.DoesNotExist as error:
        raise NotAllowed(Reason("not_yours", _("Only the applicant names his referees."))) from error


def replacement_problems(old: RefereeRequest, referee: dict, *, by_staff: bool = False) -> list[answers.RefereeProblem]:
    """What is wrong with `referee` in the place of `old`: also beside everybody who was ever named in this case, and
    for staff an address that is a colleague's."""
    application = old.application
    named = [
        {"name": one.name, "relation": one.relation, "email": one.email, "phone": one.phone, "state": one.state}
        for one in application.referees.all()
    ]
    person: Person = application.person
    own = answers.own_contacts(application, {"about": {"email": person.email, "phone": person.phone}})
    problems = answers.contact_problems([*named, referee], own)
    kept = [one for one in named if one["state"] in REFEREE_WAITING | REFEREE_GAVE_ONE]
    together = [problem for problem in answers.referee_problems([*kept, referee], set()) if problem.field == "relation"]
    problems = [problem for problem in problems if problem.number == len(named)] + together
    if by_staff and people.belongs_to_staff(email=referee["email"], phone=referee["phone"]):
        field = "email" if referee["email"] else "phone"
        text = _("This e-mail or phone belongs to a member of staff. Write the person's own.")
        problems.append(answers.RefereeProblem(len(named), field, text))
    return problems


def unheard_organisations(entries: list[dict], heard: list[str]) -> list[str]:
    """Organisations with children in somebody's history (entries of the step `history`) that no referee comes from;
    `heard` are the organisations of the referees. Names are compared without case and spacing, one inside the other."""
    known = [" ".join(name.lower().split()) for name in heard if name.strip()]
    unheard = {}
    for entry in entries:
        name = " ".join(entry.get("organisation", "").lower().split())
        if entry.get("with_children") and name and not any(name in one or one in name for one in known):
            unheard.setdefault(name, entry["organisation"].strip())
    return list(unheard.values())
