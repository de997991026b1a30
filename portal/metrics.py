"""What Prometheus gathers: how long requests take, and from the database how much waits. Numbers only, of a bounded number of kinds.

Each process writes its times into a file of its own under VAR_DIR/metrics (prometheus_client's multiprocess mode), and whoever is
asked adds the files of this machine up. Without METRICS_TOKEN nothing is measured and there is no page.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import MiddlewareNotUsed
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

FOLDER = settings.VAR_DIR / "metrics"
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(FOLDER))  # read when the library is imported

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest  # noqa: E402
from prometheus_client.core import GaugeMetricFamily  # noqa: E402
from prometheus_client.multiprocess import MultiProcessCollector  # noqa: E402

from portal import health, jobs  # noqa: E402

SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
KEPT, NO_VIEW = "kept page", "none"


class Source(NamedTuple):
    """One gauge that is read from the database: its name, what it means, its one label or none, and numbers by label."""

    name: str
    meaning: str
    label: str
    read: Callable[[], Mapping[str, float]]


_sources: list[Source] = []


def provide(name: str, meaning: str, label: str, read: Callable[[], Mapping[str, float]]) -> None:
    """Apps add theirs in `AppConfig.ready()`. `read` costs a constant number of queries; its labels are of a fixed set."""
    _sources.append(Source(name, meaning, label, read))


class Times:
    """How long each request took, by the name of its view and the class of its status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        if not settings.METRICS_TOKEN:
            raise MiddlewareNotUsed
        self.get_response = get_response
        _begin(FOLDER)
        self.histogram = Histogram(
            "tirek_request_seconds",
            "Time from the first to the last middleware.",
            ["view", "status"],
            buckets=SECONDS,
            registry=None,
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        status = f"{response.status_code // 100}xx"
        self.histogram.labels(_view(request, response), status).observe(time.perf_counter() - began)
        return response


def _view(request: HttpRequest, response: HttpResponse) -> str:
    if match := request.resolver_match:
        return match.view_name or NO_VIEW
    return KEPT if response.status_code in {200, 304} else NO_VIEW


def _begin(folder: Path) -> None:
    """Files of an earlier start of the web are deleted when none of its processes lives: sooner, the sums would fall."""
    folder.mkdir(exist_ok=True)
    files = list(folder.glob("*.db"))
    if not any(Path(f"/proc/{file.stem.rpartition('_')[2]}").exists() for file in files):
        for file in files:
            with suppress(FileNotFoundError):  # a sibling was faster
                file.unlink()


class FromDatabase:
    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("tirek_database_up", "Whether the database answered.")
        try:
            found = [_gauge(source) for source in _sources]
        except DatabaseError:
            found = []
        up.add_metric([], float(bool(found)))
        return iter([up, *found])


def _gauge(source: Source) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(source.name, source.meaning, labels=[source.label] if source.label else [])
    for label, value in source.read().items():
        gauge.add_metric([label] if source.label else [], value)
    return gauge


def _queue_age() -> dict[str, float]:
    now, oldest = timezone.now(), health.oldest_letter()
    return {"": (now - oldest).total_seconds() if oldest else 0}


def _of_jobs() -> dict[str, float]:
    states = jobs.states()
    now = timezone.now()
    return {state.job.name: (now - state.since).total_seconds() for state in states}


def _late_jobs() -> dict[str, float]:
    return {"": sum(state.is_late for state in jobs.states())}


def register_own() -> None:
    provide("tirek_letters", "Letters and text messages in each state.", "state", health.letters_by_state)
    provide("tirek_queue_age_seconds", "Since when the oldest letter that is due waits; 0: none does.", "", _queue_age)
    provide("tirek_job_seconds_since_success", "Since a periodic job last succeeded.", "job", _of_jobs)
    provide("tirek_jobs_late", "Periodic jobs that are late.", "", _late_jobs)


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For whoever brings METRICS_TOKEN as a Bearer; 404 where none is set, 401 for everybody else."""
    if not settings.METRICS_TOKEN:
        raise Http404
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    registry = CollectorRegistry()
    FOLDER.mkdir(exist_ok=True)
    MultiProcessCollector(registry, path=str(FOLDER))
    registry.register(FromDatabase())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
