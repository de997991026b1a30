"""What waits for a school: numbers for the contact person's page. Only read, nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef

from events.models import Booking, SchoolSession, SessionRequest
from events.querysets import SchoolSessionQuerySet
from events.services.feedback import awaited_of_school
from events.states import HOLDING, RequestState, SessionState
from portal.models import User


@dataclass(frozen=True)
class Outstanding:
    """`adults`: sessions ahead without a named adult; `visits`: those that the school has to confirm, also once more;
    `attendance`: past visits about which nothing was said; `questions`: requests about which the coordinator asks;
    `feedback`: visits that took place and about which the school's questions are not answered."""

    adults: int
    visits: int
    attendance: int
    questions: int
    feedback: int

    def __bool__(self) -> bool:
        return any((self.adults, self.visits, self.attendance, self.questions, self.feedback))


def outstanding(by: User, schools: list[int], now: datetime) -> Outstanding:
    """What waits for the schools with these primary keys, whose contact person `by` is; five queries for any number of
    schools and sessions."""
    bookings = Booking.objects.filter(session__school__in=schools)
    asked = SessionRequest.objects.filter(school__in=schools, state=RequestState.NEEDS_INFO)
    return Outstanding(
        adults=without_adult(SchoolSession.objects.filter(school__in=schools), now).count(),
        visits=bookings.unconfirmed().filter(starts_at__gt=now).count(),
        attendance=bookings.filter(state__in=HOLDING, ends_at__lte=now).count(),
        questions=asked.count(),
        feedback=awaited_of_school(by).count(),
    )


def without_adult(sessions: SchoolSessionQuerySet, now: datetime) -> SchoolSessionQuerySet:
    """Published sessions ahead for which the school has named nobody."""
    return sessions.filter(state=SessionState.PUBLISHED, starts_at__gt=now, school_adult_name="")


def with_unconfirmed(sessions: SchoolSessionQuerySet, now: datetime) -> SchoolSessionQuerySet:
    """Sessions ahead with a visit that waits for the school."""
    waiting = Booking.objects.unconfirmed().filter(session=OuterRef("pk"), starts_at__gt=now)
    return sessions.filter(Exists(waiting))
