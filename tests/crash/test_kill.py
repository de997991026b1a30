"""`kill -9` of web and worker at random moments: nothing is lost, nothing is doubled.

The real processes of `portal/supervisor.conf` over the database of the suite: SQLite, or what `DATABASE_URL` says.
Mentors book and cancel over HTTP without a pause; what died is started again by the supervisor."""

from __future__ import annotations

import random
import sys
import time
from collections import Counter

import pytest
from django.db import connection

from tests.crash.checks import check, settle, told
from tests.crash.clients import at_work
from tests.crash.house import House, Mailbox, until

pytestmark = [pytest.mark.crash, pytest.mark.django_db(transaction=True)]
SEED = 4
LOAD_SECONDS = 30
PAUSE_SECONDS = (0.2, 2)  # between two kills
FIRST_SECONDS = 5  # killed sooner it would count as a failed start, after three of which the supervisor gives up
VICTIMS = ["web child", "web child", "web", "worker", "worker", "clock"]


def test_nothing_is_lost_and_nothing_is_doubled(town, tmp_path):
    cookies, sessions = town
    connection.close()
    with Mailbox() as mailbox, House(tmp_path, mailbox.controller.port) as house:
        with at_work(cookies, sessions, [house.base], SEED) as mentors:
            kills = kill_at_random(house, random.Random(SEED))
        settle(house)
    check(mentors, mailbox.ids, repeats=kills["worker"])
    sys.stdout.write(f"\nkilled {dict(kills)}: {told(mentors, mailbox.ids)}\n")


def test_a_house_that_does_not_begin_leaves_nobody_behind(transactional_db, tmp_path):
    class Silent(House):
        def answers(self):
            raise ConnectionError

    house = Silent(tmp_path, 25)
    with pytest.raises(ConnectionError), house:
        pass
    assert list(house.processes()) == []


def kill_at_random(house: House, chance: random.Random) -> Counter:
    """How many of each role were killed: each at least once. A slow machine gets the time to start what died."""
    kills, end = Counter(), time.monotonic() + LOAD_SECONDS
    born: dict[int, float] = {}
    while time.monotonic() < end or len(kills) < len(set(VICTIMS)):
        assert time.monotonic() < end + 180, f"never there to be killed: {set(VICTIMS) - kills.keys()}"
        until(house.answers, 60, "the portal answers again")
        time.sleep(chance.uniform(*PAUSE_SECONDS))
        now, role, running = time.monotonic(), chance.choice(VICTIMS), list(house.processes())
        for process in running:
            born.setdefault(process.pid, now)
        lives = 0 if role == "web child" else FIRST_SECONDS
        victims = [process for process in running if process.role == role and now - born[process.pid] >= lives]
        if victims:
            house.kill(chance.choice(victims))
            kills[role] += 1
    return kills
