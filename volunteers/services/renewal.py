"""Renewal and change of role: short applications of somebody who is approved. The running approval keeps its dates."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from portal import audit
from portal.models import User
from portal.refusals import Reason, Refused
from volunteers.models import Application, Person, PolicyVersion, ProgrammeRole
from volunteers.services import terms

Kind = Application.Kind


@transaction.atomic
def start_renewal(*, by: User) -> Application:
    """A draft of kind renewal for the role that `by` serves in, tied to the policy in force today. For whom approvals in
    two roles run, it is the one that ends first.

    Refuses with all of `not_approved`, `too_early` (before the renewal window, with the day), `already_open`,
    `not_open` (no policy).
    """
    person, approvals = _approved(by)
    role, reasons = ProgrammeRole.objects.get(pk=min(approvals, key=approvals.get)), []
    opens_on = terms.renewal_opens_on(person)
    if timezone.localdate() < opens_on:
        text = _("It is too early: you can renew from %(day)s.") % {"day": date_format(opens_on)}
        reasons.append(Reason("too_early", text))
    return _begin(person, role, Kind.RENEWAL, by, reasons)


@transaction.atomic
def start_role_change(*, by: User, role: ProgrammeRole) -> Application:
    """A draft of somebody approved who wants to serve in another role as well. Refuses with all of `not_approved`,
    `same_role`, `already_open`, `not_open`."""
    person, approvals = _approved(by)
    reasons = []
    if role.pk in approvals:
        reasons.append(Reason("same_role", _("You are approved for this role already.")))
    if not role.is_open:
        reasons.append(Reason("not_open", _("This role takes no applications now.")))
    return _begin(person, role, Kind.ROLE_CHANGE, by, reasons)


def _approved(user: User) -> tuple[Person, dict[int, date]]:
    """The person of an account, locked, and his running approvals (`terms.running`); raises `Refused` where there are none."""
    person = Person.objects.filter(user=user).select_for_update(of=("self",)).first()
    approvals = terms.running(person) if person else {}
    if not approvals:
        raise Refused(Reason("not_approved", _("You are not approved now. Please apply anew."), reverse("roles")))
    return person, approvals


def _begin(person: Person, role: ProgrammeRole, kind: str, by: User, reasons: list[Reason]) -> Application:
    policy = PolicyVersion.objects.in_force(role)
    if policy is None:
        reasons.append(Reason("not_open", _("This role takes no applications now.")))
    if person.applications.open().filter(kind=kind).exists():
        text = _("You have an application already: it is on your page.")
        reasons.append(Reason("already_open", text, reverse("my_home")))
    if reasons:
        raise Refused(*reasons)
    application = Application.objects.create(person=person, role=role, policy=policy, kind=kind)
    audit.record(application, "start", by, state_to=application.state, role=role.code, kind=kind)
    return application
