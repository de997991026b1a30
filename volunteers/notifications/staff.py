"""Letters that follow what staff do: one function per letter, named after what happened. None names a member of staff."""

from __future__ import annotations

from datetime import date

from portal import mail
from portal.models import OutgoingMessage
from volunteers.models import Application, Approval, Check, CheckType, Decision, Requirement, Suspension
from volunteers.notifications.applicant import contact_of
from volunteers.states import CheckState


def accepted(application: Application) -> OutgoingMessage:
    """The checks begin: what he brings himself, in his language."""
    asked = application.checks.filter(state=CheckState.REQUESTED, check_type__provided_by_applicant=True)
    return mail.queue(
        "volunteers/accepted",
        contact_of(application.person),
        {"check_types": [check.check_type for check in asked.select_related("check_type")]},
        dedupe_key=f"accepted:{application.uuid}",
        action=("my_home",),
        about=application.code,
    )


def approved(application: Application, approval: Approval) -> OutgoingMessage:
    """The decision, and what is left before the first session."""
    left = CheckType.objects.filter(
        pk__in=application.policy.requirements.filter(stage=Requirement.Stage.ONBOARDING).values("check_type")
    )
    return mail.queue(
        "volunteers/approved",
        contact_of(application.person),
        {"role": application.role, "valid_to": approval.valid_to, "left": list(left)},
        dedupe_key=f"approved:{approval.decision.uuid}",
        action=("my_home",),
        about=application.code,
    )


def sent_back(decision: Decision) -> OutgoingMessage:
    """To the proposer: the second person wants another look. The note stands in the case, not in the letter."""
    return mail.queue(
        "volunteers/sent_back",
        decision.proposed_by,
        {"code": decision.application.code},
        dedupe_key=f"sent_back:{decision.uuid}",
        action=("staff_application", decision.application.uuid),
        about=decision.application.code,
    )


def check_renew(check: Check, ends_on: date) -> OutgoingMessage:
    """A paper ends soon; a fresh one can be handed in now while the old one still counts."""
    return mail.queue(
        "volunteers/check_renew",
        contact_of(check.person),
        {"check_type": check.check_type, "ends_on": ends_on},
        dedupe_key=f"check_renew:{check.uuid}",
        action=("my_check", check.uuid),
        about=check.code,
    )


def suspended(suspension: Suspension) -> OutgoingMessage:
    """Neutral; the reason's own words only where they may be disclosed."""
    reason = suspension.reason_code
    return mail.queue(
        "volunteers/suspended",
        contact_of(suspension.person),
        {"reason": reason if reason.disclosable else None},
        dedupe_key=f"suspended:{suspension.uuid}",
        action=("my_home",),
        about=suspension.code,
    )


def suspension_lifted(suspension: Suspension) -> OutgoingMessage:
    return mail.queue(
        "volunteers/suspension_lifted",
        contact_of(suspension.person),
        {},
        dedupe_key=f"suspension_lifted:{suspension.uuid}",
        action=("my_home",),
        about=suspension.code,
    )
