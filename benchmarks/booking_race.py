"""Forty clicks on "Book" at the same moment, over HTTP; see README.md. The portal runs with the demo people.

    python benchmarks/booking_race.py --base http://127.0.0.1:8000 --rounds 100 --shape place
    python benchmarks/booking_race.py --base http://127.0.0.1:8000 --rounds 100 --shape mentor

`place`: each round is a fresh session with one place (`manage.py open_sessions`), for which forty mentors click. `mentor`:
each round is forty sessions at one moment in as many schools, for which one mentor clicks in forty windows; another one
in the next round. A round is right when exactly one is sent to his booking, everybody else is refused with 409, and the
pages of the round's sessions say that one place is taken.
"""

from __future__ import annotations

import argparse
import copy
import http.client
import http.cookies
import json
import re
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "Tirek-demo-2026"  # noqa: S105 - of invented people
CLIENTS = 40


class Browser:
    """One signed-in person with his cookies."""

    def __init__(self, base: str, email: str):
        self.host = urllib.parse.urlsplit(base).netloc
        self.base, self.cookies = base, {}
        self.post("/en/account/login/", login=email, password=PASSWORD)
        if "session" not in self.cookies:
            raise SystemExit(f"{email} cannot sign in: is the demo loaded?")

    def window(self) -> Browser:
        """Another window of the same person."""
        other = copy.copy(self)
        other.cookies = dict(self.cookies)
        return other

    def ask(self, method: str, path: str, body: str = "") -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if method == "POST":
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.base}
        connection = http.client.HTTPConnection(self.host, timeout=60)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        for header in response.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in http.cookies.SimpleCookie(header).items()}
        return response.status, text

    def post(self, path: str, **fields: str) -> int:
        self.ask("GET", path)
        return self.send(path, **fields)

    def send(self, path: str, **fields: str) -> int:
        fields["csrfmiddlewaretoken"] = self.cookies["csrf"]
        return self.ask("POST", path, urllib.parse.urlencode(fields))[0]


def race(browsers: list[Browser], paths: list[str]) -> tuple[Counter, list[float]]:
    """Each browser books at its path; the answers and the seconds each took."""
    barrier = threading.Barrier(len(browsers))

    def press(browser: Browser, path: str) -> tuple[int, float]:
        barrier.wait()
        begun = time.perf_counter()
        return browser.send(path), time.perf_counter() - begun

    with ThreadPoolExecutor(len(browsers)) as pool:
        answers = list(pool.map(press, browsers, paths))
    return Counter(status for status, _seconds in answers), [seconds for _status, seconds in answers]


def open_sessions(rounds: int, beside: int) -> dict:
    command = [sys.executable, str(ROOT / "manage.py"), "open_sessions", "--json", str(rounds), "--beside", str(beside)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603


def taken_in(browser: Browser, sessions: list[dict]) -> int:
    """How many places the pages of these sessions say are taken."""
    pages = [browser.ask("GET", urllib.parse.urlsplit(session["url"]).path)[1] for session in sessions]
    return sum(int(re.search(r'data-taken="(\d+)"', page)[1]) for page in pages)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default="http://127.0.0.1:8000")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--shape", choices=["place", "mentor"], default="place")
    options = parser.parse_args()
    beside = CLIENTS if options.shape == "mentor" else 1
    opened = open_sessions(options.rounds, beside)
    emails = opened["mentors"][:CLIENTS]
    print(f"{len(emails)} mentors, {options.rounds} rounds, shape {options.shape}")
    browsers = [Browser(options.base, email) for email in emails]
    wrong, total, times = 0, Counter(), []
    for number in range(options.rounds):
        sessions = opened["sessions"][number * beside : (number + 1) * beside]
        paths = [urllib.parse.urlsplit(session["book_url"]).path for session in sessions]
        crowd = [browsers[number % len(browsers)].window() for _path in paths] if beside > 1 else browsers
        answers, seconds = race(crowd, paths if beside > 1 else paths * len(crowd))
        wrong += answers != {302: 1, 409: len(crowd) - 1} or taken_in(browsers[0], sessions) != 1
        total += answers
        times += seconds
    quick = statistics.quantiles(times, n=100)
    print(f"answers {dict(total)}, wrong rounds {wrong} of {options.rounds}")
    print(f"median {quick[49] * 1000:.0f} ms, 99 of 100 within {quick[98] * 1000:.0f} ms")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
