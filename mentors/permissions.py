"""Who has the pages of a mentor. Whether he may go to a school on a day is asked of `volunteers.clearance` alone."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.models import User
from portal.refusals import NotAllowed, Reason
from volunteers.models import Person


def mentor_of(user: User) -> Person:
    """The person behind `user` who has ever been approved. Raises `NotAllowed` (not_a_mentor) for everybody else."""
    person = Person.objects.filter(user=user, approvals__isnull=False).select_related("district").first()
    if person is None:
        text = _("This page is for approved mentors. Your page shows how far your application has come.")
        raise NotAllowed(Reason("not_a_mentor", text, reverse("my_home")))
    return person
