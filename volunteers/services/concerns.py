"""The register of concerns about grown-ups, low-level ones included. Whoever writes one does not read it again; only
safeguarding leads do, and every look is logged. Withdrawal and exit close nothing here."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import access, audit, services
from portal.access import Role
from portal.models import StaffTask, User
from portal.refusals import NotAllowed, Reason, Refused
from volunteers.models import Application, Concern, Hold, Person
from volunteers.services import guards, holds
from volunteers.states import UNSEEN_BY_STAFF

_met: list[Callable[[User], QuerySet]] = []


def also_about(people_met: Callable[[User], QuerySet]) -> None:
    """For the apps above: `people_met(user)` gives the ids of people whom `user` met, say at his school, and about
    whom he may write without seeing their cases."""
    _met.append(people_met)


def may_be_about(user: User) -> QuerySet[Person]:
    """The people about whom `user` may write down a concern; never himself, nobody without the permission."""
    if not access.allows(user, "concern.write"):
        return Person.objects.none()
    seen = Q(pk__in=Application.objects.visible_to(user).exclude(state__in=UNSEEN_BY_STAFF).values("person"))
    seen |= Q(pk__in=Person.objects.visible_to(user).values("pk")) | Q(
        pk__in=Person.objects.to_train(user).values("pk")
    )
    for people_met in _met:
        seen |= Q(pk__in=people_met(user))
    return Person.objects.filter(seen).exclude(user=user)


@transaction.atomic
def raise_concern(
    *, person: Person, by: User, level: str, source: str, text: str, application: Application | None = None
) -> None:
    """Writes down a concern about a grown-up: the leads get a task without its words. A serious one puts his open
    applications on hold.

    Raises `NotAllowed` (`not_yours`) for somebody who has nothing to do with the person and for himself; `Refused`
    with all of `level_unknown`, `source_unknown`, `text_missing`.
    """
    person = guards.lock_person(person.pk)
    if not may_be_about(by).filter(pk=person.pk).exists():
        raise NotAllowed(Reason("not_yours", _("Your role does not make this step for this person.")))
    missing = []
    if level not in Concern.Level.values:
        missing.append(Reason("level_unknown", _("Say how serious it is.")))
    if source not in Concern.Source.values:
        missing.append(Reason("source_unknown", _("Say who noticed it.")))
    if not text.strip():
        missing.append(Reason("text_missing", _("Please write what happened.")))
    if missing:
        raise Refused(*missing)
    concern = _write(person, application, by, level, source, text.strip())
    services.raise_task(
        StaffTask.Kind.CONCERN,
        role=Role.SAFEGUARDING_LEAD,
        about=concern.code,
        person=person.uuid,
        url=reverse("staff_concern", args=[concern.uuid]),
        district=person.district,
    )


def named_by_referee(*, application: Application, by: User | None) -> None:
    """A referee named a reason: a serious concern whose words stay in the reference. `by` wrote the reference down
    where it did not come by the form. The caller holds the person's lock and tells the leads."""
    _write(application.person, application, by, Concern.Level.SERIOUS, Concern.Source.REFEREE, "")


def _write(
    person: Person, application: Application | None, by: User | None, level: str, source: str, text: str
) -> Concern:
    concern = Concern(person=person, application=application, source=source, level=level, raised_by=by)
    concern.text = text
    concern.save()
    audit.record(concern, "concern.raise", by, level=level, source=source)
    if level == Concern.Level.SERIOUS:
        for case in person.applications.open().order_by("pk"):
            holds.hold(application=case, by=None, reason=Hold.Reason.CONCERN)
    return concern


def barred_from(concern: Concern, by: User) -> list[Reason]:
    """Why `by` may take no part in looking into this concern; empty when nothing speaks against it."""
    return guards.runs_the_system(by) + guards.bound_to(concern.person, by)


def barred_from_closing(concern: Concern, by: User) -> list[Reason]:
    reasons = barred_from(concern, by)
    if concern.raised_by_id == by.pk:
        reasons.append(Reason("same_person", _("You wrote this concern down: another safeguarding lead closes it.")))
    return reasons


@transaction.atomic
def act(*, concern: Concern, by: User, action: str, referred_to: str = "") -> None:
    """Adds what was done about it, under the day's date, and to whom it was passed on.

    Raises `NotAllowed` (`not_yours`, `administrator`, `same_organisation`, `referee`) and `Refused` with all of `already_closed`,
    `action_missing`; `Concern.DoesNotExist` out of `by`'s reach.
    """
    concern = _lock(concern, by)
    guards.demand_permission("concern.read", concern.person.reach, by, barred=barred_from(concern, by))
    _demand_open(concern, Reason("action_missing", _("Please write what was done.")), action)
    line = f"{timezone.localdate():%d.%m.%Y}: {action.strip()}"
    concern.action = "\n\n".join(filter(None, [concern.action, line]))
    concern.referred_to = referred_to.strip() or concern.referred_to
    concern.save()
    audit.record(concern, "concern.act", by, passed_on=bool(referred_to.strip()))


@transaction.atomic
def close(*, concern: Concern, by: User, outcome: str) -> None:
    """Ends it with a finding, by somebody other than who wrote it down. A hold is released for itself.

    Raises `NotAllowed` (`not_yours`, `same_person`, `administrator`, `same_organisation`, `referee`) and `Refused` with all of
    `already_closed`, `outcome_missing`; `Concern.DoesNotExist` out of `by`'s reach.
    """
    concern = _lock(concern, by)
    guards.demand_permission("concern.read", concern.person.reach, by, barred=barred_from_closing(concern, by))
    _demand_open(concern, Reason("outcome_missing", _("Please write what came of it.")), outcome)
    concern.outcome = outcome.strip()
    concern.closed_by, concern.closed_at = by, timezone.now()
    concern.save()
    audit.record(concern, "concern.close", by)


def _lock(concern: Concern, by: User) -> Concern:
    guards.lock_person(concern.person_id)
    rows = Concern.objects.visible_to(by).select_for_update(of=("self",))
    return rows.select_related("person").get(pk=concern.pk)


def _demand_open(concern: Concern, missing: Reason, text: str) -> None:
    reasons = []
    if concern.closed_at:
        reasons.append(Reason("already_closed", _("This concern is closed already.")))
    if not text.strip():
        reasons.append(missing)
    if reasons:
        raise Refused(*reasons)
