"""The files of checks: kept encrypted, marked for erasure once they are not needed, erased at night."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Count, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import audit, files
from portal.models import User
from portal.refusals import Reason
from volunteers.models import Application, Check, CheckEvidence
from volunteers.states import OPEN

# Of one person, at a time; a whole case has some twenty papers.
MOST_FILES, MOST_BYTES = 100, 500 * 1024**2


def no_room(check: Check, size: int) -> Reason | None:
    """Why one more file of `size` bytes cannot be kept: so many, or so much, of this person lies here already."""
    lying = CheckEvidence.objects.filter(evidence_of__person=check.person_id, purged_at=None)
    kept = lying.aggregate(files=Count("pk"), size=Sum("size", default=0))
    if kept["files"] < MOST_FILES and kept["size"] + size <= MOST_BYTES:
        return None
    return Reason("no_room", _("Too many files of this person are kept here already. Please ask the coordinator."))


def keep(check: Check, upload: tuple[bytes, str], by: User) -> None:
    """A rolled-back transaction leaves an encrypted file whose only key was in the row: nobody can read it."""
    stored = files.store(*upload)
    CheckEvidence.objects.create(
        evidence_of=check,
        stored_name=stored.name,
        sealed_key=stored.sealed_key,
        sha256=stored.sha256,
        mime=stored.mime,
        size=stored.size,
        uploaded_by=by,
    )


@transaction.atomic
def mark_papers_for_erasure(application: Application) -> None:
    """The case is over, however it ended: each of its papers is erased so many days from today as its type says
    (`purge_after_days`). Days that were set before stay."""
    _mark(CheckEvidence.objects.filter(evidence_of__application=application))


def mark_settled(check: Check) -> None:
    """A verdict was given outside an open case: no decision will come, so its papers are kept from now on only so long
    as the type says."""
    if check.application is None or check.application.state not in OPEN:
        _mark(check.evidence.all())


def _mark(papers) -> None:
    today = timezone.localdate()
    for paper in papers.filter(purge_after=None, purged_at=None).select_related("evidence_of__check_type"):
        paper.purge_after = today + timedelta(days=paper.evidence_of.check_type.purge_after_days)
        paper.save(update_fields=["purge_after"])


def purge_papers(on: date) -> list[str]:
    """Erases the files whose day has come; what they were, and who vouched for them, stays. Safe to repeat; returns the
    codes of the papers. A job of the night."""
    due = papers_due(on).values_list("pk", flat=True)
    return [paper.code for pk in list(due) if (paper := purge(pk))]


def papers_due(on: date) -> QuerySet[CheckEvidence]:
    return CheckEvidence.objects.filter(purged_at=None, purge_after__lte=on)


@transaction.atomic
def purge(pk: int) -> CheckEvidence | None:
    """Destroys the key of one file at once, in every backup, and the file itself on commit; None when that is done."""
    paper = CheckEvidence.objects.select_for_update().filter(pk=pk, purged_at=None).first()
    if paper is None:
        return None
    paper.sealed_key, paper.purged_at = None, timezone.now()
    paper.save(update_fields=["sealed_key", "purged_at"])
    audit.record(paper, "purge", None)
    transaction.on_commit(partial(files.erase, paper.stored_name), robust=True)
    return paper
