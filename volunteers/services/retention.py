"""When data about people leave by themselves (H6): drafts that nobody sent, cases that were closed long ago. Jobs of the
night; a trial lists what would go and changes nothing (`portal.nightly`)."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from portal import audit
from portal.models import LogEntry
from volunteers.models import Appeal, Application, Approval, Concern, DoNotEngage, Hold, Person, Suspension
from volunteers.services import erasure, guards, screening
from volunteers.states import CLOSED, OPEN, ApplicationState

ENDED = CLOSED - {ApplicationState.APPROVED}


def erase_drafts(on: date) -> list[str]:
    """Erases drafts that were neither sent nor saved for `PROGRAMME["draft_days"]`; returns their codes. Somebody who
    has nothing else here is emptied with his draft; his account stays."""
    before = on - timedelta(days=settings.PROGRAMME["draft_days"])
    saved = LogEntry.objects.filter(
        model=Application._meta.label,
        object_id=Cast(OuterRef("pk"), CharField()),
        action="save_draft",
        at__date__gt=before,
    )
    drafts = Application.objects.filter(
        ~Exists(saved), state=ApplicationState.DRAFT, submitted_at=None, created_at__date__lte=before
    )
    return [_erase_draft(draft) for draft in drafts.order_by("pk")]


@transaction.atomic
def _erase_draft(draft: Application) -> str:
    person = guards.lock_person(draft.person_id)
    audit.record(draft, "erase_draft", None)
    code = draft.code
    draft.conflict_declarations.all().delete()
    draft.delete()
    if not person.applications.exists():
        Person.objects.filter(pk=person.pk).update(**erasure.PERSON)
    return code


def anonymise_closed(on: date) -> list[str]:
    """Forgets what was declined, withdrawn or closed for silence more than `PROGRAMME["anonymise_declined_days"]` ago;
    returns the codes of the cases. Safe to repeat."""
    due = Application.objects.filter(state__in=ENDED, anonymised_at=None, state_since__date__lt=_limit(on))
    return [application.code for application in due.order_by("pk") if anonymise(application=application, on=on)]


@transaction.atomic
def anonymise(*, application: Application, on: date | None = None) -> bool:
    """Empties a closed case: answers, referees and their words, the interview, papers, the words of the decision,
    letters. Where nothing else ties the person to the programme, all his former cases, his name, number, contacts and
    his account go with it. Codes, dates, reason codes and the log stay; so does the do-not-engage list.

    False, and nothing is changed, while something holds it back (`held_back`) or it was done before.
    """
    on = on or timezone.localdate()
    person = guards.lock_person(application.person_id)
    application = Application.objects.select_for_update(of=("self",)).get(pk=application.pk)
    if application.anonymised_at or application.state not in ENDED or held_back(person):
        return False
    _forget(application)
    if not tied(person, on):
        for former in person.applications.filter(anonymised_at=None).order_by("pk"):
            _forget(former)
        erasure.forget_person(person)
    return True


def _forget(application: Application) -> None:
    erasure.forget_case(application)
    audit.record(application, "anonymise", None, state_from=application.state, state_to=application.state)


def held_back(person: Person) -> list[str]:
    """Why nothing about `person` may be forgotten now, as codes. A serious concern holds for as long as it stands in
    the register, closed or not: allegations are kept ten years at least (docs/decisions/0006)."""
    reasons = {
        "concern": Concern.objects.filter(Q(closed_at=None) | Q(level=Concern.Level.SERIOUS), person=person),
        "suspended": Suspension.objects.filter(person=person, lifted_at=None),
        "hold": Hold.objects.filter(application__person=person, released_at=None),
        "appeal": Appeal.objects.filter(decision__application__person=person, outcome=""),
    }
    codes = [code for code, rows in reasons.items() if rows.exists()]
    waiting = DoNotEngage.objects.listed().filter(iin_hash=person.iin_hash or "-")  # for the second person, say
    return [*codes, "listed"] if waiting.exists() or screening.listed(person) else codes


def tied(person: Person, on: date) -> bool:
    """Whether he applies, applied lately, or served lately: then he keeps his name, and only the old case is forgotten."""
    lately = Q(state__in=OPEN) | Q(state__in=ENDED, state_since__date__gte=_limit(on))
    approvals: QuerySet = Approval.objects.filter(person=person)
    return person.applications.filter(lately).exists() or approvals.filter(valid_to__gte=_limit(on)).exists()


def _limit(on: date) -> date:
    return on - timedelta(days=settings.PROGRAMME["anonymise_declined_days"])
