"""The planner of reminders killed in the middle of its writing, again and again: in the end each letter is there once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from events.models import Booking, SchoolSession
from events.services.reminders import plan_reminders
from events.states import BookingState
from portal.models import OutgoingMessage
from tests.crash.house import environment, until
from tests.events.builders import at, make_session
from tests.people import make_cast

pytestmark = [pytest.mark.crash, pytest.mark.django_db(transaction=True)]
SEED, KILLS, DAYS, IN_A_DAY = 4, 3, 5, 40
PLANNER = """
import django; django.setup()
from django.utils import timezone
from events.services.reminders import plan_reminders
print("begins", flush=True)
plan_reminders(timezone.now())
"""


@pytest.fixture
def bookings(transactional_db):
    """Four hundred, made ten days ago, for visits in two to six days: letters of all three kinds for each."""
    cast = make_cast()
    people = [cast.nurlan, cast.yerbol]
    sample = make_session(cast, starts_at=at(2, 6))
    SchoolSession.objects.filter(pk=sample.pk).delete()
    begins = [at(2 + day, 6) + timedelta(minutes=20 * turn) for day in range(DAYS) for turn in range(IN_A_DAY)]
    rows = []
    for starts in begins:
        fields = {
            name: getattr(sample, name) for name in ("school", "topic", "grade", "group_size", "language", "state")
        }
        ends = starts + timedelta(minutes=15)
        rows.append(SchoolSession(**fields, starts_at=starts, ends_at=ends, seats_max=2, created_by=cast.aigul))
    made = Booking.objects.bulk_create(
        Booking(
            session=session,
            person=person,
            seat_no=seat,
            state=BookingState.CONFIRMED,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
            confirmed_version=1,
        )
        for session in SchoolSession.objects.bulk_create(rows)
        for seat, person in enumerate(people, 1)
    )
    long_ago = timezone.now() - timedelta(days=10)
    Booking.objects.update(created_at=long_ago, state_since=long_ago)
    OutgoingMessage.objects.all().delete()
    return made


def start(folder) -> subprocess.Popen:
    """A planner that has read its settings and begins to work."""
    planner = subprocess.Popen(
        [sys.executable, "-c", PLANNER],
        env=environment(folder) | {"DJANGO_SETTINGS_MODULE": "portal.settings"},
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
    )
    assert planner.stdout.readline() == b"begins\n"
    return planner


def test_reminders_whose_planner_dies_are_written_once(bookings, tmp_path):
    """Scenario 33 with real deaths: nothing stays half written, the next run adds what lacks, a further one nothing."""
    connection.close()
    chance, seen = random.Random(SEED), [0]
    for _kill in range(KILLS):
        planner = start(tmp_path)
        until(lambda: OutgoingMessage.objects.count() > seen[-1], 60, "some letters are written")
        time.sleep(chance.uniform(0, 0.1))
        os.kill(planner.pid, signal.SIGKILL)
        planner.wait()
        seen.append(OutgoingMessage.objects.count())
        if seen[-1] >= len(bookings) * 3:  # a quick machine
            break
    assert seen[1] < len(bookings) * 3  # one at least died amid its work
    together = [start(tmp_path), start(tmp_path)]
    assert [planner.wait(120) for planner in together] == [0, 0]
    assert plan_reminders(timezone.now()) == 0
    letters = Counter(OutgoingMessage.objects.values_list("letter", flat=True))
    ours = {name: letters[f"events/{name}"] for name in ("reminder_week", "reminder", "reminder_soon")}
    assert ours == {"reminder_week": len(bookings), "reminder": len(bookings), "reminder_soon": len(bookings)}
    each = Counter(OutgoingMessage.objects.exclude(recipient=None).values_list("letter", "about", "recipient"))
    assert set(each.values()) == {1}
    assert seen == sorted(seen)
    sys.stdout.write(f"\nletters after each kill: {seen[1:]}, in the end {sum(letters.values())}\n")
