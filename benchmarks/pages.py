"""Queries and median time of the pages that people wait for. `make bench`; see README.md."""

from __future__ import annotations

import os
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("KEYS_DIR", str(ROOT / "var" / "keys"))
os.environ["VAR_DIR"] = str(ROOT / "var" / "bench")
os.environ.setdefault("ALLOWED_HOSTS", "testserver")
os.environ.setdefault("DEBUG", "1")  # plain static files; queries are counted by the test client, not by debug

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from content.models import TopicPage  # noqa: E402
from events.models import SchoolSession  # noqa: E402
from portal.management.demo import cases, email_of, make_cast  # noqa: E402
from portal.models import User  # noqa: E402

ROUNDS = 15
ARGUMENTS = {"applications": 20000, "mentors": 2000, "sessions": 20000}


def signed_in(name: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(email=email_of(name)), backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def measure(label: str, ask) -> None:
    """Prints the queries of one warm request and the median of ROUNDS."""
    ask()
    with CaptureQueriesContext(connection) as queries:
        response = ask()
    asked, times = len(queries), []
    for _round in range(ROUNDS):
        begun = time.perf_counter()
        response = ask()
        times.append((time.perf_counter() - begun) * 1000)
    print(f"  {label:34} {response.status_code} {asked:4} queries {statistics.median(times):8.1f} ms")


def bookings(name: str):
    """A request that books a session made for it, each time a new one."""
    cast, client = make_cast(), signed_in(name)
    topic, day = cases.Topic.objects.exclude(parent=None)[0], timezone.localdate()
    days = iter(cases.teaching_days(day + timedelta(days=60), ROUNDS + 2))
    sessions = iter(
        [cases.make_session(cast, cast.school, topic, next(days), cases.time(9)) for _ in range(ROUNDS + 2)]
    )

    def ask():
        session = next(sessions)
        return client.post(f"/ru/sessions/{session.uuid}/book/")

    return ask


def pages(title: str, booker: str) -> None:
    print(f"\n{title} ({connection.vendor}, {SchoolSession.objects.count()} sessions, {User.objects.count()} accounts)")
    visitor, mentor, coordinator = Client(), signed_in("yerbol"), signed_in("aigul")
    topic = TopicPage.objects.live().filter(locale__language_code="ru").first()
    measure("home page", lambda: visitor.get("/ru/"))
    measure("topic page", lambda: visitor.get(topic.relative_url(None) or topic.url))
    measure("session list", lambda: mentor.get("/ru/sessions/"))
    measure("queue", lambda: coordinator.get("/ru/staff/applications/"))
    measure("booking", bookings(booker))


def main() -> None:
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("seed_demo", verbosity=0)
    call_command("load_starter", verbosity=0)
    pages("demo", "mentor01")
    begun = time.perf_counter()
    call_command("seed_load", verbosity=0, **ARGUMENTS)
    print(f"\nloading took {time.perf_counter() - begun:.0f} s")
    pages("loaded", "mentor02")


main()
