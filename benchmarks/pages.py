"""Queries and median time of the pages that people wait for. `make bench`; see README.md. With `DATABASE_URL` on
PostgreSQL; `FRACTION=0.1` loads a tenth; `ONLY=sessions` measures the pages of sessions alone."""

from __future__ import annotations

import os
import random
import statistics
import time
from datetime import timedelta

import ground  # noqa: F401 - sets Django up

# isort: split
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from content.models import TopicPage
from events.models import SchoolSession
from portal.management.demo import email_of, make_cast, sessions
from portal.management.demo.load_sessions import SessionLoad
from portal.models import District, User
from volunteers.clearance import clearances
from volunteers.models import Application, Person

ROUNDS = 15
OF_VETTING, OF_SESSIONS = (15, 150), (12, 120)  # queries and milliseconds, on PostgreSQL with the whole load


def signed_in(name: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(email=email_of(name)), backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def measure(label: str, ask, bar: tuple[int, int] = OF_VETTING) -> None:
    """Prints the queries of one warm request, the median of ROUNDS and the fastest of them, which is nearer to the truth
    on a machine that has other work; "!" marks a median over the bar."""
    ask()
    with CaptureQueriesContext(connection) as queries:
        response = ask()
    asked, times = len(queries), []
    for _round in range(ROUNDS):
        begun = time.perf_counter()
        response = ask()
        times.append((time.perf_counter() - begun) * 1000)
    median = statistics.median(times)
    over = "!" if asked > bar[0] or median > bar[1] else ""
    print(
        f"  {label:48} {getattr(response, 'status_code', ''):>3} {asked:4} queries {median:8.1f} ms (best {min(times):.1f}) {over}"
    )


def bookings(name: str):
    """A request that books a session made for it, each time a new one."""
    cast, client = make_cast(), signed_in(name)
    topic, day = sessions.Topic.objects.exclude(parent=None)[0], timezone.localdate()
    later = random.randrange(60, 160)  # a second run on the same database finds other days
    days = iter(sessions.teaching_days(day + timedelta(days=later), ROUNDS + 2))
    fresh = iter(
        [sessions.make_session(cast, cast.school, topic, next(days), sessions.time(9)) for _ in range(ROUNDS + 2)]
    )

    def ask():
        session = next(fresh)
        return client.post(f"/ru/sessions/{session.uuid}/book/")

    return ask


def pages(title: str, booker: str) -> None:
    print(f"\n{title} ({connection.vendor}, {SchoolSession.objects.count()} sessions, {User.objects.count()} accounts)")
    visitor, coordinator = Client(), signed_in("aigul")
    topic = TopicPage.objects.live().filter(locale__language_code="ru").first()
    measure("home page", lambda: visitor.get("/ru/"))
    measure("topic page", lambda: visitor.get(topic.relative_url(None) or topic.url))
    measure("queue", lambda: coordinator.get("/ru/staff/applications/"))
    measure("booking", bookings(booker))


def vetting() -> None:
    """The pages of staff who clear people, each part and filter of them."""
    coordinator, lead, auditor = signed_in("aigul"), signed_in("dana"), signed_in("raushan")
    lists = {
        (coordinator, "queue", "/ru/staff/applications/"): [
            "", "tab=mine", "tab=unassigned", "tab=applicant", "tab=late", "state=screening", "name=Мұсаев", "page=200",
        ],
        (lead, "queue of a lead", "/ru/staff/applications/"): ["", "tab=mine", "tab=late", "tab=hold"],
        (auditor, "record", "/ru/staff/record/"): [
            "", "ending=soon", "missing=criminal_record", "missing=references", "missing=induction",
            "missing=code_of_conduct", "standing=ever", "standing=checks", "standing=suspended", "standing=left",
            "role=school_mentor", "name=Мұсаев", "page=100",
        ],
        (coordinator, "mentors", "/ru/staff/people/"): [""],
        (coordinator, "supervision board", "/ru/staff/supervision/"): [""],
        (lead, "lead's desk", "/ru/staff/lead/"): [""],
    }  # fmt: skip
    for (client, label, url), queries in lists.items():
        for query in queries:
            measure(
                f"{label} {query}".strip(), lambda client=client, url=url, query=query: client.get(f"{url}?{query}")
            )
    for label, client, case in (
        ("case of the demo", coordinator, Application.objects.filter(person__user=cast_user("rakhat")).first()),
        ("case of the load", lead, Application.objects.filter(state="assessment").last()),
        ("approved case of the load", lead, Application.objects.filter(state="approved").last()),
        ("case of an interviewer", signed_in("ivan"), Application.objects.filter(interviewer=cast_user("ivan")).last()),
    ):
        measure(label, lambda client=client, case=case: client.get(f"/ru/staff/applications/{case.uuid}/"))
    person = Person.objects.filter(user=cast_user("nurlan")).first()
    measure("page of a mentor", lambda: coordinator.get(f"/ru/staff/people/{person.uuid}/"))
    thousand = list(Person.objects.filter(approvals__isnull=False)[:1000])
    measure(f"clearance of {len(thousand)}", lambda: clearances(thousand))


def meetings() -> None:
    """The pages of sessions: a mentor's, those of a coordinator of one district and of a lead, who sees the whole oblast."""
    today = timezone.localdate()
    month, district = f"{today + timedelta(days=28):%Y-%m}", District.objects.get(slug="zhambyl").pk
    clients = {name: signed_in(name) for name in ("yerbol", "nurlan", "aigul", "dana")}
    choices = {
        "/ru/sessions/": ["", "show=all", "show=all&page=50", "sort=distance&show=all", f"district={district}&show=all",
                          "page=50", "within=25", f"date_from={today + timedelta(days=60)}"],
        "/ru/my/bookings/": ["", f"month={month}", "page=3"],
        "/ru/staff/sessions/": ["", "page=50", "page=3900", f"district={district}", "state=published", "attention=adult",
                                "attention=places", "attention=attendance", f"date_from={today}"],
        "/ru/staff/needs/": ["", "page=5", f"district={district}"],
        "/ru/staff/board/": ["", "view=month", f"view=month&month={month}", "view=list", "attention=places"],
        "/ru/staff/board/map/": [""],
    }  # fmt: skip
    for url, queries in choices.items():
        for name in ("aigul", "dana") if "staff" in url else ("yerbol", "nurlan"):
            for query in queries:
                ask = lambda name=name, url=url, query=query: clients[name].get(f"{url}?{query}")  # noqa: E731
                measure(f"{name} {url[4:-1]} {query}", ask, OF_SESSIONS)
    session = SchoolSession.objects.filter(state="published", starts_at__gt=timezone.now(), bookings__isnull=False)[9]
    for name, url in (("nurlan", "/ru/sessions/"), ("dana", "/ru/staff/sessions/")):
        measure(
            f"{name} one session", lambda name=name, url=url: clients[name].get(f"{url}{session.uuid}/"), OF_SESSIONS
        )


def cast_user(name: str) -> User:
    return User.objects.get(email=email_of(name))


def load() -> None:
    begun = time.perf_counter()
    call_command("seed_load", verbosity=0, fraction=float(os.environ.get("FRACTION", "1")))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(f"\nloading took {time.perf_counter() - begun:.0f} s")


def everything(title: str, booker: str) -> None:
    if os.environ.get("ONLY") != "sessions":
        pages(title, booker)
        vetting()
    meetings()


def main() -> None:
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("seed_demo", verbosity=0)
    call_command("load_starter", verbosity=0)
    if not SessionLoad.is_there():  # a second run finds it loaded
        everything("demo", "mentor01")
        load()
    everything("loaded", "mentor02")


main()
