"""Who may do what: the roles, and one table of permissions that page, list, service, export and task all ask.

Names are those of the glossary. A mentor and an applicant are no roles: that follows from `volunteers`. Superusers get
nothing here: case content is not theirs, and separation of duties holds for them too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from portal.models import User


class Role(models.TextChoices):
    COORDINATOR = "coordinator", _("coordinator")
    SAFEGUARDING_LEAD = "safeguarding_lead", _("safeguarding lead")
    APPEAL_MEMBER = "appeal_member", _("appeal member")
    INTERVIEWER = "interviewer", _("interviewer")
    TRAINER = "trainer", _("trainer")
    SCHOOL_CONTACT = "school_contact", _("school contact person")
    AUDITOR = "auditor", _("auditor")
    EDITOR = "editor", _("editor")
    SPECIALIST = "specialist", _("specialist who approves texts")
    ADMINISTRATOR = "administrator", _("administrator")


_CO, _SL, _AU = Role.COORDINATOR, Role.SAFEGUARDING_LEAD, Role.AUDITOR
_IV, _TR, _SC, _SA = Role.INTERVIEWER, Role.TRAINER, Role.SCHOOL_CONTACT, Role.ADMINISTRATOR
_AM = Role.APPEAL_MEMBER

PERMISSIONS: dict[str, frozenset[str]] = {
    name: frozenset(roles)
    for name, roles in {
        # recruitment and vetting
        "application.view": {_CO, _SL},
        "application.assigned": {_CO, _SL, _IV},  # the queue's page: an interviewer finds his own cases there
        "application.assist": {_CO},  # type for somebody who confirms it himself
        "application.accept": {_CO},
        "application.ask": {_CO},
        "application.review": {_CO, _SL, _IV},
        "application.hold": {_SL},
        "application.release": {_SL},
        "application.ready": {_CO},
        "application.propose": {_CO, _SL},
        "application.confirm": {_SL},
        "application.send_back": {_SL},
        "application.close": {_SL},  # after the notice of refusal
        "appeal.decide": {_AM, _SL},
        "interest.view": {_CO},
        "invitation.send": {_CO},
        "person.merge": {_SL},
        "application.sensitive": {_SL},
        "check.provide": {_CO, _SL},
        "check.verify": {_CO, _SL, _IV},  # and the check's type must name the role among its verifiers
        "check.invalidate": {_CO, _SL},
        "interview.protocol": {_SL, _IV},  # an interviewer: of his own cases, what he wrote himself
        "exemption.grant": {_SL},
        "exemption.confirm": {_SL},
        "risk.sign": {_CO, _SL},
        "risk.confirm": {_SL},
        "reference.arrange": {_CO, _SL},  # send again, record by phone or on paper, mark a bounce
        "reference.assess": {_SL},
        "training.record": {_TR, _CO},
        "supervisor.assign": {_CO, _SL},
        "standing.view": {_CO, _SL},
        "standing.suspend": {_CO, _SL},
        "standing.propose_lift": {_SL},
        "standing.confirm_lift": {_SL},
        "standing.exit": {_CO, _SL},
        "supervision.view": {_CO, _SL, _TR},  # and whoever has it may be named as a supervisor
        "organisation.name_endorser": {_CO, _SA},
        "concern.write": {_CO, _SL, _IV, _TR, _SC},
        "concern.read": {_SL},
        "do_not_engage.decide": {_SL},
        "do_not_engage.count": {_SL, _AU},
        "record.view": {_CO, _SL, _AU},  # the single central record
        "desk.lead": {_SL},
        "policy.publish": {_SL},
        "agreement.publish": {_SL, _SA},
        # school sessions
        "session.view": {_CO, _SL, _SC},
        "session.plan": {_CO},
        "session.internal": {_CO, _SL},  # reasons and the timeline, which a school does not read
        "session.staff": {_CO, _SC},
        "session.cancel": {_CO, _SC},
        "attendance.confirm": {_CO, _SC},
        "session.override": {_CO},  # book for a mentor against a cap, with a reason
        "request.view": {_CO, _SL, _SC},
        "request.write": {_SC},
        "request.decide": {_CO},
        "exclusion.manage": {_CO, _SL},
        "calendar.manage": {_CO},  # days without lessons
        "hours.correct": {_CO},
        "hours.close": {_CO},
        "hours.export": {_CO, _AU},
        "feedback.give": {_SC},  # for the school; a mentor gives his own
        "feedback.view": {_CO, _SL},
        "reliability.view": {_CO, _SL},
        # the house
        "log.view": {_AU, _SL},
        "status.view": {_SA, _SL, _AU},  # servers, jobs, how many letters
        "letters.view": {_SA},
        "letters.failed": {_CO, _SL, _SA},  # what did not arrive, and "send again"
        "nightly.run": {_SA},
        "account.manage": {_SA},
        "import.use": {_CO, _SA},  # the page of imports; which kinds say the next three
        "import.schools": {_SA},
        "import.organisations": {_SA},
        "import.members": {_CO, _SA},
        "role.confirm": {_SA, _SL},  # the page of roles that two people give
        "components.view": {_SL, _SA, Role.EDITOR, Role.SPECIALIST},  # what pages are made of
    }.items()
}

GIVEN_BY_TWO = frozenset({_SL, _AM, _AU, _SA})  # one proposes, another confirms
NEVER_EMPTY = frozenset({_SL, _SA})  # the last of each stays
OF_CASES = frozenset({_CO, _SL, _AM, _IV})  # who reads of people and decides about them

# Each enters the CMS in its group: editors write, specialists approve and take back.
CMS_GROUPS = {Role.EDITOR: "CMS", Role.ADMINISTRATOR: "CMS", Role.SPECIALIST: "CMS specialists"}
CMS_ROLES = frozenset(CMS_GROUPS)


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Where a record belongs, for comparison with a grant's reach. `subject_id` is the account of the person it is about."""

    district_id: int | None = None
    school_id: int | None = None
    subject_id: int | None = None


EVERYWHERE = Reach()


def has_role(user: User, *roles: str) -> bool:
    return user.is_authenticated and any(grant.role in roles for grant in user.grants)


def is_staff(user: User) -> bool:
    """Whether the second factor is demanded and the staff pages are offered."""
    return user.is_authenticated and (user.is_superuser or bool(user.grants))


def mixes_duties(user: User) -> bool:
    """Whether an administrator works on cases too: allowed in a small office, and seen by himself and by auditors."""
    return has_role(user, _SA) and has_role(user, *OF_CASES)


def allows(user: User, permission: str, reach: Reach = EVERYWHERE) -> bool:
    """Whether a grant in force gives `permission` where `reach` lies; `EVERYWHERE` asks whether it does anywhere at all.
    Nobody has a permission over his own record."""
    if not user.is_authenticated or (reach.subject_id is not None and reach.subject_id == user.pk):
        return False
    roles = PERMISSIONS[permission]
    return any(grant.role in roles and (reach is EVERYWHERE or _covers(grant, reach)) for grant in user.grants)


def _covers(grant, reach: Reach) -> bool:
    """A grant for a district or a school covers what is known to lie in it; what lies nowhere is the oblast's."""
    return grant.district_id in (None, reach.district_id) and grant.school_id in (None, reach.school_id)


def within(user: User, permission: str, *, district: str | None = None, school: str | None = None) -> models.Q:
    """A condition for querysets: rows whose `district` and `school` lookups lie in the reach of `user`'s grants."""
    nothing = models.Q(pk__in=[])
    if not user.is_authenticated:
        return nothing
    reach = nothing
    for grant in user.grants:
        if grant.role not in PERMISSIONS[permission]:
            continue
        if grant.district_id is None and grant.school_id is None:
            return ~nothing  # the whole oblast; an empty Q would vanish from `own | within(…)`
        if (grant.district_id and not district) or (grant.school_id and not school):
            continue  # these rows do not say where they lie, so a narrower grant does not reach them
        condition = models.Q()
        if grant.district_id:
            condition &= models.Q(**{district: grant.district_id})
        if grant.school_id:
            condition &= models.Q(**{school: grant.school_id})
        reach |= condition
    return reach
