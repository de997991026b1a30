"""What mentors have said of their time, and what keeps some of them apart."""

from __future__ import annotations

from datetime import time, timedelta

from django.utils import timezone

from mentors.models import Absence, AvailabilityWindow, Exclusion, Limits
from mentors.services import add_exclusion
from portal.models import User
from volunteers.models import Person

from .cast import Cast


def make_wishes(cast: Cast, mentors: list[Person]) -> None:
    """Nurlan's hours and days away (after all that is booked for him) and his phone, to which what is urgent goes too, a
    mentor who wants one visit a week, two relatives, and one whom a school does not want."""
    User.objects.filter(pk=cast.nurlan.user_id).update(phone=cast.nurlan.phone, phone_verified=True)
    for weekday in range(5):
        AvailabilityWindow.objects.create(person=cast.nurlan, weekday=weekday, starts=time(8), ends=time(19))
    away = timezone.localdate() + timedelta(days=60)
    Absence.objects.create(person=cast.nurlan, first_day=away, last_day=away + timedelta(days=6))
    Limits.objects.create(person=mentors[3], per_week=1)
    add_exclusion(
        person=mentors[4],
        by=cast.dana,
        kind=Exclusion.Kind.RELATIVES,
        other=mentors[6],
        why="Husband and wife (sample).",
    )
    add_exclusion(
        person=mentors[7],
        by=cast.dana,
        kind=Exclusion.Kind.SCHOOL,
        school=cast.other_school,
        why="His grandchildren learn there (sample).",
    )
