"""Who looked at the records of one person (H1): for the safeguarding lead and the auditor, by codes."""

from __future__ import annotations

from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.views.generic import ListView

from portal import access
from portal.models import LogEntry
from portal.staff import NearestPage, StaffView
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


def looks_at(person: Person):
    """The log of views of the person and of everything that belongs to him, newest first."""
    records = {
        Person: [person.pk],
        **{
            relation.related_model: getattr(person, relation.get_accessor_name()).values_list("pk", flat=True)
            for relation in person._meta.related_objects
            if relation.one_to_many
        },
        **{
            model: model.objects.filter(**{path: person}).values_list("pk", flat=True)
            for model, path in LEADS_TO.items()
        },
    }
    condition = Q(pk__in=[])
    for model, keys in records.items():
        if keys := [str(key) for key in keys]:
            condition |= Q(model=model._meta.label, object_id__in=keys)
    return LogEntry.objects.filter(condition, kind=LogEntry.Kind.VIEW)


class PersonLooks(NearestPage, StaffView, ListView):
    permission = "log.view"
    paginate_by = 50
    template_name = "volunteers/staff/looks.html"

    def get_queryset(self):
        user = self.request.user
        here = access.within(user, self.permission, district="district")
        people = Person.objects.filter(here, ~tied(Person, user, "pk")).exclude(user=user)
        self.person = get_object_or_404(people, uuid=self.kwargs["uuid"])
        return looks_at(self.person)

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {"person": self.person}
