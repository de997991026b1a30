"""What supervision keeps of somebody who is forgotten (volunteers.services.retention): the days of the talks."""

from __future__ import annotations

from mentors.models import CheckIn, Profile
from volunteers.models import Person


def forget_talks(person: Person) -> None:
    """Empties the notes of his supervisors and erases his wishes. Runs inside the transaction in which he is forgotten."""
    CheckIn.objects.filter(person=person).update(note_sealed=None)
    Profile.objects.filter(person=person).delete()
