"""Letters on the way to a decision: one function per letter, named after what happened. None names a member of staff.

Those with words of staff wait `PROGRAMME["letter_hold_minutes"]` before they leave, and can be stopped meanwhile.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from portal import mail
from portal.models import OutgoingMessage
from volunteers.models import Appeal, Application, Approval, CheckType, Decision, Requirement
from volunteers.notifications.applicant import contact_of
from volunteers.states import CheckState

NOTICE = "volunteers/notice"
DECLINED = "volunteers/declined"
DEFERRED = "volunteers/deferred"
APPEAL_DECIDED = "volunteers/appeal_decided"
HELD = frozenset({NOTICE, DECLINED, DEFERRED, APPEAL_DECIDED})


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


def key_of(letter: str, record: Decision | Appeal) -> str:
    return f"{letter.removeprefix('volunteers/')}:{record.uuid}"


def notice(decision: Decision) -> OutgoingMessage:
    """A refusal is considered: the reasons that may be told, and until when he may answer."""
    return _held(NOTICE, decision, decision.application, _about_decision(decision))


def drop_notice(decision: Decision) -> None:
    """The refusal was dropped: a notice that still waits does not leave."""
    mail.cancel(key_of(NOTICE, decision))


def drop_waiting(application: Application) -> None:
    """The case ended otherwise: what still waits to be told him does not leave."""
    for message in OutgoingMessage.objects.filter(about=application.code, letter__in=HELD):
        mail.stop(message)


def declined(decision: Decision) -> OutgoingMessage:
    """The refusal: the reasons that may be told, and how to appeal."""
    return _held(DECLINED, decision, decision.application, _about_decision(decision))


def deferred(decision: Decision) -> OutgoingMessage:
    """Not now: what must happen, and from when he may continue."""
    return _held(DEFERRED, decision, decision.application, _about_decision(decision))


def appeal_decided(appeal: Appeal) -> OutgoingMessage:
    """What became of his appeal."""
    accepted = appeal.outcome == Appeal.Outcome.ACCEPTED
    context = {"accepted": accepted, "text": appeal.applicant_text}
    return _held(APPEAL_DECIDED, appeal, appeal.decision.application, context)


def preview(letter: str, decision: Decision) -> mail.Words:
    """The letter NOTICE, DECLINED or DEFERRED as the applicant would get it today, in his language. Writes nothing."""
    return mail.render(letter, decision.application.person.user.language, _about_decision(decision))


def _about_decision(decision: Decision) -> dict:
    today, numbers = timezone.localdate(), settings.PROGRAMME
    return {
        "role": decision.application.role,
        "reasons": [code for code in decision.reason_codes.all() if code.disclosable],
        "text": decision.applicant_text,
        "answer_until": decision.answer_until or today + timedelta(days=numbers["notice_days"]),
        "appeal_until": decision.appeal_until or today + timedelta(days=numbers["appeal_days"]),
        "defer_until": decision.defer_until,
    }


def _held(letter: str, record: Decision | Appeal, application: Application, context: dict) -> OutgoingMessage:
    return mail.queue(
        letter,
        contact_of(application.person),
        context,
        dedupe_key=key_of(letter, record),
        action=("my_home",),
        about=application.code,
        due_at=timezone.now() + timedelta(minutes=settings.PROGRAMME["letter_hold_minutes"]),
    )
