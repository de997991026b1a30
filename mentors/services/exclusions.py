"""What keeps a mentor from a school, or two mentors from each other (I6, I8)."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mentors.models import Exclusion
from portal import access, audit
from portal.models import School, User
from portal.refusals import NotAllowed, Reason, Refused
from volunteers.models import Person
from volunteers.services import guards

WHY_AT_LEAST = 10  # characters

_listeners: list[Callable[[Exclusion], None]] = []


def when_added(listener: Callable[[Exclusion], None]) -> None:
    """Registers what an app above must undo when somebody is excluded: visits that are booked across it."""
    _listeners.append(listener)


@transaction.atomic
def add_exclusion(
    *, person: Person, by: User, kind: str, why: str, school: School | None = None, other: Person | None = None
) -> Exclusion:
    """Keeps `person` from a school, or apart from another mentor, or notes that the two are relatives. What is in force
    already, named from either side, is returned as it is. `why` is sealed: the safeguarding lead alone reads it. Later
    visits across it are released at once (`when_added`).

    Refuses with all of: why_missing (fewer than `WHY_AT_LEAST` characters), target (a school for the kind school, another
    mentor for the other two), same (himself); `NotAllowed` not_yours (out of reach, or about `by` himself);
    `Person.DoesNotExist` for another mentor out of reach.
    """
    ids = sorted({person.pk, other.pk} if other else {person.pk})
    people = {pk: guards.lock_person(pk) for pk in ids}
    person, other = people[person.pk], people[other.pk] if other else None
    _demand(person, other, by)
    if there := _in_force(person, kind, school, other):
        return there
    if reasons := _against(person, kind, why, school, other):
        raise Refused(*reasons)
    exclusion = Exclusion(person=person, kind=kind, school=school, other=other, created_by=by)
    exclusion.why = why.strip()
    exclusion.save()
    audit.record(exclusion, "exclusion.add", by, kind=kind, about=person.code)
    for listener in _listeners:
        listener(exclusion)
    return exclusion


@transaction.atomic
def end_exclusion(*, exclusion: Exclusion, by: User) -> Exclusion:
    """Ends it from now on; the row stays. A repeated call changes nothing. Raises `Exclusion.DoesNotExist` for one out
    of reach or about `by` himself."""
    exclusion = Exclusion.objects.visible_to(by).select_for_update(of=("self",)).get(pk=exclusion.pk)
    if exclusion.ended_at is None:
        exclusion.ended_at, exclusion.ended_by = timezone.now(), by
        exclusion.save(update_fields=["ended_at", "ended_by"])
        audit.record(exclusion, "exclusion.end", by, kind=exclusion.kind, about=exclusion.person.code)
    return exclusion


def _demand(person: Person, other: Person | None, by: User) -> None:
    own = other is not None and other.user_id == by.pk
    if own or not access.allows(by, "exclusion.manage", person.reach):
        raise NotAllowed(Reason("not_yours", _("Your role does not make this step in this case.")))
    if other is not None:
        Person.objects.for_staff(by).get(pk=other.pk)


def _in_force(person: Person, kind: str, school: School | None, other: Person | None) -> Exclusion | None:
    same = Q(person=person, school=school, other=other)
    if other is not None:
        same |= Q(person=other, school=None, other=person)
    return Exclusion.objects.in_force().filter(same, kind=kind).first()


def _against(person: Person, kind: str, why: str, school: School | None, other: Person | None) -> list[Reason]:
    reasons = []
    if len(why.strip()) < WHY_AT_LEAST:
        reasons.append(Reason("why_missing", _("Please write why, in a few words.")))
    of_school = kind == Exclusion.Kind.SCHOOL
    if of_school != (school is not None) or of_school == (other is not None):
        reasons.append(Reason("target", _("Choose the school, or the other mentor.")))
    if other is not None and other.pk == person.pk:
        reasons.append(Reason("same", _("Choose another mentor than this one.")))
    return reasons
