"""What each role demands, as data: a version is drafted by one safeguarding lead, published by another, and never
changed afterwards. It takes effect on its day; nobody's papers are touched by it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import access, audit
from portal.access import Reach, Role
from portal.models import StaffTask, User
from portal.refusals import NotAllowed, Reason, Refused
from portal.services import raise_task
from volunteers.models import CheckType, PolicyVersion, ProgrammeRole, Requirement
from volunteers.services import guards


def first_day() -> date:
    """The earliest day on which a new version may take effect: nobody is stopped on the day of its publication."""
    return timezone.localdate() + timedelta(days=1)


def newest(role: ProgrammeRole) -> PolicyVersion | None:
    """The published version that takes effect last."""
    return role.policies.published().order_by("-effective_from", "-number").first()


def open_draft(role: ProgrammeRole) -> PolicyVersion | None:
    return role.policies.filter(published_at=None).first()


@transaction.atomic
def draft(
    *, role: ProgrammeRole, by: User, effective_from: date | None, requirements: Mapping[CheckType, str]
) -> PolicyVersion:
    """The first of two proposes what `role` demands from a day on: a `Requirement.Stage` for each check type. Nothing
    counts yet; the other leads get a task.

    Raises `NotAllowed` (`not_yours`, `administrator`) and `Refused` with all of `draft_exists`, `day_missing`,
    `too_early` (before tomorrow), `not_after_newest` (another version takes effect on that day or later),
    `stage_unknown`, `indispensable` (a deciding check or identity is not demanded before approval).
    """
    role = ProgrammeRole.objects.select_for_update().get(pk=role.pk)
    _demand(by)
    reasons = _wrong_day(role, effective_from) + _wrong_requirements(requirements)
    if open_draft(role):
        reasons.append(Reason("draft_exists", _("A draft for this role waits already.")))
    if reasons:
        raise Refused(*reasons)
    last = role.policies.order_by("-number").values_list("number", flat=True).first() or 0
    policy = PolicyVersion.objects.create(role=role, number=last + 1, effective_from=effective_from, published_by=by)
    Requirement.objects.bulk_create(
        Requirement(policy=policy, check_type=check_type, stage=stage) for check_type, stage in requirements.items()
    )
    _record(policy, "draft_policy", by)
    raise_task(
        StaffTask.Kind.TO_CONFIRM,
        role=Role.SAFEGUARDING_LEAD,
        about=f"{role.code} {policy.number}",
        url=reverse("staff_policies"),
        once=f"policy:{policy.pk}",
    )
    return policy


def _demand(by: User, barred: list[Reason] | None = None) -> None:
    barred = guards.runs_the_system(by) + (barred or [])
    if barred:
        raise NotAllowed(*barred)
    if not access.allows(by, "policy.publish", Reach()):  # the rules hold in the whole oblast
        raise NotAllowed(Reason("not_yours", _("Your role does not change the rules.")))


def _wrong_day(role: ProgrammeRole, day: date | None) -> list[Reason]:
    if day is None:
        return [Reason("day_missing", _("The first day is missing."))]
    if day < first_day():
        return [Reason("too_early", _("A new version takes effect tomorrow at the earliest."))]
    last = newest(role)
    if last and day <= last.effective_from:
        return [Reason("not_after_newest", _("Another version takes effect on that day or later."))]
    return []


def _wrong_requirements(requirements: Mapping[CheckType, str]) -> list[Reason]:
    reasons = []
    if set(requirements.values()) - set(Requirement.Stage.values):
        reasons.append(Reason("stage_unknown", _("Say when each check is needed.")))
    for check_type in CheckType.objects.all():
        if check_type.indispensable and requirements.get(check_type) != Requirement.Stage.APPROVAL:
            text = _("%(check)s: needed before approval in every role.") % {"check": check_type.name}
            reasons.append(Reason("indispensable", text))
    return reasons


@transaction.atomic
def publish(*, policy: PolicyVersion, by: User) -> None:
    """The second of two: the version is fixed and takes effect on its day. Raises `NotAllowed` (`same_person`,
    `not_yours`, `administrator`) and `Refused` with all of `already_published` and what is wrong with its day or its
    requirements by now."""
    policy = _lock(policy)
    _demand(by, barred_from_publishing(policy, by))
    if policy.published_at:
        raise Refused(Reason("already_published", _("This version is published already.")))
    stages = {item.check_type: item.stage for item in policy.requirements.select_related("check_type")}
    if reasons := _wrong_day(policy.role, policy.effective_from) + _wrong_requirements(stages):
        raise Refused(*reasons)
    policy.confirmed_by, policy.published_at = by, timezone.now()
    policy.save(update_fields=["confirmed_by", "published_at"])
    _record(policy, "publish_policy", by)


def barred_from_publishing(policy: PolicyVersion, by: User) -> list[Reason]:
    if policy.published_by_id != by.pk:
        return []
    return [Reason("same_person", _("You drafted it: another safeguarding lead publishes it."))]


@transaction.atomic
def discard(*, policy: PolicyVersion, by: User) -> None:
    """Throws a draft away; one is enough. Raises `NotAllowed` (`not_yours`, `administrator`) and `Refused`
    (`already_published`)."""
    policy = _lock(policy)
    _demand(by)
    if policy.published_at:
        raise Refused(Reason("already_published", _("This version is published already.")))
    _record(policy, "discard_policy", by)
    policy.requirements.all().delete()
    policy.delete()


def _lock(policy: PolicyVersion) -> PolicyVersion:
    """The role is locked first, so that two versions of it do not meet."""
    ProgrammeRole.objects.select_for_update().get(pk=policy.role_id)
    return PolicyVersion.objects.select_for_update(of=("self",)).select_related("role").get(pk=policy.pk)


def _record(policy: PolicyVersion, action: str, by: User) -> None:
    audit.record(policy, action, by, role=policy.role.code, number=policy.number, from_day=str(policy.effective_from))
