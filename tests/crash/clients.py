"""A mentor at his browser while the portal is killed under him: what it does not answer he does again."""

from __future__ import annotations

import http.client
import random
import re
import threading
import time
import urllib.parse
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle

CANCEL = re.compile(r'/bookings/([0-9a-f-]{36})/cancel/"')
PATIENCE = 90  # seconds without one answer


class NoAnswer(Exception):
    """The connection broke, or the answer was the server's failure."""


@dataclass
class Seen:
    """What the portal has told him: bookings it has shown, and those it has said are cancelled."""

    booked: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    asked_to_cancel: set[str] = field(default_factory=set)
    lost: list[str] = field(default_factory=list)  # it said "booked" and then showed no booking
    refused: int = 0
    unanswered: int = 0


class Mentor(threading.Thread):
    """Books and cancels until `stop`; every choice comes from `seed`."""

    def __init__(self, base: str, session_cookie: str, sessions: list[str], stop: threading.Event, seed: int):
        super().__init__(daemon=True)
        self.host, self.base = urllib.parse.urlsplit(base).netloc, base
        self.cookies = {"session": session_cookie}
        self.sessions, self.stop, self.random = sessions, stop, random.Random(seed)
        self.seen, self.holds = Seen(), {}
        self.failure: BaseException | None = None

    def run(self):
        try:
            while not self.stop.is_set():
                self.act()
        except BaseException as error:  # told by the test
            self.failure = error

    def act(self) -> None:
        session = self.random.choice(self.sessions)
        if session in self.holds:
            self.cancel(session)
        else:
            self.book(session)
        self.stop.wait(self.random.uniform(0, 0.1))

    def book(self, session: str) -> None:
        status, _page = self.insist("POST", f"/en/sessions/{session}/book/")
        assert status in {302, 409}, status
        self.seen.refused += status == 409
        _status, page = self.insist("GET", f"/en/sessions/{session}/")
        shown = CANCEL.search(page)
        if shown:
            self.holds[session] = shown[1]
            self.seen.booked.add(shown[1])
        elif status == 302:
            self.seen.lost.append(session)

    def cancel(self, session: str) -> None:
        booking = self.holds.pop(session)
        self.seen.asked_to_cancel.add(booking)
        status, _page = self.insist("POST", f"/en/bookings/{booking}/cancel/")
        assert status == 302, status
        self.seen.cancelled.add(booking)

    def insist(self, method: str, path: str) -> tuple[int, str]:
        """Asks until there is an answer, the same thing again and again, as somebody who presses the button again."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return self.ask(method, path)
            except NoAnswer as reason:
                self.seen.unanswered += 1
                assert time.monotonic() < end, f"no answer for {PATIENCE} s: {reason}"
                time.sleep(0.3)

    def ask(self, method: str, path: str) -> tuple[int, str]:
        if method == "POST" and "csrf" not in self.cookies:
            self.ask("GET", "/en/my/bookings/")
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), "Origin": self.base}
        body = f"csrfmiddlewaretoken={self.cookies.get('csrf', '')}" if method == "POST" else None
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection(self.host, timeout=20)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(type(error).__name__) from error
        finally:
            connection.close()
        if response.status >= 500:
            raise NoAnswer(str(response.status))
        for header in response.headers.get_all("Set-Cookie", []):
            name, _equals, value = header.split(";")[0].partition("=")
            if name == "csrf":
                self.cookies[name] = value
        return response.status, text


@contextmanager
def at_work(cookies: Iterable[str], sessions: list[str], bases: list[str], seed: int) -> Iterator[list[Mentor]]:
    """Mentors who book and cancel all the while, each at one of the addresses of the portal. Fails where one of them did."""
    stop = threading.Event()
    places = zip(cookies, cycle(bases), strict=False)
    mentors = [Mentor(base, cookie, sessions, stop, seed + turn) for turn, (cookie, base) in enumerate(places)]
    for mentor in mentors:
        mentor.start()
    try:
        yield mentors
    finally:
        stop.set()
        for mentor in mentors:
            mentor.join(PATIENCE)
    assert not any(mentor.is_alive() for mentor in mentors)
    assert [mentor.failure for mentor in mentors if mentor.failure] == []
