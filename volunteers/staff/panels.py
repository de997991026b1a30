"""Parts of the case page: the answers, the decisions, the reviews."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from portal import access
from portal.models import User
from volunteers.forms.summary import Section, read_out
from volunteers.models import Appeal, Application, ApplicationRevision, Decision, Hold, ReasonCode
from volunteers.services import answers as answering
from volunteers.services import reviews
from volunteers.services.history import gaps_in
from volunteers.staff.attached import Line

SHOWN = ["changes", "organisation", "experience", "history", answering.QUESTION]
SENT = ("uuid", "number", "answers_sealed")  # of a revision, what its reader needs


@dataclass(frozen=True)
class Answers:
    """What he wrote himself; facts, referees and consents have their own places. `gaps` are the months of which his
    history says nothing, first and last one; `revisions` counts what he sent."""

    sections: list[Section]
    gaps: list[tuple[date, date]]
    revisions: int


def with_newest_revision(applications: QuerySet[Application]) -> QuerySet[Application]:
    newest = ApplicationRevision.objects.filter(application=OuterRef("pk")).order_by("-number")
    return applications.annotate(**{f"newest_{name}": Subquery(newest.values(name)[:1]) for name in SENT})


def newest_revision(application: Application) -> ApplicationRevision | None:
    """The one that `with_newest_revision` has loaded, to read; None while nothing was sent."""
    if application.newest_uuid is None:
        return None
    return ApplicationRevision(
        application=application, **{name: getattr(application, f"newest_{name}") for name in SENT}
    )


def answers(application: Application, revision: ApplicationRevision | None, draft: dict) -> Answers:
    """An organisation that was chosen from the list stands among the facts of the case."""
    left_out = {"organisation"} if application.organisation_id else set()
    shown = {step: draft[step] for step in SHOWN if step in draft and step not in left_out}
    gaps = [(gap.start, gap.end) for gap in gaps_in(draft, timezone.localdate())]
    return Answers(read_out(shown, for_staff=True), gaps, revision.number if revision else 0)


@dataclass(frozen=True)
class DecisionRow:
    """`told` are the reasons that the applicant reads, `internal` those that he does not."""

    decision: Decision
    told: list[ReasonCode]
    internal: list[ReasonCode]
    appeal: Appeal | None
    may_read_answer: bool


def decisions_of(application: Application) -> list[Decision]:
    """The newest first, with everything that the page says of them."""
    names = ("proposed_by", "confirmed_by", "closed_by", "appeal__decided_by")
    return list(application.decisions.select_related(*names).prefetch_related("reason_codes"))


def decision_rows(decisions: list[Decision], *, lead: bool) -> list[DecisionRow]:
    """The applicant's answer to a notice is the lead's to read, on a page of its own."""
    rows = []
    for decision in decisions:
        codes = list(decision.reason_codes.all())
        rows.append(
            DecisionRow(
                decision=decision,
                told=[code for code in codes if code.disclosable],
                internal=[code for code in codes if not code.disclosable],
                appeal=getattr(decision, "appeal", None),
                may_read_answer=lead and decision.answered_at is not None,
            )
        )
    return rows


def open_hold(holds: list[Line]) -> Hold | None:
    """The hold under which the case rests, as far as its release depends on it."""
    rests = (line for line in holds if not line.number)
    return next((Hold(uuid=line.uuid, reason=line.code, release_proposed_by_id=line.about) for line in rests), None)


@dataclass(frozen=True)
class Reviews:
    """`readable` is empty until the reader's own review is in; `count` he may always know."""

    count: int
    readable: list[Line]
    may_write: bool


def reviews_of(application: Application, by: User, found: list[Line]) -> Reviews:
    """`found` are all reviews of the case."""
    may, reviewers = access.allows(by, reviews.REVIEW, application.reach), {review.about for review in found}
    return Reviews(
        count=len(found),
        readable=found if may and reviews.may_read(application, reviewers, by) else [],
        may_write=may and by.pk not in reviewers and application.state in reviews.REVIEWED_IN,
    )
