"""One id for all that one request brought about: in its answer, in every line of the log, and in the tasks it asked for."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from celery.signals import before_task_publish, task_postrun, task_prerun
from django.conf import settings
from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"
IN_TASK = "tirek_request_id"
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")

current: ContextVar[str] = ContextVar("request_id", default="")


class Trace:
    """Takes the id that the proxy in front has given, where there is one; nobody else's is believed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        said = request.META.get("HTTP_X_REQUEST_ID", "") if settings.ALLAUTH_TRUSTED_PROXY_COUNT else ""
        # Stays until this thread's next request: the handler logs after us.
        current.set(said if WELL_FORMED.fullmatch(said) else uuid.uuid4().hex)
        response = self.get_response(request)
        response.headers[HEADER] = current.get()
        return response


@before_task_publish.connect
def send_along(headers: dict | None = None, **kwargs) -> None:
    if headers is not None and (known := current.get()):
        headers[IN_TASK] = known


@task_prerun.connect
def take_over(task=None, task_id: str = "", **kwargs) -> None:
    """A task of the clock has no request: its own id stands for it. In the same process, as in tests, the request's goes on."""
    sent = getattr(task.request, IN_TASK, None)
    if sent or not current.get():
        current.set(sent or task_id)


@task_postrun.connect
def forget(task=None, task_id: str = "", **kwargs) -> None:
    if not task.request.is_eager:
        current.set("")
