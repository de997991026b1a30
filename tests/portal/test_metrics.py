"""What Prometheus reads: numbers of a bounded number of kinds, for whoever has the token, at a small price."""

from __future__ import annotations

import os
import time
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from portal import jobs, metrics
from portal.models import JobRun, OutgoingMessage
from tests.events.builders import make_session
from tests.portal.test_outage import away  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
TOKEN = "t" * 40
BEARER = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture(autouse=True)
def watched(settings):
    settings.METRICS_TOKEN = TOKEN


def read(client: Client | None = None) -> dict[tuple, float]:
    answer = (client or Client()).get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value for family in families for sample in family.samples
    }


def test_only_whoever_brings_the_token_reads_it(settings, cast, sign_in):
    assert Client().get("/metrics").status_code == 401
    assert sign_in(cast.root).get("/metrics", headers={"authorization": "Bearer x"}).status_code == 401
    assert Client().get("/metrics", headers=BEARER)["Cache-Control"].count("no-store")
    settings.METRICS_TOKEN = ""
    assert Client().get("/metrics", headers=BEARER).status_code == 404
    assert Client().get("/metrics", headers={"authorization": "Bearer "}).status_code == 404


def test_letters_bookings_jobs_and_clearances(cast):
    now = timezone.now()
    for number in range(3):
        OutgoingMessage.objects.create(
            letter="x", channel="email", address="a@demo.example", language="kk", dedupe_key=f"x{number}",
            due_at=now - timedelta(hours=number), state="failed" if number == 2 else "scheduled",
        )  # fmt: skip
    from events import services  # noqa: PLC0415 - only here

    services.book(session=make_session(cast), by=cast.nurlan.user)
    jobs.runs()
    JobRun.objects.update(succeeded_at=now)
    JobRun.objects.filter(name="make_figures").update(succeeded_at=now - timedelta(days=2))
    found = read()
    assert found["tirek_letters", ("state", "failed")] == 1
    assert found["tirek_letters", ("state", "bounced")] == 0
    assert 3600 <= found["tirek_queue_age_seconds",] < 3700
    assert found["tirek_bookings", ("state", "confirmed")] == 1
    assert found["tirek_jobs_late",] == 1
    assert 2 * 86400 <= found["tirek_job_seconds_since_success", ("job", "make_figures")] < 2 * 86400 + 60
    assert found["tirek_clearances_ending",] >= 0
    assert found["tirek_database_up",] == 1


def test_it_costs_the_same_number_of_queries_however_much_there_is(cast, django_assert_num_queries):
    read()
    with django_assert_num_queries(5):
        read()
    for number in range(5):
        make_session(cast)
        OutgoingMessage.objects.create(
            letter="x", channel="email", address="a@demo.example", language="kk", dedupe_key=f"y{number}", due_at=timezone.now()
        )  # fmt: skip
    with django_assert_num_queries(5):
        read()


def test_nobody_is_in_it(cast):
    from events import services  # noqa: PLC0415 - only here

    services.book(session=make_session(cast), by=cast.nurlan.user)
    text = Client().get("/metrics", headers=BEARER).content.decode()
    for somebody in (cast.nurlan.user, cast.root, cast.gulnara):
        assert not any(word in text for word in (somebody.email, somebody.last_name, somebody.code))


def test_times_by_view_and_by_nothing_that_a_stranger_chooses(cast):
    client = Client()
    count = ("tirek_request_seconds_count", ("status", "2xx"), ("view", "health_live"))
    before = read(client).get(count, 0)
    for _time in range(3):
        client.get("/health/live")
    for number in range(20):
        client.get(f"/en/no-such-page-{number}/")
        client.get(f"/no-such-{number}.php")
    after = read(client)
    assert after[count] == before + 3
    assert not any("no-such" in str(name) for name in after)


def test_without_a_database_it_says_so_and_the_times_are_there(away):  # noqa: F811
    client = Client()
    client.get("/health/live")
    away()
    found = read(client)
    assert found["tirek_database_up",] == 0
    assert found["tirek_request_seconds_count", ("status", "2xx"), ("view", "health_live")] >= 1


def test_what_measuring_costs_a_request():
    request = RequestFactory().get("/")
    request.resolver_match = None
    answer = HttpResponse()
    measured = metrics.Times(lambda request: answer)
    measured(request)

    def seconds(call) -> float:
        began = time.process_time()
        for _time in range(5000):
            call(request)
        return (time.process_time() - began) / 5000

    assert min(seconds(measured) for _try in range(3)) < 50e-6


def test_files_of_an_earlier_start_go_when_none_of_its_processes_lives(tmp_path):
    mine, dead = tmp_path / f"histogram_{os.getpid()}.db", tmp_path / "histogram_99999999.db"
    for file in (mine, dead):
        file.write_bytes(b"")
    metrics._begin(tmp_path)
    assert dead.exists()  # its sums go on as long as a sibling lives
    mine.unlink()
    metrics._begin(tmp_path)
    assert list(tmp_path.iterdir()) == []
