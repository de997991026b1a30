"""What an organisation says about those who named it, by the one person who speaks for it (its endorser)."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import access, audit, moves
from portal.access import Role
from portal.models import StaffTask, User
from portal.refusals import NotAllowed, Reason, Refused
from portal.services import raise_task
from volunteers.models import Membership, Organisation
from volunteers.notifications import standing as letters
from volunteers.services import guards
from volunteers.states import PROVIDE_FOR, CheckState

# What an organisation's word may prove; employment is the word of a school or a department only.
PROVEN = {
    Organisation.Kind.SCHOOL: ("endorsement", "employment"),
    Organisation.Kind.DEPARTMENT: ("endorsement", "employment"),
}


@transaction.atomic
def name_endorser(*, organisation: Organisation, user: User | None, by: User) -> None:
    """`user` speaks for the organisation from now on, in place of the former one, and gets a letter; None: nobody does.

    Raises `NotAllowed` (`not_yours`) for whoever is neither an administrator nor a coordinator of its district, and
    `Refused` (`own_organisation`: nobody names himself; `account_closed`).
    """
    organisation = Organisation.objects.select_for_update(of=("self",)).get(pk=organisation.pk)
    reach = access.Reach(district_id=organisation.district_id)
    if not access.allows(by, "organisation.name_endorser", reach):
        raise NotAllowed(Reason("not_yours", _("Your role does not make this step for this organisation.")))
    if user and user.pk == by.pk:
        raise Refused(Reason("own_organisation", _("Nobody names himself: ask a colleague.")))
    if user and not user.is_active:
        raise Refused(Reason("account_closed", _("There is no such account.")))
    if organisation.endorser_id == (user and user.pk):
        return
    organisation.endorser = user
    organisation.save(update_fields=["endorser"])
    audit.record(organisation, "endorser", by, endorser=user.code if user else "")
    if user:
        letters.endorser_named(organisation)


@transaction.atomic
def confirm_membership(*, membership: Membership, by: User) -> None:
    """The organisation knows him. A check of his that its word proves and that is asked for becomes "provided" with
    today's date, for a coordinator to verify. Twice is once; it may follow a refusal.

    Raises `NotAllowed` (`not_endorser`, `own_membership`).
    """
    membership = _lock(membership, by)
    if membership.confirmed_at:
        return
    membership.confirmed_by, membership.confirmed_at, membership.refused_at = by, timezone.now(), None
    membership.save(update_fields=["confirmed_by", "confirmed_at", "refused_at"])
    audit.record(membership.person, "membership_confirmed", by, organisation=membership.organisation_id)
    _provide_checks(membership, by)


@transaction.atomic
def refuse_membership(*, membership: Membership, by: User) -> None:
    """The organisation does not know him: the coordinators of his district get a task, nothing else follows by itself.
    Twice is once. Raises `NotAllowed` (`not_endorser`, `own_membership`)."""
    membership = _lock(membership, by)
    if membership.refused_at:
        return
    membership.confirmed_by, membership.confirmed_at, membership.refused_at = None, None, timezone.now()
    membership.save(update_fields=["confirmed_by", "confirmed_at", "refused_at"])
    person = membership.person
    audit.record(person, "membership_refused", by, organisation=membership.organisation_id)
    raise_task(
        StaffTask.Kind.MEMBERSHIP,
        role=Role.COORDINATOR,
        about=person.code,
        person=person.uuid,
        url=reverse("staff_person", args=[person.uuid]),
        district=person.district,
        once=f"{person.uuid}:{membership.organisation_id}",
    )


def _lock(membership: Membership, by: User) -> Membership:
    guards.lock_person(membership.person_id)
    rows = Membership.objects.select_for_update(of=("self",)).select_related("person__district", "organisation")
    membership = rows.get(pk=membership.pk)
    if membership.person.user_id == by.pk:
        raise NotAllowed(Reason("own_membership", _("Nobody confirms himself: ask the coordinator.")))
    if membership.organisation.endorser_id != by.pk:
        raise NotAllowed(Reason("not_endorser", _("Another person speaks for this organisation.")))
    return membership


def _provide_checks(membership: Membership, by: User) -> None:
    """The table gives this move to staff; here the organisation's word takes the place of a letter shown to them."""
    organisation = membership.organisation
    waiting = membership.person.checks.filter(
        state=CheckState.REQUESTED, check_type__code__in=PROVEN.get(organisation.kind, ("endorsement",))
    )
    for check in waiting.select_for_update(of=("self",)).select_related("check_type"):
        check.issuer, check.issued_on, check.provided_by = organisation.name_ru[:200], timezone.localdate(), by
        moves.advance(PROVIDE_FOR, check, by, check_type=check.check_type.code, by_organisation=True)
