"""Who looks after a mentor, who stands in meanwhile, and what he says when the mentor's term is renewed."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import access, audit
from portal.access import Role
from portal.models import RoleGrant, StaffTask, User
from portal.refusals import NotAllowed, Reason, Refused
from portal.services import raise_task
from volunteers import clearance
from volunteers.models import Application, Person, SupervisorAssignment
from volunteers.services import guards
from volunteers.states import ApplicationState

SUPERVISES = "supervision.view"  # whoever has it may be named
OPINION_ASKED = frozenset(
    {ApplicationState.SCREENING, ApplicationState.MORE_INFO, ApplicationState.ASSESSMENT, ApplicationState.DECISION}
)


def supervisors_for(person: Person) -> QuerySet[User]:
    """The staff who may be named: a fitting role in force where the person lives, and not himself."""
    grants = RoleGrant.objects.in_force().covering(person.district_id).filter(role__in=access.PERMISSIONS[SUPERVISES])
    return User.objects.filter(pk__in=grants.values("user"), is_superuser=False).exclude(pk=person.user_id)


def _unfit(person: Person, supervisor: User) -> list[Reason]:
    if supervisor.pk == person.user_id:
        return [Reason("own_supervisor", _("Nobody supervises himself."))]
    if not supervisors_for(person).filter(pk=supervisor.pk).exists():
        text = _("A supervisor is a coordinator, trainer or safeguarding lead of the mentor's district.")
        return [Reason("supervisor_role", text)]
    return []


@transaction.atomic
def assign_supervisor(*, person: Person, supervisor: User, by: User) -> None:
    """Names who looks after a mentor from today on, in place of the former one; the same one again changes nothing.

    Raises `NotAllowed` (`administrator`, `not_yours`) and `Refused` (`own_supervisor`, `supervisor_role`).
    """
    person = guards.lock_person(person.pk)
    guards.demand_permission("supervisor.assign", person.reach, by, barred=guards.runs_the_system(by))
    if reasons := _unfit(person, supervisor):
        raise Refused(*reasons)
    current = person.supervision.filter(ends_on=None, cover_for=None).first()
    if current and current.supervisor_id == supervisor.pk:
        return
    if current:
        current.ends_on = timezone.localdate()
        current.save(update_fields=["ends_on"])
    SupervisorAssignment.objects.create(person=person, supervisor=supervisor)
    audit.record(person, "supervisor", by, supervisor=supervisor.code)


@transaction.atomic
def assign_cover(*, person: Person, cover: User, by: User, starts_on: date, ends_on: date) -> SupervisorAssignment:
    """Somebody stands in for the mentor's supervisor from day to day inclusive, while he is away or gone.

    Raises `NotAllowed` (`administrator`, `not_yours`) and `Refused` with all of `own_supervisor`, `supervisor_role`, `nobody_to_cover`
    (there never was a supervisor), `covers_himself`, `cover_order`, `cover_past`.
    """
    person = guards.lock_person(person.pk)
    guards.demand_permission("supervisor.assign", person.reach, by, barred=guards.runs_the_system(by))
    reasons = _unfit(person, cover)
    covered = person.supervision.filter(cover_for=None).order_by("-starts_on", "-pk").first()
    if covered is None:
        reasons.append(Reason("nobody_to_cover", _("Name a supervisor first.")))
    elif covered.supervisor_id == cover.pk:
        reasons.append(Reason("covers_himself", _("This is the supervisor himself: choose somebody else.")))
    if ends_on < starts_on:
        reasons.append(Reason("cover_order", _("The last day comes before the first.")))
    if ends_on < timezone.localdate():
        reasons.append(Reason("cover_past", _("This day has passed.")))
    if reasons:
        raise Refused(*reasons)
    assignment = SupervisorAssignment.objects.create(
        person=person, supervisor=cover, cover_for_id=covered.supervisor_id, starts_on=starts_on, ends_on=ends_on
    )
    audit.record(person, "cover", by, supervisor=cover.code, days=(ends_on - starts_on).days + 1)
    return assignment


@transaction.atomic
def end_cover(*, assignment: SupervisorAssignment, by: User) -> None:
    """The stand-in is not needed any more: yesterday was his last day. Raises `NotAllowed` (`administrator`, `not_yours`) and `Refused`
    (`no_cover`: it is none, or over already)."""
    person = guards.lock_person(assignment.person_id)
    guards.demand_permission("supervisor.assign", person.reach, by, barred=guards.runs_the_system(by))
    today = timezone.localdate()
    assignment = person.supervision.filter(pk=assignment.pk, ends_on__gte=today).exclude(cover_for=None).first()
    if assignment is None:
        raise Refused(Reason("no_cover", _("This stand-in is over already.")))
    assignment.ends_on = today - clearance.DAY
    assignment.save(update_fields=["ends_on"])
    audit.record(person, "end_cover", by)
    clearance.changed(person)


def supervises(user: User, person: Person, on: date | None = None) -> bool:
    """Whether `user` is the supervisor of `person`, or stands in for him, on the day `on` (default today)."""
    mine = SupervisorAssignment.objects.running(on).by_serving().filter(person=person, supervisor=user)
    return person.user_id != user.pk and mine.exists()


def demand_supervisor(user: User, person: Person) -> None:
    """Raises `NotAllowed` (`not_supervisor`) for everybody else."""
    if not supervises(user, person):
        text = _("Only the mentor's supervisor says this, or who stands in for him.")
        raise NotAllowed(Reason("not_supervisor", text))


@transaction.atomic
def give_opinion(*, application: Application, by: User, supports: bool, text: str) -> None:
    """The supervisor's short word on a renewal, kept encrypted; a later one takes its place until a proposal is made.

    Raises `NotAllowed` (`administrator`, `not_supervisor`) and `Refused` with all of `not_asked` (no renewal, or it is
    not being looked at), `opinion_missing`.
    """
    guards.lock_person(application.person_id)
    application = Application.objects.select_for_update(of=("self",)).select_related("person").get(pk=application.pk)
    if barred := guards.runs_the_system(by):
        raise NotAllowed(*barred)
    demand_supervisor(by, application.person)
    reasons = []
    if application.kind != Application.Kind.RENEWAL or application.state not in OPINION_ASKED:
        reasons.append(Reason("not_asked", _("Your opinion is not asked for now.")))
    if not text.strip():
        reasons.append(Reason("opinion_missing", _("Please write a sentence or two.")))
    if reasons:
        raise Refused(*reasons)
    application.opinion, application.opinion_by, application.opinion_at = text.strip(), by, timezone.now()
    application.supports_renewal = supports
    application.save(update_fields=["opinion_sealed", "opinion_by", "opinion_at", "supports_renewal"])
    audit.record(application, "opinion", by, supports=supports)


def ask_for_supervisors(on: date) -> list[str]:
    """Every night: a task for the coordinator about each mentor whom nobody looks after on the day `on`, once for each
    supervisor he lost. Returns the codes of these mentors."""
    looked_after = SupervisorAssignment.objects.running(on).by_serving().filter(person=OuterRef("pk"))
    alone = Person.objects.serving(on).exclude(Exists(looked_after)).select_related("district")
    asked = []
    for person in alone.annotate(newest=Max("supervision")).order_by("pk"):
        raise_task(
            StaffTask.Kind.NO_SUPERVISOR,
            role=Role.COORDINATOR,
            about=person.code,
            person=person.uuid,
            url=reverse("staff_person", args=[person.uuid]),
            district=person.district,
            once=f"{person.uuid}:{person.newest or 0}",
        )
        asked.append(person.code)
    return asked
