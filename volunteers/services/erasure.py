"""What is emptied when a case or a person is forgotten: tables of columns, so that a test can compare them with the models.

What stays: codes, states, dates, reason codes, counts, the log's codes, who of the staff acted. Rows stay too; most
of them are append-only for everybody else, and this module alone goes round that with `update()` (in the log through `portal.log_door`), because the law on
personal data (94-V, art. 18) asks that words about a person end with their purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from portal import audit, files, log_door, mail
from portal.models import OutgoingMessage, User
from portal.services import close_account
from volunteers.models import (
    Appeal,
    Application,
    ApplicationRevision,
    Check,
    CheckEvidence,
    Concern,
    Decision,
    Exemption,
    ExitRecord,
    Hold,
    InfoRequest,
    Interest,
    Interview,
    Invitation,
    Person,
    RefereeRequest,
    ReferenceResponse,
    Review,
    RiskAssessment,
    SearchLog,
    SelfDisclosure,
    Suspension,
    TrainingRecord,
)
from volunteers.services import checks

NO_ANSWERS = object()  # an empty form, sealed as answers are: pages read JSON out of these columns
# model, the way from it to the case, what its columns become
OF_CASE: list[tuple[type[models.Model], str, dict]] = [
    (ApplicationRevision, "application", {"answers_sealed": NO_ANSWERS}),
    (InfoRequest, "application", {"items": []}),
    (Hold, "application", {"note_sealed": None, "release_note_sealed": None}),
    (Check, "application", {"number": "", "issuer": "", "result_note_sealed": None}),
    (SearchLog, "evidence_of__application", {"terms_hash": ""}),
    (Interview, "application", {"place": "", "second_interviewer": "", "answers_sealed": NO_ANSWERS}),
    (SelfDisclosure, "application", {"signed_name": "", "answers_sealed": NO_ANSWERS}),
    (RefereeRequest, "application", {"name": "", "organisation": "", "email": "", "phone": "", "token_hash": None}),
    (ReferenceResponse, "request__application", {"answers_sealed": NO_ANSWERS}),
    (Review, "application", {"scores": {}, "note_sealed": None}),
    (Decision, "application", {"rationale": "", "applicant_text": "", "closing_note": "", "answer_sealed": None}),
    (Appeal, "decision__application", {"text_sealed": b"", "applicant_text": ""}),
]
# The same for what belongs to the person himself.
OF_PERSON: list[tuple[type[models.Model], str, dict]] = [
    (Check, "person", {"number": "", "issuer": "", "result_note_sealed": None}),
    (SearchLog, "evidence_of__person", {"terms_hash": ""}),
    (Interview, "evidence_of__person", {"place": "", "second_interviewer": "", "answers_sealed": NO_ANSWERS}),
    (SelfDisclosure, "evidence_of__person", {"signed_name": "", "answers_sealed": NO_ANSWERS}),
    (Exemption, "person", {"reason": ""}),
    (RiskAssessment, "person", {"activity": "", "supervision": "", "known_sealed": b""}),
    (Suspension, "person", {"note": ""}),
    (ExitRecord, "person", {"note_sealed": None}),
    (Concern, "person", {"text_sealed": None, "action_sealed": None, "outcome_sealed": None, "referred_to": ""}),
]
CASE = {
    "answers_sealed": None,
    "opinion_sealed": None,
    "contact_code_hash": "",
    "candidate_token_hash": None,
}
PERSON = {
    "family_name": "",
    "given_name": "",
    "patronymic": "",
    "previous_names": "",
    "birth_date": None,
    "iin_sealed": None,
    "iin_hash": None,
    "email": "",
    "phone": "",
    "contact_confirmed_at": None,
    "photo_name": "",
    "photo_key": None,
    "photo_mime": "",
}
WITHOUT_WORDS = "–"  # where the database demands a word, e.g. beside a failed training


def forget_case(application: Application) -> None:
    """Empties one case, its papers and its letters. The caller holds the locks and writes the log."""
    _purge_papers(CheckEvidence.objects.filter(evidence_of__application=application))
    records = [application, *_empty(OF_CASE, application)]
    _forget_words_of(records)
    Application.objects.filter(pk=application.pk).update(**CASE, anonymised_at=timezone.now())


_listeners: list[Callable[[Person], None]] = []


def when_forgotten(listener: Callable[[Person], None]) -> None:
    """Registers what an app above must empty of its own when a person is forgotten, in the same transaction."""
    _listeners.append(listener)


def forget_person(person: Person) -> None:
    """Empties somebody of whom nothing is needed any more, and closes his account unless he works here or speaks for an organisation. All his cases
    are forgotten before. The caller holds the lock."""
    _purge_papers(CheckEvidence.objects.filter(evidence_of__person=person))
    forget_photo(person)
    records = [person, *_empty(OF_PERSON, person)]
    TrainingRecord.objects.filter(person=person).exclude(note="").update(note=WITHOUT_WORDS)
    _forget_words_of(records)
    mail.forget(OutgoingMessage.objects.filter(address__in=_contacts(person, person.user)))
    forget_outreach(person, person.user)
    person.memberships.all().delete()
    person.languages.clear()
    for listener in _listeners:
        listener(person)
    Person.objects.filter(pk=person.pk).update(**PERSON)
    if person.user and not (person.user.role_grants.in_force().exists() or person.user.endorses.exists()):
        close_account(user=person.user, by=None)
    audit.record(person, "forget", None)


def forget_outreach(person: Person | None, user: User | None) -> None:
    """Deletes his wish to be called back and the invitations to him, found by where he is reached."""
    contacts = _contacts(person, user)
    Interest.objects.filter(phone__in=contacts).delete()
    invited = Q(email__in=contacts) | Q(phone__in=contacts)
    Invitation.objects.filter(invited | Q(accepted_by=user) if user else invited).delete()


def _contacts(person: Person | None, user: User | None) -> set[str]:
    return {contact for who in (person, user) if who for contact in (who.email, who.phone) if contact}


def forget_photo(person: Person) -> None:
    """Destroys the key of the picture, and the file on commit. The caller holds the lock."""
    if person.photo_name:
        transaction.on_commit(partial(files.erase, person.photo_name), robust=True)
    person.photo_name, person.photo_key, person.photo_mime = "", None, ""
    person.save(update_fields=["photo_name", "photo_key", "photo_mime"])


def _purge_papers(papers) -> None:
    for pk in papers.filter(purged_at=None).values_list("pk", flat=True):
        checks.purge(pk)


def _empty(table: list, owner: models.Model) -> Iterator[models.Model]:
    """Empties the columns of the table's rows that belong to `owner`, and yields the rows."""
    for model, path, columns in table:
        rows = list(model.objects.filter(**{path: owner}))
        yield from rows
        blank = {name: value for name, value in columns.items() if value is not NO_ANSWERS}
        model.objects.filter(pk__in=[row.pk for row in rows]).update(**blank)
        for row in rows if len(blank) < len(columns) else []:
            row.answers = "{}"
            model.objects.filter(pk=row.pk).update(answers_sealed=row.answers_sealed)


def _forget_words_of(records: list[models.Model]) -> None:
    """The reasons that staff wrote into the log of these records, and the letters about them."""
    for model in {type(record) for record in records}:
        ids = [str(record.pk) for record in records if type(record) is model]
        log_door.forget_reasons(model._meta.label, ids)
    mail.forget(OutgoingMessage.objects.filter(about__in=[getattr(record, "code", "-") for record in records]))
