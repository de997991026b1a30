"""Visits of the last months, so that the public figures and the mentors' hours show something."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.utils import timezone

from events.models import Attendance, Booking, HoursEntry, SchoolSession
from events.services.numbers import make_figures
from events.states import BookingState, SessionState
from portal.management.demo.cast import Cast
from portal.models import Language, School, Topic

EVERY_DAYS, FOR_DAYS = 3, 270
MINUTES = 45


def make_history(cast: Cast) -> None:
    """A visit every few days, in turn by the two cleared mentors, in all sample schools; Sundays and the last days, which
    other demo visits fill, are left out."""
    today, mentors = timezone.localdate(), (cast.nurlan, cast.yerbol)
    schools, topics = list(School.objects.filter(is_sample=True)), list(Topic.objects.exclude(parent=None))
    language = Language.objects.get(code="kk")
    visits = []
    for turn, ago in enumerate(range(30, FOR_DAYS, EVERY_DAYS)):
        day = today - timedelta(days=ago)
        if day.weekday() == 6 or day.month in (6, 7, 8):
            continue
        starts_at = timezone.make_aware(datetime.combine(day, time(9)))
        topic = topics[turn % len(topics)]
        session = SchoolSession(
            school=schools[(turn * turn) % len(schools)],
            topic=topic,
            grade=topic.grade_to,
            group_size=20 + turn % 9,
            language=language,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=MINUTES),
            school_adult_name=f"{cast.gulnara.last_name} {cast.gulnara.first_name}",
            state=SessionState.CLOSED,
            created_by=cast.aigul,
        )
        visits.append((session, mentors[turn % 2]))
    SchoolSession.objects.bulk_create(session for session, _mentor in visits)
    _confirm(cast, visits)
    make_figures(today)


def _confirm(cast: Cast, visits) -> None:
    bookings = Booking.objects.bulk_create(
        Booking(
            session=session,
            person=mentor,
            seat_no=1,
            state=BookingState.COMPLETED,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            confirmed_version=1,
        )
        for session, mentor in visits
    )
    word = {"confirmed_by": cast.gulnara}
    Attendance.objects.bulk_create(
        Attendance(
            booking=booking,
            state="attended",
            pupils_present=booking.session.group_size - 2,
            confirmed_at=booking.ends_at,
            **word,
        )
        for booking in bookings
    )
    HoursEntry.objects.bulk_create(
        HoursEntry(
            booking=booking,
            person=booking.person,
            minutes=MINUTES,
            month=timezone.localdate(booking.starts_at).replace(day=1),
            at=booking.ends_at,
            **word,
        )
        for booking in bookings
    )
