"""What several readers make of the answers, each for himself: nobody reads another's review before his own is in."""

from __future__ import annotations

from collections.abc import Mapping, Set

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal import access, audit
from portal.models import User
from portal.refusals import Reason, Refused
from volunteers.models import Application, Recommendation, Review
from volunteers.services import guards
from volunteers.states import ApplicationState

REVIEW = "application.review"
CRITERIA = {
    "motivation": _("Motives: why this person wants to help"),
    "experience": _("Experience of life and work to pass on"),
    "boundaries": _("Respect for boundaries and rules"),
    "words": _("Plain and kind words, fit for young people"),
}
SCORES = {1: _("weak"), 2: _("rather weak"), 3: _("good"), 4: _("very good")}
REVIEWED_IN = frozenset(
    {ApplicationState.SCREENING, ApplicationState.MORE_INFO, ApplicationState.ASSESSMENT, ApplicationState.DECISION}
)


def why_not(application: Application, by: User) -> list[Reason]:
    """What speaks against a review by `by` today: `closed` to reviews, `already_reviewed`."""
    reasons = []
    if application.state not in REVIEWED_IN:
        reasons.append(Reason("closed", _("Reviews are written before something is proposed.")))
    if application.reviews.filter(reviewer=by).exists():
        reasons.append(Reason("already_reviewed", _("Your review is in already.")))
    return reasons


@transaction.atomic
def submit(*, application: Application, by: User, scores: Mapping[str, int], note: str, recommendation: str) -> Review:
    """Writes the one review of `by`, pinned to the newest revision of the answers. It is never changed; the note is kept
    encrypted.

    Raises `NotAllowed` (`not_yours`, and what `guards.may_decide` finds) and `Refused` with all of `closed`,
    `already_reviewed`, `score_missing` (one of 1 to 4 for each of `CRITERIA`), `recommendation_missing`.
    """
    application = guards.lock_application(application, by)
    guards.demand_permission(REVIEW, application.reach, by, barred=guards.may_decide(application, by))
    missing = why_not(application, by)
    if set(scores) != set(CRITERIA) or not set(scores.values()) <= set(SCORES):
        missing.append(Reason("score_missing", _("Give one of the four marks for each question.")))
    if recommendation not in Recommendation.values:
        missing.append(Reason("recommendation_missing", _("Say what you recommend.")))
    if missing:
        raise Refused(*missing)
    review = Review(
        application=application,
        revision=application.revisions.last(),
        reviewer=by,
        scores=dict(scores),
        recommendation=recommendation,
    )
    review.note = note.strip()
    review.save()
    audit.record(application, "review", by, review=review.code, revision=review.revision.number)
    return review


def readable(application: Application, by: User) -> list[Review]:
    """The reviews that `by` may read: all of them once his own is in, or, for a safeguarding lead, once nobody writes any
    more; before that none."""
    found = list(application.reviews.select_related("reviewer", "revision"))
    return found if may_read(application, {review.reviewer_id for review in found}, by) else []


def may_read(application: Application, reviewers: Set[int], by: User) -> bool:
    """The same of a case of which only the reviewers (primary keys) are known."""
    over = application.state not in REVIEWED_IN and access.allows(by, "application.sensitive", application.reach)
    return over or by.pk in reviewers
