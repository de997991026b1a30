"""Whom somebody has met at school sessions, for the register of concerns below (`volunteers.services.concerns`)."""

from __future__ import annotations

from django.db.models import QuerySet

from events.models import Booking
from portal.access import Role
from portal.models import User


def people_met(user: User) -> QuerySet:
    """The ids of the mentors who come or came to the schools whose contact person `user` is."""
    schools = [grant.school_id for grant in user.grants if grant.role == Role.SCHOOL_CONTACT]
    return Booking.objects.shown_to_school().filter(session__school__in=schools).values("person")
