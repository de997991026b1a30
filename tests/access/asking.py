"""Asking an address as somebody, and seeing what came of it without leaving anything behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpResponseBase
from django.test import Client

WRITES = re.compile(r'\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM|REPLACE INTO)\s+"?(\w+)', re.IGNORECASE)
REFUSED = {403, 404, 405, 410}
# Counters of requests and the sessions of the signed out are no records.
NOT_RECORDS = {"portal_ratecounter", "django_session"}


class Answer(NamedTuple):
    """`wrote`: the tables of records into which anything was written, were it the same as before."""

    status: int
    location: str
    text: str
    wrote: frozenset[str]

    @property
    def refused(self) -> bool:
        return self.status in REFUSED or "/account/login/" in self.location


@contextmanager
def watching() -> Iterator[set[str]]:
    """The tables that get a row, lose or change one meanwhile."""
    tables: set[str] = set()

    def note(execute, sql, params, many, context):
        if written := WRITES.match(sql):
            tables.add(written[1])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield tables


def text_of(response: HttpResponseBase) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode("utf-8", "replace")


def ask(client: Client, method: str, url: str, data: dict | None = None, **more) -> Answer:
    """The answer to one request, after which the database is as it was before. Fails when it is an error of the server."""
    with transaction.atomic():
        with watching() as wrote:
            send = getattr(client, method.lower())
            response = send(url, **more) if method == "TRACE" else send(url, data or {}, **more)
            text = text_of(response)
        transaction.set_rollback(True)
    assert response.status_code < 500, (method, url, response.status_code)
    return Answer(response.status_code, response.headers.get("Location", ""), text, frozenset(wrote - NOT_RECORDS))


def client_of(session: str) -> Client:
    """A browser with this session; with "", of somebody signed out."""
    client = Client()
    if session:
        client.cookies[settings.SESSION_COOKIE_NAME] = session
    return client


def session_of(user) -> str:
    """The key of a session in which `user` has just signed in."""
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client.cookies[settings.SESSION_COOKIE_NAME].value
