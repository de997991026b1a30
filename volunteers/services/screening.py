"""What every application is looked up in when its contact is confirmed: the do-not-engage list, people of the same name
and birth date, and what became of the same person before. A hit puts the case on hold; the applicant and the coordinator
learn nothing of it."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from portal import crypto
from volunteers.models import Application, DoNotEngage, ExitRecord, Hold, Person
from volunteers.services import holds
from volunteers.states import ApplicationState


def normalised(*names: str) -> str:
    """Names as they are compared: lower case, single spaces, «ё» as «е»."""
    return " ".join(" ".join(names).lower().replace("ё", "е").split())


def name_hash(family_name: str, given_name: str, birth_date: date) -> str:
    """The keyed hash of somebody's names and birth date; patronymics are left out, they are often missing."""
    return crypto.lookup_hash(f"{normalised(family_name, given_name)}:{birth_date.isoformat()}", "name")


def listed(person: Person) -> list[DoNotEngage]:
    """The entries of the do-not-engage list in force that fit by identification number, or by names and birth date."""
    fits = Q(pk__in=[])
    if person.iin_hash:
        fits |= Q(iin_hash=person.iin_hash)
    if person.birth_date:
        fits |= Q(name_hash=name_hash(person.family_name, person.given_name, person.birth_date))
    return list(DoNotEngage.objects.in_force().filter(fits))


def namesakes(person: Person, among: QuerySet[Person] | None = None) -> list[Person]:
    """Others, of all people or `among` some, with the same names and birth date who have an identification number of
    their own."""
    everybody = Person.objects.all() if among is None else among
    born_then = everybody.filter(birth_date=person.birth_date, iin_hash__isnull=False).exclude(pk=person.pk)
    names = normalised(person.family_name, person.given_name)
    return [one for one in born_then if normalised(one.family_name, one.given_name) == names]


def screen(application: Application) -> None:
    """Puts an application that has just come in on hold where the lead must look first: a match with the do-not-engage
    list, else a possible duplicate, else an earlier refusal or an exit under suspicion. The caller, who confirms the
    contact (T3), holds the person's lock; the note of the hold has the codes of what was found, no words."""
    person = application.person
    found = {
        Hold.Reason.DO_NOT_ENGAGE: listed(person),
        Hold.Reason.DUPLICATE: namesakes(person),
        Hold.Reason.OTHER: _earlier(application),
    }
    reason = next((reason for reason, records in found.items() if records), None)
    if reason:
        codes = " ".join(record.code for records in found.values() for record in records)
        holds.hold(application=application, by=None, reason=reason, note=codes)


def _earlier(application: Application) -> list[Application | ExitRecord]:
    """Refusals of the same person, and exits during a suspension or for a breach of the rules."""
    person = application.person
    refused = person.applications.filter(state=ApplicationState.DECLINED).exclude(pk=application.pk)
    standards = Q(while_suspended=True) | Q(reason=ExitRecord.Reason.STANDARDS)
    return [*refused, *person.exits.filter(standards)]
