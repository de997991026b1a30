"""A consent is taken back. What cannot go on without it ends by the services that end it otherwise, never silently."""

from __future__ import annotations

from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal import audit
from portal.models import User
from portal.refusals import NotAllowed, Reason, Refused
from volunteers.models import Acceptance, AgreementVersion, ExitRecord, Person, Withdrawal
from volunteers.notifications import own_data as letters
from volunteers.services import agreements, answers, applications, guards, leaving


class Consent(NamedTuple):
    """A text that holds for him: its newest accepted version, when and in which language; whether he can do without."""

    code: str
    version: AgreementVersion
    language: str
    at: object
    needed: bool


def given(person: Person) -> list[Consent]:
    """The consents that hold, each text once, the newest first."""
    needed = needed_codes()
    newest: dict[str, Acceptance] = {}
    for row in person.acceptances.standing().select_related("version__agreement"):
        newest.setdefault(row.version.agreement.code, row)
    return [Consent(code, row.version, row.language, row.at, code in needed) for code, row in newest.items()]


def needed_codes() -> set[str]:
    """The texts without which nobody applies or serves."""
    return {*answers.CONSENTS, *agreements.demanded_codes()}


@transaction.atomic
def withdraw_consent(*, person: Person, code: str, by: User) -> None:
    """His acceptances of the text `code` count no more from now on, and he gets a letter. Where nobody applies or serves
    without it, open applications are withdrawn and his service ends, as if he had asked for that himself; what is kept
    already is not deleted by this. Raises `NotAllowed` (`not_yours`) and `Refused` (`not_given`)."""
    if person.user_id != by.pk:
        raise NotAllowed(Reason("not_yours", _("Only the person himself takes back a consent.")))
    person = guards.lock_person(person.pk)
    rows = list(person.acceptances.standing().filter(version__agreement__code=code).select_related("version"))
    if not rows:
        raise Refused(Reason("not_given", _("This consent does not hold: it was not given, or is taken back already.")))
    Withdrawal.objects.bulk_create(Withdrawal(acceptance=row) for row in rows)
    ends = code in needed_codes()
    audit.record(person, "consent.withdraw", by, agreement=code, version=rows[0].version.number, ends=ends)
    if ends:
        end_all(person, by)
    letters.consent_withdrawn(person, rows[0].version, ends=ends)


def end_all(person: Person, by: User) -> None:
    """Ends what he does here: his service if he serves, every open application. The caller holds his lock."""
    if person.approvals.exists() and not leaving.has_left(person):
        leaving.leave(person=person, by=by, reason=ExitRecord.Reason.OWN_WISH)
    for application in person.applications.open():
        applications.withdraw(application=application, by=by)
