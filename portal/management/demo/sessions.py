"""A month of school sessions: open ones, some with an experienced mentor, and past visits of Nurlan."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone

from events.models import Attendance, Booking, HoursEntry, SchoolSession
from events.states import BookingState, SessionState
from portal.models import Language, NonTeachingPeriod, School, Topic
from volunteers.models import Person

from .cast import Cast

LESSONS = [time(9), time(10), time(11), time(14), time(15)]
LESSON_MINUTES = 45
FIRST_BEGINS, LAST_BEGINS = time(8), time(17, 45)  # of the lessons of a day


def teaching_days(start: date, count: int) -> list[date]:
    """The next `count` working days from `start` on that no holiday or break closes."""
    closed = list(NonTeachingPeriod.objects.filter(grade=None, district=None, school=None))
    days, day = [], start
    while len(days) < count:
        if day.weekday() < 5 and not any(period.first_day <= day <= period.last_day for period in closed):
            days.append(day)
        day += timedelta(days=1)
    return days


def make_session(cast: Cast, school: School, topic: Topic, day: date, at: time, **more) -> SchoolSession:
    starts = timezone.make_aware(datetime.combine(day, at))
    fields = {
        "school": school,
        "topic": topic,
        "grade": max(topic.grade_from, min(topic.grade_to, 7)),
        "group_size": 24,
        "language": Language.objects.get(code="kk"),
        "starts_at": starts,
        "ends_at": starts + timedelta(minutes=LESSON_MINUTES),
        "school_adult_name": "Сынып жетекшісі Б. Есімова (үлгі)",
        "state": SessionState.PUBLISHED,
        "created_by": cast.aigul,
    }
    return SchoolSession.objects.create(**(fields | more))


def make_sessions(cast: Cast, mentors: list[Person]) -> None:
    """Open sessions of the coming weeks, every second one with two places of which an experienced mentor holds one; one
    waits for its named adult; one of Nurlan's is going on; three past visits of his, two of them counted."""
    today = timezone.localdate()
    topics = list(Topic.objects.exclude(parent=None))
    schools = list(School.objects.filter(is_sample=True).select_related("district"))
    days = teaching_days(today + timedelta(days=3), 20)
    for index in range(40):
        session = make_session(
            cast,
            schools[index % len(schools)],
            topics[index % len(topics)],
            days[index // 2],
            LESSONS[index % len(LESSONS)],
            seats_max=1 + index % 2,
        )
        if session.seats_max > 1:
            book_experienced(session, mentors[index % len(mentors)])
    make_session(cast, cast.school, topics[0], days[2], time(12), school_adult_name="")
    make_current(cast, topics[0])
    past = [day for day in teaching_days(today - timedelta(days=60), 40) if day < today][-3:]
    for index, day in enumerate(past):
        _past_visit(cast, make_session(cast, cast.school, topics[index], day, time(10)), counted=index < 2)


def make_current(cast: Cast, topic: Topic, now: datetime | None = None) -> SchoolSession:
    """Nurlan is in Gulnara's school at this moment, so that the code of arrival can be seen; where there are no lessons
    now, he comes to the first lesson after it."""
    begins = timezone.localtime(lesson_at(now or timezone.now()))
    session = make_session(cast, cast.school, topic, begins.date(), begins.time())
    booking = book_experienced(session, cast.nurlan)
    Booking.objects.filter(pk=booking.pk).update(created_at=begins - timedelta(days=5))
    return session


def lesson_at(now: datetime) -> datetime:
    """When the lesson of `now` began, at least a quarter of an hour ago; without one, when the next day of lessons begins."""
    local = timezone.localtime(now)
    day, following = teaching_days(local.date(), 2)
    last = timezone.make_aware(datetime.combine(day, LAST_BEGINS))
    if local > last + timedelta(minutes=LESSON_MINUTES):
        day = following
    first = timezone.make_aware(datetime.combine(day, FIRST_BEGINS))
    begun = local.replace(minute=local.minute // 5 * 5, second=0, microsecond=0) - timedelta(minutes=15)
    return max(first, min(begun, last))


def book_experienced(session: SchoolSession, mentor: Person) -> Booking:
    """`mentor` holds the first place, so that somebody in his first visits may come beside him."""
    return Booking.objects.create(
        session=session,
        person=mentor,
        role=Booking.Role.LEAD,
        seat_no=1,
        state=BookingState.CONFIRMED,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        confirmed_version=session.version,
    )


def _past_visit(cast: Cast, session: SchoolSession, *, counted: bool) -> None:
    booking = Booking.objects.create(
        session=session,
        person=cast.nurlan,
        seat_no=1,
        state=BookingState.COMPLETED if counted else BookingState.CONFIRMED,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        confirmed_version=1,
    )
    SchoolSession.objects.filter(pk=session.pk).update(state=SessionState.CLOSED if counted else SessionState.FINISHED)
    if counted:
        Attendance.objects.create(
            booking=booking,
            state="attended",
            pupils_present=22,
            confirmed_by=cast.gulnara,
            confirmed_at=session.ends_at,
        )
        HoursEntry.objects.create(
            booking=booking,
            person=cast.nurlan,
            minutes=session.minutes,
            month=timezone.localdate(session.ends_at).replace(day=1),
            confirmed_by=cast.gulnara,
            at=session.ends_at,
        )
