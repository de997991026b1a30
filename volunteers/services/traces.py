"""Where a person appears in the log: he himself and everything that belongs to him."""

from __future__ import annotations

import re

from django.db.models import Q, QuerySet, Value

from portal import access
from portal.models import LogEntry, User
from volunteers.models import (
    Appeal,
    Check,
    CheckEvidence,
    Decision,
    Hold,
    Interview,
    Person,
    RefereeRequest,
    ReferenceResponse,
    Review,
    SelfDisclosure,
)
from volunteers.querysets import tied

# How each kind of record leads to its person.
LEADS_TO = {
    Check: "person",
    CheckEvidence: "evidence_of__person",
    SelfDisclosure: "evidence_of__person",
    Interview: "evidence_of__person",
    RefereeRequest: "application__person",
    ReferenceResponse: "request__application__person",
    Decision: "application__person",
    Appeal: "decision__application__person",
    Hold: "application__person",
    Review: "application__person",
}
# Looks of which the person himself is told. The others would tell him that there is a concern, a hold, an entry in the
# do-not-engage list, a comparison with somebody else, an exclusion, or a note that is not for him.
TOLD = frozenset(
    {"answer", "appeal", "check_in_notes", "disclosure", "evidence", "interview", "reading", "reference", "revisions"}
)
CODE = re.compile(rf"{Person.CODE_PREFIX}-([0-9a-f]{{8}})", re.IGNORECASE)


def entries_about(people: QuerySet[Person]) -> Q:
    """The condition for the entries about these people and everything that belongs to them; one statement finds what
    that is."""
    related = [(one.related_model, one.field.name) for one in Person._meta.related_objects if one.one_to_many]
    ways = [*related, *LEADS_TO.items()]
    belongings = [people, *(model._default_manager.filter(**{f"{path}__in": people}) for model, path in ways)]
    labelled = [rows.order_by().values_list(Value(rows.model._meta.label), "pk") for rows in belongings]
    found: dict[str, set[str]] = {}
    for label, key in labelled[0].union(*labelled[1:]):
        found.setdefault(label, set()).add(str(key))
    condition = Q(pk__in=[])
    for label, keys in found.items():
        condition |= Q(model=label, object_id__in=keys)
    return condition


def looks_at(person: Person) -> QuerySet[LogEntry]:
    """The log of views of the person and of everything that belongs to him, newest first."""
    return LogEntry.objects.filter(entries_about(Person.objects.filter(pk=person.pk)), kind=LogEntry.Kind.VIEW)


def looks_told(person: Person) -> QuerySet[LogEntry]:
    """Of these, what the person himself is told: looks of others, and nothing by which he could learn that somebody raised
    a concern about him or thinks of the do-not-engage list (TOLD). A new kind of look is not told before it is named there."""
    return looks_at(person).filter(action__in=TOLD).exclude(actor=person.user_id)


def people_to_look_up(by: User) -> QuerySet[Person]:
    """The people whose entries `by` may gather: in the reach of his role, never himself nor somebody he declared a tie to."""
    here = access.within(by, "log.view", district="district")
    return Person.objects.filter(here, ~tied(Person, by, "pk")).exclude(user=by)


def entries_of_code(code: str, by: User) -> Q:
    """For `portal.audit.tells_about_person`."""
    found = CODE.fullmatch(code)
    people = people_to_look_up(by).filter(uuid__istartswith=found[1].lower()) if found else Person.objects.none()
    return entries_about(people)


def entries_kept_from(by: User) -> Q:
    """For `portal.audit.keeps_from`."""
    keys = list(Person.objects.kept_from(by).values_list("pk", flat=True))  # few, and asked of every kind of record
    return entries_about(Person.objects.filter(pk__in=keys))
