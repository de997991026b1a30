"""Time of a mentor's calendar of 200 visits, of the answer that nothing has changed, and of planning ten thousand
reminders; see README.md. Writes nothing that stays: everything is rolled back."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from datetime import time as clock

import ground  # noqa: F401 - sets Django up

# isort: split
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from events import services
from events.models import Booking, SchoolSession
from events.services.reminders import plan_reminders
from events.states import BookingState
from portal.management.demo import make_cast, sessions
from portal.models import OutgoingMessage, School, Topic
from volunteers.models import Person

VISITS, REMINDERS, ROUNDS = 200, 10_000, 31
KINDS = 3  # reminders of one visit
APART, IN_A_DAY = timedelta(minutes=20), 36


def moment(days: int, number: int) -> datetime:
    """The beginnings of visits of one mentor, apart from each other, from seven in the morning `days` after today."""
    day = timezone.localdate() + timedelta(days=days + number // IN_A_DAY)
    return timezone.make_aware(datetime.combine(day, clock(7))) + APART * (number % IN_A_DAY)


def book_many(people: list[Person], count: int, days: int) -> None:
    """`count` visits from `days` after today on, each in a session of its own, booked ten days ago."""
    cast = make_cast()
    schools, topics = list(School.objects.filter(is_sample=True)), list(Topic.objects.exclude(parent=None))
    sample = sessions.make_session(cast, cast.school, topics[0], timezone.localdate(), sessions.LESSONS[0])
    fields = {name: getattr(sample, name) for name in ("grade", "group_size", "language", "state", "created_by")}
    rows = []
    for number in range(count):
        starts = moment(days, number // len(people))
        place = {"school": schools[number % len(schools)], "topic": topics[number % len(topics)]}
        rows.append(SchoolSession(**fields, **place, starts_at=starts, ends_at=starts + APART / 2))
    made = [
        Booking(
            session=session,
            person=people[number % len(people)],
            seat_no=1,
            state=BookingState.CONFIRMED,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            confirmed_version=1,
        )
        for number, session in enumerate(SchoolSession.objects.bulk_create(rows, 1000))
    ]
    Booking.objects.holding().update(
        state=BookingState.CANCELLED_BY_MENTOR
    )  # those of the demonstration are in the way
    Booking.objects.bulk_create(made, 1000)
    Booking.objects.filter(session__in=rows).update(created_at=timezone.now() - timedelta(days=10))


def measure(label: str, ask: Callable, bar: float) -> None:
    """The median of ROUNDS, the fastest of them, and the time of the processor, which tells more on a machine that has
    other work; "!" marks a median over the bar (ms)."""
    times, busy = [], []
    for _round in range(ROUNDS):
        begun, worked = time.perf_counter(), time.process_time()
        response = ask()
        times.append((time.perf_counter() - begun) * 1000)
        busy.append((time.process_time() - worked) * 1000)
    median, own = statistics.median(times), statistics.median(busy)
    over = "!" if median > bar else ""
    print(f"  {label:24} {response.status_code} {median:6.1f} ms (best {min(times):.1f}, own work {own:.1f}) {over}")


def feed() -> None:
    mentor = make_cast().nurlan
    book_many([mentor], VISITS, 400)
    address = f"/calendar/{services.new_address(by=mentor.user).secret}.ics"
    client = Client()
    first = client.get(address)
    assert first.content.count(b"BEGIN:VEVENT") >= VISITS  # noqa: S101
    measure(f"feed of {VISITS} visits", lambda: client.get(address), 50)
    measure("nothing has changed", lambda: client.get(address, headers={"if-none-match": first["ETag"]}), 5)


def reminders() -> None:
    mentors = list(Person.objects.filter(approvals__isnull=False, user__isnull=False).distinct()[:50])
    book_many(mentors, -(-REMINDERS // KINDS), 3)
    before = OutgoingMessage.objects.count()
    begun, worked = time.perf_counter(), time.process_time()
    plan_reminders(timezone.now())
    seconds, own = time.perf_counter() - begun, time.process_time() - worked
    begun = time.perf_counter()
    plan_reminders(timezone.now())
    again = time.perf_counter() - begun
    letters = OutgoingMessage.objects.count() - before
    print(
        f"  {letters} letters of reminders planned in {seconds:.1f} s (own work {own:.1f} s), looked through again in {again:.1f} s",
        end="",
    )
    print(" !" if seconds > 30 else "")


def main() -> None:
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("seed_demo", verbosity=0)
    print(connection.vendor)
    for part in (feed, reminders):
        with transaction.atomic():
            part()
            transaction.set_rollback(True)


main()
