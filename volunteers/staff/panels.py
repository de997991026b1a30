"""Parts of the case page: the answers, the decisions, the letters, the reviews."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from portal import access
from portal.models import OutgoingMessage, User
from volunteers.forms.summary import Section, read_out
from volunteers.models import Appeal, Application, Decision, ReasonCode, Review
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


def answers(application: Application) -> Answers:
    revision = application.revisions.last()
    draft = json.loads(revision.answers) if revision else {}
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


def decisions_of(application: Application, *, lead: bool) -> list[DecisionRow]:
    """The newest first. The applicant's answer to a notice is the lead's to read, on a page of its own."""
    found = application.decisions.select_related(
        "proposed_by", "confirmed_by", "closed_by", "appeal__decided_by"
    ).prefetch_related("reason_codes")
    rows = []
    for decision in found:
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
    may = access.allows(by, reviews.REVIEW, application.reach)
    return Reviews(
        count=application.reviews.count(),
        readable=list(reviews.readable(application, by)) if may else [],
        may_write=may and not reviews.why_not(application, by),
    )
