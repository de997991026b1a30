"""The cast of every test is the cast of the demonstration: see `portal.management.demo.cast`."""

from __future__ import annotations

from django.utils import timezone

from portal.management.demo import Cast, make_cast
from volunteers.models import (
    Acceptance,
    Application,
    Approval,
    Check,
    Decision,
    Person,
    RefereeRequest,
    ReferenceResponse,
    SupervisorAssignment,
    TrainingRecord,
)

__all__ = ["Cast", "make_cast", "of_today"]

# What `make_cast` dates by the day on which it runs: how a row leads to its person, and its fields.
DATED = [
    (Acceptance, "person", ["at"]),
    (Application, "person", ["state_since", "submitted_at"]),
    (Approval, "person", ["valid_from", "valid_to"]),
    (Check, "person", ["issued_on", "expires_on", "verified_at"]),
    (Decision, "application__person", ["confirmed_at"]),
    (Person, "pk", ["contact_confirmed_at"]),
    (RefereeRequest, "application__person", ["sent_at"]),
    (ReferenceResponse, "request__application__person", ["assessed_at"]),
    (SupervisorAssignment, "person", ["starts_on"]),
    (TrainingRecord, "person", ["held_on"]),
]


def of_today(cast: Cast) -> Cast:
    """The cast stands in the database from the first test on: where the run goes on past midnight, its days move along."""
    late = timezone.localdate() - timezone.localdate(cast.nurlan.contact_confirmed_at)
    if not late:
        return cast
    for model, person, fields in DATED:
        for row in model.objects.filter(**{f"{person}__in": [cast.nurlan.pk, cast.yerbol.pk]}):
            days = {name: getattr(row, name) + late for name in fields if getattr(row, name)}
            model.objects.filter(pk=row.pk).update(**days)
    return make_cast()
