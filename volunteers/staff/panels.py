"""Parts of the case page: the answers, the decisions, the letters, the reviews."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from portal import access
from portal.models import OutgoingMessage, User
from volunteers.forms.summary import Section, read_out
from volunteers.models import Appeal, Application, ApplicationRevision, Decision, Hold, ReasonCode, Review
from volunteers.services import answers as answering
from volunteers.services import correspondence, reviews
from volunteers.services.history import gaps_in

SHOWN = ["changes", "organisation", "experience", "history", answering.QUESTION]
LETTERS_AT_MOST = 30


@dataclass(frozen=True)
class Answers:
    """What he wrote himself; facts, referees and consents have their own places. `gaps` are the months of which his
    history says nothing, first and last one; `revisions` counts what he sent."""

    sections: list[Section]
    gaps: list[tuple[date, date]]
    revisions: int


def answers(revision: ApplicationRevision | None, draft: dict) -> Answers:
    shown = {step: draft[step] for step in SHOWN if step in draft}
    gaps = [(gap.start, gap.end) for gap in gaps_in(draft, timezone.localdate())]
    return Answers(read_out(shown), gaps, revision.number if revision else 0)


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


def holds_of(application: Application) -> list[Hold]:
    """For the lead alone. None of them says why on the page: that is on a page of its own."""
    return list(application.holds.select_related("opened_by", "release_proposed_by", "released_by"))


@dataclass(frozen=True)
class LetterRow:
    """A letter about the case. The words of one that holds a code or a link are nobody's but the reader's."""

    message: OutgoingMessage
    text: str
    may_stop: bool
    may_resume: bool


def letters_about(application: Application) -> list[LetterRow]:
    """The newest `LETTERS_AT_MOST`, with the address masked by leaving it out."""
    return [
        LetterRow(
            message=message,
            text="" if message.is_secret else message.text,
            may_stop=correspondence.may_stop(message),
            may_resume=correspondence.may_resume(message, application),
        )
        for message in OutgoingMessage.objects.filter(about=application.code).order_by("-pk")[:LETTERS_AT_MOST]
    ]


@dataclass(frozen=True)
class Reviews:
    """`readable` is empty until the reader's own review is in; `count` he may always know."""

    count: int
    readable: list[Review]
    may_write: bool


def reviews_of(application: Application, by: User) -> Reviews:
    may, found = (
        access.allows(by, reviews.REVIEW, application.reach),
        list(application.reviews.select_related("reviewer")),
    )
    written = any(review.reviewer_id == by.pk for review in found)
    return Reviews(
        count=len(found),
        readable=reviews.for_reader(application, found, by) if may else [],
        may_write=may and not written and application.state in reviews.REVIEWED_IN,
    )
