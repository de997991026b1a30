"""Asking a worker to do something soon. It is a hint: what was asked for stands in a row, and is found there when the hint is lost."""

from __future__ import annotations

import functools
from pathlib import Path

from celery import Task, current_app
from django.conf import settings
from kombu import Connection
from kombu.pools import producers

from portal.outage import Away

SECONDS = 1  # to wait for the broker, in all
# A connection that Redis has dropped meanwhile shows when it is used: then one new one.
ONCE_MORE = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}
away = Away()


def ask(task: Task, *args) -> bool:
    """Hands the task to a worker; False when the broker does not take it. Never raises, and gives up within about a second;
    for some seconds after that this process does not try again."""
    if away:
        return False
    try:
        with producers[_connection()].acquire(block=True, timeout=SECONDS) as producer:
            task.apply_async(args, producer=producer, retry=True, retry_policy=ONCE_MORE)
    except Exception as error:  # whatever a broker, its client or a full disk throws: the row stands
        away.note("broker", error)
        return False
    return True


def answers() -> bool:
    """Whether the broker would take something now."""
    if not settings.REDIS_URL:
        return _has_room(Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_out"]))
    try:
        with _connection().clone() as connection:
            connection.ensure_connection(timeout=SECONDS, **ONCE_MORE)
    except Exception:
        return False
    return True


def _has_room(folder: Path) -> bool:
    probe = folder.parent / "probe"
    try:
        probe.write_bytes(b"?" * 512)
        probe.unlink()
    except OSError:
        return False
    return True


@functools.cache
def _connection() -> Connection:
    """Of one's own: a worker waits longer for its broker than a page may."""
    times = {"socket_timeout": SECONDS, "socket_connect_timeout": SECONDS} if settings.REDIS_URL else {}
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS | times | ONCE_MORE
    return current_app.connection_for_write(
        settings.CELERY_BROKER_URL, transport_options=options, connect_timeout=SECONDS
    )
