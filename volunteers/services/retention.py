"""When data about people leave by themselves (H6): drafts that nobody sent, cases that were closed long ago, mentors who
left long ago. Jobs of the night, each a row of `portal.retention.SCHEDULE`; a trial lists what would go and changes nothing
(`portal.nightly`)."""

from __future__ import annotations

from datetime import date, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.db.models import CharField, Exists, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from portal import audit, log_door, services
from portal.models import LogEntry, User
from portal.retention import SCHEDULE
from volunteers.models import (
    Appeal,
    Application,
    Approval,
    Concern,
    Decision,
    DoNotEngage,
    ExitRecord,
    Hold,
    Person,
    Suspension,
)
from volunteers.services import erasure, guards, screening
from volunteers.states import CLOSED, OPEN, ApplicationState

ENDED = CLOSED - {ApplicationState.APPROVED}
SAFEGUARDING_REASONS = ("conviction_bar", "court_ban", "code_breach", "pending_inquiry")
KEPT_UNTIL_AGE = 65


def erase_drafts(on: date) -> list[str]:
    """Erases drafts that were neither sent nor saved for `PROGRAMME["draft_days"]`; returns their codes. Somebody who
    has nothing else here is emptied with his draft; his account stays."""
    return [_erase_draft(draft) for draft in drafts_due(on).order_by("pk")]


def drafts_due(on: date) -> QuerySet[Application]:
    """Drafts of which nobody has saved anything for so long."""
    before = SCHEDULE["drafts"].limit(on)
    saved = LogEntry.objects.filter(
        model=Application._meta.label,
        object_id=Cast(OuterRef("pk"), CharField()),
        action="save_draft",
        at__date__gt=before,
    )
    return Application.objects.filter(
        ~Exists(saved), state=ApplicationState.DRAFT, submitted_at=None, created_at__date__lte=before
    )


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
    due = closed_due(on).order_by("pk")
    return [application.code for application in due if anonymise(application=application, on=on)]


def closed_due(on: date) -> QuerySet[Application]:
    """Cases that ended without an admission so long ago; what holds one back is asked of each (`held_back`)."""
    return Application.objects.filter(state__in=ENDED, anonymised_at=None, state_since__date__lt=_limit(on))


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
    if application.anonymised_at or application.state not in ENDED or held_back(person, on):
        return False
    _forget(application)
    if not tied(person, on):
        forget_whole(person)
    return True


def forget_whole(person: Person) -> None:
    """Empties all his cases and himself, and closes his account as `erasure.forget_person` says. None of his cases is
    open, nothing holds him back, and the caller holds his lock."""
    for application in person.applications.filter(anonymised_at=None).order_by("pk"):
        _forget(application)
    erasure.forget_person(person)


def forget_former(on: date) -> list[str]:
    """Forgets mentors whose service ended more than `PROGRAMME["former_mentor_days"]` ago; returns their codes."""
    return [person.code for person in former_due(on).order_by("pk") if _forget_former(person, on)]


def former_due(on: date) -> QuerySet[Person]:
    """Whoever was approved, not since so long ago, left no later either, and is not forgotten yet."""
    limit = SCHEDULE["mentors"].limit(on)
    lasting = Approval.objects.kept().filter(person=OuterRef("pk"), valid_to__gte=limit)
    left = ExitRecord.objects.filter(person=OuterRef("pk"), left_on__gte=limit)
    people = Person.objects.annotate(served_to=Max("approvals__valid_to"))
    return people.filter(~Exists(lasting), ~Exists(left), served_to__isnull=False).exclude(family_name="")


@transaction.atomic
def _forget_former(person: Person, on: date) -> bool:
    person = guards.lock_person(person.pk)
    if held_back(person, on) or tied(person, on):
        return False
    forget_whole(person)
    return True


def forget_allegations(on: date) -> list[str]:
    """Deletes serious concerns that were closed more than `PROGRAMME["concern_days"]` ago, of people who are 65 by then (IRMS,
    NSPCC); of whoever has no birth date here, the years alone count. Returns their codes."""
    old = [concern for concern in allegations_due(on).select_related("person") if _is_of_age(concern.person, on)]
    for concern in old:
        audit.record(concern, "forget", None)
        log_door.forget_reasons(Concern._meta.label, [str(concern.pk)])
        concern.delete()
    return [concern.code for concern in old]


def allegations_due(on: date) -> QuerySet[Concern]:
    """Serious concerns that were closed so long ago."""
    return Concern.objects.filter(level=Concern.Level.SERIOUS, closed_at__date__lt=SCHEDULE["allegations"].limit(on))


def _is_of_age(person: Person, on: date) -> bool:
    born = person.birth_date
    return born is None or (born.year + KEPT_UNTIL_AGE, born.month, born.day) <= (on.year, on.month, on.day)


def delete_sign_ups(on: date) -> list[str]:
    """Deletes accounts whose address nobody confirmed within `PROGRAMME["sign_up_days"]`, and their letters; returns their codes."""
    return [_delete_sign_up(user) for user in sign_ups_due(on).order_by("pk")]


def sign_ups_due(on: date) -> QuerySet[User]:
    """Accounts that were never confirmed and never used, and that nobody else made for a person or a role."""
    confirmed = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True)
    return User.objects.filter(
        ~Exists(confirmed),
        Q(email__isnull=False) | Q(phone__isnull=False),
        date_joined__date__lt=SCHEDULE["sign_ups"].limit(on),
        phone_verified=False,
        last_login=None,
        is_superuser=False,
        person=None,
        role_grants=None,
    )


@transaction.atomic
def _delete_sign_up(user: User) -> str:
    audit.record(user, "erase_sign_up", None)
    services.close_account(user=user, by=None)
    user.delete()
    return user.code


def _forget(application: Application) -> None:
    erasure.forget_case(application)
    audit.record(application, "anonymise", None, state_from=application.state, state_to=application.state)


def held_back(person: Person, on: date | None = None) -> list[str]:
    """Why nothing about `person` may be forgotten now, as codes. A serious concern holds for as long as it stands in
    the register, closed or not (`forget_allegations`); a case that was refused for the safety of children holds
    `PROGRAMME["safeguarding_refusal_days"]`, and so long whoever had to go may not come back as a stranger."""
    since = (on or timezone.localdate()) - timedelta(days=settings.PROGRAMME["safeguarding_refusal_days"])
    grave = Q(reason_codes__code__in=SAFEGUARDING_REASONS) | Q(reason_codes__disclosable=False)
    reasons = {
        "concern": Concern.objects.filter(Q(closed_at=None) | Q(level=Concern.Level.SERIOUS), person=person),
        "suspended": Suspension.objects.open().filter(person=person),
        "hold": Hold.objects.filter(application__person=person, released_at=None),
        "appeal": Appeal.objects.filter(decision__application__person=person, outcome=""),
        "refusal": Decision.objects.filter(
            grave, application__person=person, outcome=Decision.Outcome.DECLINE, confirmed_at__date__gte=since
        ),
        "dismissal": ExitRecord.objects.filter(
            Q(reason=ExitRecord.Reason.STANDARDS) | Q(may_reapply=False) | Q(while_suspended=True),
            person=person,
            left_on__gte=since,
        ),
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
    return SCHEDULE["closed_cases"].limit(on)
