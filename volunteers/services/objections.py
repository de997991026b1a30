"""The applicant's word against a refusal: his answer to the notice (T14), his appeal afterwards (T19).

Of a refusal he reads the reasons that may be disclosed and the words written for him, and nothing else of it.
"""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from portal import services
from portal.access import Role
from portal.models import StaffTask, User
from portal.refusals import Reason, Refused
from volunteers.models import Appeal, Application, Decision, ReasonCode
from volunteers.services import guards, own
from volunteers.states import ANSWER_NOTICE, APPEAL


def refusal_of(application: Application) -> Decision | None:
    """The newest confirmed refusal of a case, announced or final."""
    refusals = application.decisions.filter(outcome=Decision.Outcome.DECLINE, confirmed_at__isnull=False)
    return refusals.order_by("-confirmed_at", "-pk").first()


def told_reasons(decision: Decision) -> list[ReasonCode]:
    """The reasons that the applicant may read."""
    return list(decision.reason_codes.filter(disclosable=True))


def deferral_text(application: Application) -> str:
    """What was written for him when he was deferred last."""
    deferrals = application.decisions.filter(outcome=Decision.Outcome.DEFER, confirmed_at__isnull=False)
    newest = deferrals.order_by("-confirmed_at", "-pk").first()
    return newest.applicant_text if newest else ""


def may_answer(decision: Decision) -> bool:
    return decision.answered_at is None and not _late("answer_late", decision.answer_until)


def appeal_against(decision: Decision) -> Appeal | None:
    return Appeal.objects.filter(decision=decision).first()


def may_appeal(decision: Decision) -> bool:
    return appeal_against(decision) is None and not _late("appeal_late", decision.appeal_until)


@transaction.atomic
def answer_notice(*, application: Application, by: User, text: str) -> None:
    """Keeps what the applicant says to the announced refusal, encrypted, once, up to its last day (inclusive); the
    safeguarding leads get a task. Refuses with `wrong_state`, else with all of `answered_already`, `answer_late`,
    `text_missing`."""
    application = guards.lock_application(application, by)
    decision, missing = refusal_of(application), _no_words(text)
    own.demand(ANSWER_NOTICE, application, by)
    decision = Decision.objects.select_for_update(of=("self",)).get(pk=decision.pk)
    if decision.answered_at:
        missing.append(Reason("answered_already", _("Your answer is with us already.")))
    missing += _late("answer_late", decision.answer_until)
    if missing:
        raise Refused(*missing)
    decision.answer, decision.answered_at = text.strip(), timezone.now()
    decision.save(update_fields=["answer_sealed", "answered_at"])
    own.advance(ANSWER_NOTICE, application, by, decision=decision.code)
    services.raise_task(
        StaffTask.Kind.NOTICE_OVER,
        role=Role.SAFEGUARDING_LEAD,
        about=application.code,
        person=application.person.uuid,
        url=reverse("staff_application", args=[application.uuid]),
        district=application.person.district,
        once=decision.code,
    )


@transaction.atomic
def appeal(*, application: Application, by: User, text: str) -> Appeal:
    """The applicant asks that somebody else looks at the refusal, up to its last day (inclusive). The appeal members and
    the leads get a task; neither of the two people of the refusal will find the appeal among theirs.

    Refuses with `wrong_state`, else with all of `appealed_already`, `appeal_late`, `text_missing`."""
    application = guards.lock_application(application, by)
    decision, missing = refusal_of(application), _no_words(text)
    own.demand(APPEAL, application, by)
    if Appeal.objects.filter(decision=decision).exists():
        missing.append(Reason("appealed_already", _("Your appeal is with us already.")))
    missing += _late("appeal_late", decision.appeal_until)
    if missing:
        raise Refused(*missing)
    lodged = Appeal(
        decision=decision,
        first_proposed_by_id=decision.proposed_by_id,
        first_confirmed_by_id=decision.confirmed_by_id,
    )
    lodged.text = text.strip()
    lodged.save()
    own.advance(APPEAL, application, by, appeal=lodged.code)
    for role in (Role.APPEAL_MEMBER, Role.SAFEGUARDING_LEAD):
        services.raise_task(
            StaffTask.Kind.APPEAL,
            role=role,
            about=application.code,
            person=application.person.uuid,
            url=reverse("staff_appeal", args=[lodged.uuid]),
            district=application.person.district,
            once=f"{lodged.code}:{role}",
        )
    return lodged


def _no_words(text: str) -> list[Reason]:
    return [] if text.strip() else [Reason("text_missing", _("Please write a few words."))]


def _late(code: str, last_day: date | None) -> list[Reason]:
    if last_day is None or timezone.localdate() <= last_day:
        return []
    return [Reason(code, _("The last day for it was %(day)s.") % {"day": date_format(last_day)})]
