"""The interview: standard questions, a protocol, a recommendation. The protocol makes the verdict of the check."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.access import Role
from portal.models import User
from portal.moves import Move
from portal.refusals import Reason
from volunteers.models import Application, Check, CheckType, Interview, Recommendation
from volunteers.reference import interview_protocol
from volunteers.services import checks, guards
from volunteers.states import FAIL, MARK_INCONCLUSIVE, VERIFY

MOVE: dict[str, Move] = {
    Recommendation.YES: VERIFY,
    Recommendation.UNSURE: MARK_INCONCLUSIVE,
    Recommendation.NO: FAIL,
}


def open_check(application: Application) -> Check | None:
    """The interview of this case that waits for its protocol."""
    waiting = application.checks.filter(check_type__code=CheckType.INTERVIEW, state__in=VERIFY.sources)
    return waiting.select_related("check_type", "person", "application").first()


@transaction.atomic
def record(
    *,
    check: Check,
    by: User,
    held_on: date | None,
    place: str,
    second_interviewer: str,
    answers: dict[str, str],
    recommendation: str,
) -> Interview:
    """Writes the protocol, encrypted, and the verdict that follows: recommended → verified from `held_on`, unsure →
    inconclusive, not recommended → failed, with a task for the safeguarding lead. `answers` has words for each
    question of `reference.interview_protocol()`, by its code.

    The interviewer must hold that role here on the day of the talk. Interviewers are appointed after their training and
    with an end: the appointment in force on that day stands for a training that was valid on it.

    Raises `NotAllowed` with what bars `by` (`checks.barred_from_verifying`) and `Refused` with all of `wrong_state`,
    `date_missing`, `issued_in_future`, `already_expired`, `not_appointed`, `place_missing`, `unanswered`,
    `recommendation_missing`.
    """
    check = guards.lock_check(check, by)
    missing = _day_problems(check, by, held_on)
    if not place.strip():
        missing.append(Reason("place_missing", _("Say where it was held, or how.")))
    words = _words(answers)
    if not all(words.values()):
        missing.append(Reason("unanswered", _("Please write down the answer to every question.")))
    move = MOVE.get(recommendation)
    if move is None:
        missing.append(Reason("recommendation_missing", _("Say what you recommend.")))
    guards.demand(
        move or VERIFY,
        check,
        by,
        reason=recommendation,
        barred=checks.barred_from_verifying(check, by),
        missing=missing,
    )
    interview = Interview(
        evidence_of=check,
        application=check.application,
        held_on=held_on,
        place=place.strip(),
        second_interviewer=second_interviewer.strip(),
        protocol_version=interview_protocol()["version"],
        recommendation=recommendation,
        recorded_by=by,
    )
    interview.answers = json.dumps(words, ensure_ascii=False)
    interview.save()
    check.issued_on = held_on
    checks.conclude(move, check, by, note="", method=CheckType.Method.MEETING_HELD)
    return interview


def _words(answers: dict[str, str]) -> dict[str, str]:
    return {
        question["code"]: answers.get(question["code"], "").strip() for question in interview_protocol()["question"]
    }


def _day_problems(check: Check, by: User, held_on: date | None) -> list[Reason]:
    method = CheckType.Method.MEETING_HELD
    wrong = checks.paper_problems(check.check_type, method=method, number="", issued_on=held_on)
    reasons = [reason for _field, reason in wrong]
    if held_on and held_on <= timezone.localdate() and not _appointed(check, by, held_on):
        reasons.append(Reason("not_appointed", _("You were not an interviewer here on that day.")))
    return reasons


def _appointed(check: Check, by: User, day: date) -> bool:
    """Whether a grant of the role, in force during some part of that day, reaches the person's district."""
    begins = timezone.make_aware(datetime.combine(day, time()))
    grants = by.role_grants.filter(role=Role.INTERVIEWER, starts_at__lt=begins + timedelta(days=1))
    return any(
        (grant.ends_at is None or grant.ends_at > begins) and grant.district_id in (None, check.person.district_id)
        for grant in grants
    )
