"""How a notice of refusal ends (T14): the refusal, or another look, by somebody other than its proposer."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from portal import moves
from portal.access import Role
from portal.models import OutgoingMessage, StaffTask, User
from portal.refusals import Reason
from portal.services import raise_task, settle_task
from volunteers.models import Application, Decision
from volunteers.notifications import decisions as letters
from volunteers.services import checks, guards, references
from volunteers.states import DECLINE, RECONSIDER, ApplicationState

from .confirming import refuse


def running_notice(application: Application) -> Decision | None:
    """The confirmed refusal whose notice runs; None in every other state than `notice`."""
    if application.state != ApplicationState.NOTICE:
        return None
    return application.decisions.filter(outcome=Decision.Outcome.DECLINE, confirmed_at__isnull=False).first()


def why_not_decline(decision: Decision | None) -> list[Reason]:
    """What speaks against refusing today: `answer_awaited` while his days run and he has not answered, `notice_stopped`
    where the letter never left."""
    if decision is None:
        return []
    reasons = []
    if decision.answered_at is None and timezone.localdate() <= decision.answer_until:
        text = _("The applicant may answer until %(date)s.") % {"date": date_format(decision.answer_until)}
        reasons.append(Reason("answer_awaited", text))
    stopped = OutgoingMessage.objects.filter(
        dedupe_key=letters.key_of(letters.NOTICE, decision), state=OutgoingMessage.State.CANCELLED
    )
    if stopped.exists():
        text = _("The notice was stopped and never reached the applicant. Send it after all, or consider anew.")
        reasons.append(Reason("notice_stopped", text))
    return reasons


@transaction.atomic
def decline(*, application: Application, by: User, reason: str) -> Decision:
    """Refuses after the notice: the applicant has answered, or his last day is over. `reason` is the note on the answer,
    for staff. He gets a letter with the reasons and how to appeal, for `PROGRAMME["appeal_days"]` days.

    Raises `NotAllowed` with what bars `by` (`guards.may_close`) and `Refused` with all of `wrong_state`,
    `reason_missing`, `answer_awaited`, `notice_stopped`.
    """
    application = guards.lock_application(application, by)
    decision = running_notice(application)
    barred = guards.may_close(application, decision, by)
    guards.demand(DECLINE, application, by, reason=reason, barred=barred, missing=why_not_decline(decision))
    refuse(application, decision, by, reason.strip())
    moves.advance(DECLINE, application, by, decision=decision.code)
    settle_task(StaffTask.Kind.NOTICE_OVER, once=decision.code, by=by)
    letters.declined(decision)
    return decision


@transaction.atomic
def reconsider(*, application: Application, by: User, reason: str) -> None:
    """The refusal is dropped, at any time of the notice; the case is ready for another proposal, and what
    was not asked for before the refusal is asked for now. Raises as `decline` does, but waits for no answer."""
    application = guards.lock_application(application, by)
    decision = running_notice(application)
    barred = guards.may_close(application, decision, by)
    guards.demand(RECONSIDER, application, by, reason=reason, barred=barred)
    decision.closed_by, decision.closed_at, decision.closing_note = by, timezone.now(), reason.strip()
    decision.save(update_fields=["closed_by", "closed_at", "closing_note"])
    moves.advance(RECONSIDER, application, by, decision=decision.code)
    settle_task(StaffTask.Kind.NOTICE_OVER, once=decision.code, by=by)
    letters.drop_notice(decision)
    checks.request(application=application)
    references.ask(application=application, by=by)


def notices_over(on: date) -> list[str]:
    """A job of the night: a task for the safeguarding leads where nobody answered and the last day lies before `on`.
    Safe to repeat; returns the codes of the cases that it found for the first time."""
    over = Decision.objects.filter(
        application__state=ApplicationState.NOTICE,
        confirmed_at__isnull=False,
        closed_at=None,
        answered_at=None,
        answer_until__lt=on,
    ).select_related("application__person__district")
    told = set(StaffTask.objects.filter(kind=StaffTask.Kind.NOTICE_OVER).values_list("dedupe_key", flat=True))
    codes = []
    for decision in over:
        task = raise_task(
            StaffTask.Kind.NOTICE_OVER,
            role=Role.SAFEGUARDING_LEAD,
            about=decision.application.code,
            person=decision.application.person.uuid,
            url=reverse("staff_application", args=[decision.application.uuid]),
            district=decision.application.person.district,
            once=decision.code,
        )
        if task.dedupe_key not in told:
            codes.append(decision.application.code)
    return codes
