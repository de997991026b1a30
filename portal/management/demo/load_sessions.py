"""The loaded database's sessions: four school years in invented schools, with bookings, waiting places and hours."""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from django.utils import timezone

from events.models import Attendance, Booking, HoursEntry, SchoolSession, WaitlistEntry
from events.states import HOLDING, BookingState, SessionState, WaitState
from portal.models import District, Language, School, Topic
from volunteers.models import Person

from . import builders
from .cast import Cast
from .sessions import LESSON_MINUTES, LESSONS

BATCH = 2000
SCHOOLS, FIRST_NUMBER = 300, 20_001  # their numbers tell them apart from all others
YEARS_BACK, YEARS_AHEAD = 3, 1
NURLAN_EVERY = 800  # mentors: so that somebody who signs in has a hundred visits behind and before him
FILLED_DAYS = 30  # ahead: most of these sessions have their mentors already
COMING = [BookingState.CONFIRMED] * 17 + [BookingState.PENDING] * 2 + [BookingState.RECONFIRM_NEEDED]
GONE = [BookingState.COMPLETED] * 18 + [BookingState.NO_SHOW, BookingState.CANCELLED_BY_MENTOR]


class SessionLoad:
    """Adds schools and their sessions on all school days; `mentors` hold the places, each at most one a day."""

    def __init__(self, cast: Cast, mentors: Sequence[Person]):
        self.cast, self.turn = cast, 0
        self.mentors = [cast.nurlan if index % NURLAN_EVERY == 1 else row for index, row in enumerate(mentors)]
        self.chance = random.Random(2027)  # noqa: S311 - deterministic on purpose
        self.today = timezone.localdate()
        self.busy: dict[date, set[int]] = defaultdict(set)

    @staticmethod
    def is_there() -> bool:
        return School.objects.filter(number=FIRST_NUMBER).exists()

    def add(self, count: int) -> None:
        sessions = self._sessions(count, self._schools())
        bookings = self._bookings(sessions) if self.mentors else []
        self._hours([row for row in bookings if row.state == BookingState.COMPLETED])
        self._lines(sessions, bookings)

    def _uuid(self) -> uuid.UUID:
        return uuid.UUID(int=self.chance.getrandbits(128), version=4)

    def _schools(self) -> list[School]:
        districts, languages = list(District.objects.all()), list(Language.objects.filter(code__in=["kk", "ru"]))
        rows = []
        for index in range(SCHOOLS):
            number, district = FIRST_NUMBER + index, districts[index % len(districts)]
            names = {
                "name_kk": f"№{number} мектеп (үлгі)",
                "name_ru": f"Школа №{number} (пример)",
                "name_en": f"School No. {number} (sample)",
            }
            place = {
                "latitude": round(float(district.latitude) + self.chance.uniform(-0.3, 0.3), 5),
                "longitude": round(float(district.longitude) + self.chance.uniform(-0.3, 0.3), 5),
            }
            rows.append(
                School(uuid=self._uuid(), number=number, district=district, is_sample=True, shifts=2, **names, **place)
            )
        schools, spoken = School.objects.bulk_create(rows, BATCH), School.languages.through
        spoken.objects.bulk_create(
            [spoken(school=school, language=language) for school in schools for language in languages], BATCH
        )
        return schools

    def _days(self) -> list[date]:
        """Working days of the school years, without the summers; single holidays do not matter here."""
        first, last = (self.today + timedelta(days=365 * years) for years in (-YEARS_BACK, YEARS_AHEAD))
        every = (first + timedelta(days=number) for number in range((last - first).days))
        return [day for day in every if day.weekday() < 5 and day.month not in (6, 7, 8)]

    def _sessions(self, count: int, schools: list[School]) -> list[SchoolSession]:
        topics, days = list(Topic.objects.exclude(parent=None)), self._days()
        kazakh, russian = Language.objects.get(code="kk"), Language.objects.get(code="ru")
        rows = []
        for index in range(count):
            day, turn = days[index % len(days)], index // len(days)
            starts = builders.moment(day).replace(hour=LESSONS[turn % len(LESSONS)].hour)
            ahead = day >= self.today
            rows.append(
                SchoolSession(
                    uuid=self._uuid(),
                    school=schools[(turn * 7 + index) % len(schools)],
                    topic=self.chance.choice(topics),
                    grade=self.chance.randint(5, 11),
                    group_size=self.chance.randint(18, 30),
                    language=kazakh if self.chance.random() < 0.75 else russian,
                    starts_at=starts,
                    ends_at=starts + timedelta(minutes=LESSON_MINUTES),
                    seats_max=1 + (self.chance.random() < 0.4),
                    school_adult_name="Б. Есімова (үлгі)" if not ahead or self.chance.random() < 0.9 else "",
                    state=self._state(ahead),
                    created_by=self.cast.aigul,
                )
            )
        return SchoolSession.objects.bulk_create(rows, BATCH)

    def _state(self, ahead: bool) -> str:
        if self.chance.random() < 0.07:
            return SessionState.CANCELLED
        if not ahead:
            return SessionState.CLOSED
        return SessionState.PUBLISHED if self.chance.random() < 0.96 else SessionState.DRAFT

    def _bookings(self, sessions: list[SchoolSession]) -> list[Booking]:
        rows = []
        for session in sessions:
            if session.state not in (SessionState.CLOSED, SessionState.PUBLISHED):
                continue
            wanted = 0.7 if session.day <= self.today + timedelta(days=FILLED_DAYS) else 0.3
            states = GONE if session.state == SessionState.CLOSED else COMING
            for seat in range(1, session.seats_max + 1):
                if self.chance.random() < wanted:
                    rows.append(self._booking(session, seat, self.chance.choice(states)))
        return Booking.objects.bulk_create(rows, BATCH)

    def _booking(self, session: SchoolSession, seat: int, state: str) -> Booking:
        return Booking(
            uuid=self._uuid(),
            session=session,
            person=self._free(session.day),
            role=Booking.Role.LEAD if self.chance.random() < 0.5 else Booking.Role.SECOND,
            seat_no=seat,
            state=state,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            confirmed_version=1,
        )

    def _free(self, day: date) -> Person:
        """The next mentor in turn who has no visit on that day."""
        while True:
            person = self.mentors[self.turn % len(self.mentors)]
            self.turn += 1
            if person.pk not in self.busy[day] or len(self.busy[day]) >= len(self.mentors):
                self.busy[day].add(person.pk)
                return person

    def _hours(self, bookings: list[Booking]) -> None:
        said = {"confirmed_by": self.cast.gulnara}
        Attendance.objects.bulk_create(
            [
                Attendance(booking=row, state="attended", pupils_present=20, confirmed_at=row.ends_at, **said)
                for row in bookings
            ],
            BATCH,
        )
        HoursEntry.objects.bulk_create(
            [
                HoursEntry(
                    booking=row,
                    person=row.person,
                    minutes=LESSON_MINUTES,
                    month=timezone.localdate(row.ends_at).replace(day=1),
                    at=row.ends_at,
                    **said,
                )
                for row in bookings
            ],
            BATCH,
        )

    def _lines(self, sessions: list[SchoolSession], bookings: list[Booking]) -> None:
        """Before every fifth full session two mentors wait."""
        held = defaultdict(int)
        for row in bookings:
            held[row.session_id] += row.state in HOLDING
        full = [row for row in sessions if held[row.pk] == row.seats_max]
        WaitlistEntry.objects.bulk_create(
            [
                WaitlistEntry(
                    uuid=self._uuid(), session=session, person=self._free(session.day), state=WaitState.WAITING
                )
                for session in full[::5]
                for _turn in range(2)
            ],
            BATCH,
        )
