"""Exemptions: a requirement that somebody need not meet for a time. One safeguarding lead grants it, another confirms it,
any one of them takes it back. What decides, and identity, is never waived (docs/decisions/0007)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import audit
from portal.access import Role
from portal.models import StaffTask, User
from portal.refusals import Reason, Refused
from portal.services import raise_task
from volunteers import clearance
from volunteers.models import CheckType, Exemption, Person
from volunteers.services import guards


def exemptible() -> QuerySet[CheckType]:
    """The check types that may be waived at all."""
    return CheckType.objects.filter(deciding=False).exclude(code=CheckType.IDENTITY)


@transaction.atomic
def grant(
    *, person: Person, check_type: CheckType, by: User, reason: str, starts_on: date | None, ends_on: date | None
) -> Exemption:
    """The first of two: nothing counts yet. The other leads get a task. Days are inclusive.

    Raises `NotAllowed` (`not_yours` and what `guards.may_act_on` finds) and `Refused` with all of `reason_missing`,
    `start_missing`, `end_missing`, `ends_before_start`, `over`, `too_long` (over `PROGRAMME["exemption_days"]` days),
    `deciding_not_exempt`, `already_granted` (one of the same type whose days overlap).
    """
    person = guards.lock_person(person.pk)
    barred = guards.may_act_on(person, by)
    guards.demand_permission("exemption.grant", person.reach, by, barred=barred)
    reasons = [] if reason.strip() else [Reason("reason_missing", _("Please write the reason."))]
    reasons += wrong_days(starts_on, ends_on, settings.PROGRAMME["exemption_days"])
    if check_type.indispensable:
        text = _("Nobody is exempted from this. A guest may come once under supervision, with a risk assessment.")
        reasons.append(Reason("deciding_not_exempt", text))
    if starts_on and ends_on and _overlapping(person, check_type, starts_on, ends_on).exists():
        reasons.append(Reason("already_granted", _("There is an exemption for these days already.")))
    if reasons:
        raise Refused(*reasons)
    exemption = Exemption.objects.create(
        person=person,
        check_type=check_type,
        reason=reason.strip(),
        starts_on=starts_on,
        ends_on=ends_on,
        granted_by=by,
    )
    _record(exemption, "grant_exemption", by)
    raise_task(
        StaffTask.Kind.TO_CONFIRM,
        role=Role.SAFEGUARDING_LEAD,
        about=exemption.code,
        person=person.uuid,
        url=reverse("staff_person", args=[person.uuid]),
        district=person.district,
    )
    return exemption


def wrong_days(starts_on: date | None, ends_on: date | None, most: int) -> list[Reason]:
    """What is wrong with the days of something that ends: both are named, in order, not over, not more than `most`."""
    if starts_on is None:
        return [Reason("start_missing", _("The first day is missing."))]
    if ends_on is None:
        return [Reason("end_missing", _("The last day is missing."))]
    if ends_on < starts_on:
        return [Reason("ends_before_start", _("The last day lies before the first."))]
    if ends_on < timezone.localdate():
        return [Reason("over", _("These days are over."))]
    if ends_on - starts_on >= timedelta(days=most):
        return [Reason("too_long", _("Days at most: %(days)s.") % {"days": most})]
    return []


def _overlapping(person: Person, check_type: CheckType, first: date, last: date) -> QuerySet[Exemption]:
    others = person.exemptions.standing().filter(check_type=check_type)
    return others.filter(starts_on__lte=last, ends_on__gte=first)


@transaction.atomic
def confirm(*, exemption: Exemption, by: User) -> None:
    """The second of two: from now on it counts on its days. Raises `NotAllowed` (`same_person`, `not_yours` and what
    `guards.may_act_on` finds) and `Refused` (`already_confirmed`, `revoked`, `over`)."""
    exemption = _lock(exemption, by)
    barred = barred_from_confirming(exemption, by)
    guards.demand_permission("exemption.confirm", exemption.reach, by, barred=barred)
    refuse_unless_open(exemption)
    exemption.confirmed_by, exemption.confirmed_at = by, timezone.now()
    exemption.save(update_fields=["confirmed_by", "confirmed_at"])
    _record(exemption, "confirm_exemption", by)


def barred_from_confirming(exemption: Exemption, by: User, true: AbstractSet[str] | None = None) -> list[Reason]:
    """Why `by` may not be the second person; empty when he may. `true` are the answers to `guards.ties_to`, where the
    caller has asked them."""
    return guards.may_act_on(exemption.person, by, true) + same_person(exemption.granted_by_id, by)


def same_person(first: int, by: User) -> list[Reason]:
    if first != by.pk:
        return []
    return [Reason("same_person", _("You signed it: another safeguarding lead confirms."))]


def refuse_unless_open(signed) -> None:
    """Raises `Refused` (`already_confirmed`, `revoked`, `over`) when there is nothing to confirm any more."""
    if signed.revoked_at:
        raise Refused(Reason("revoked", _("It was taken back.")))
    if signed.confirmed_at:
        raise Refused(Reason("already_confirmed", _("It is confirmed already.")))
    if signed.ends_on < timezone.localdate():
        raise Refused(Reason("over", _("These days are over.")))


@transaction.atomic
def revoke(*, exemption: Exemption, by: User) -> None:
    """Ends it at once, before or after it was confirmed; one is enough. The apps above are told in the same
    transaction. Raises `NotAllowed` (`not_yours`, `administrator`) and `Refused` (`revoked`)."""
    exemption = _lock(exemption, by)
    guards.demand_permission("exemption.grant", exemption.reach, by, barred=guards.runs_the_system(by))
    if exemption.revoked_at:
        raise Refused(Reason("revoked", _("It was taken back.")))
    exemption.revoked_by, exemption.revoked_at = by, timezone.now()
    exemption.save(update_fields=["revoked_by", "revoked_at"])
    _record(exemption, "revoke_exemption", by)
    clearance.changed(exemption.person)


def _lock(exemption: Exemption, by: User) -> Exemption:
    guards.lock_person(exemption.person_id)
    rows = Exemption.objects.visible_to(by).select_for_update(of=("self",))
    return rows.select_related("person", "check_type").get(pk=exemption.pk)


def _record(exemption: Exemption, action: str, by: User) -> None:
    audit.record(exemption.person, action, by, exemption=exemption.code, check_type=exemption.check_type.code)
