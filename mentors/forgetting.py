"""What supervision keeps of somebody who is forgotten (volunteers.services.retention): the days of the talks."""

from __future__ import annotations

from django.db.models import Q

from mentors.models import Absence, AvailabilityWindow, CheckIn, Exclusion, Limits, Profile
from volunteers.models import Person


def forget_talks(person: Person) -> None:
    """Empties the notes of his supervisors and why he was kept from a school or a colleague; erases his wishes, limits and
    hours. Runs inside the transaction in which he is forgotten."""
    CheckIn.objects.filter(person=person).update(note_sealed=None)
    Exclusion.objects.filter(Q(person=person) | Q(other=person)).update(why_sealed=None)
    for model in (Profile, Limits, AvailabilityWindow, Absence):
        model.objects.filter(person=person).delete()
