"""Bytes that no browser sends, to the server as it really runs."""

from __future__ import annotations

import re
import socket
import subprocess
import urllib.request
from collections.abc import Iterator

import pytest
from django.conf import settings

from tests.crash.house import BIN, environment, free_port, until

UP = "../" * 8
FILES = (
    "etc/passwd", "etc/hosts", "proc/self/environ", "proc/self/cmdline",
)  # fmt: skip
CLIMBS = (
    UP, "..%2f" * 8, "%2e%2e/" * 8, "%2e%2e%2f" * 8, "..%252f" * 8, "..\\" * 8, "..%5c" * 8, "....//" * 8, "%c0%ae%c0%ae/" * 8,
)  # fmt: skip
PLACES = ("/static/", "/pictures/", "/", "/documents/1/")
STRAYS = (
    "/.env", "/.git/config", "/.git/HEAD", "/db.sqlite3", "/var/db.sqlite3", "/media/", "/media/original_images/", "/private/",
    "/keys/secret_key", "/var/keys/secret_key", "/static/", "/pictures/", "/manage.py", "/portal/settings.py", "/requirements.txt",
    "/static/../portal/settings.py", "/static//etc/passwd", "//etc/passwd", "/static/.DS_Store", "/admin/", "/server-status",
    "/__debug__/", "/static/%00", "/pictures/%00.png", "/pictures/..", "/backup.zip", "/web.config", "/wp-login.php",
)  # fmt: skip
SECRET = re.compile(
    rb"root:x:0|SECRET_KEY|SQLite format|INSTALLED_APPS|\[core\]|localhost\s+ip6|DATABASE_URL|gunicorn --bind"
)


@pytest.fixture(scope="module")
def port(django_db_setup, tmp_path_factory) -> Iterator[int]:
    """One web process over the database of the tests, into which nothing is written here but counters of requests."""
    folder, port = tmp_path_factory.mktemp("wire"), free_port()
    env = environment(folder) | {"DEBUG": ""}
    for command in (["createcachetable"], ["collectstatic", "--noinput"]):
        subprocess.run(
            [BIN / "python", settings.BASE_DIR / "manage.py", *command], env=env, check=True, capture_output=True
        )
    command = [BIN / "gunicorn", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "4"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [*command, "--no-control-socket", "portal.wsgi:application"],
            env=env, cwd=folder, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            until(lambda: alive(port), 90, "the server answers")
            yield port
        finally:
            server.terminate()
            server.wait(30)


def alive(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=5) as response:
            return response.status == 200
    except OSError:
        return False


def talk(port: int, sent: bytes) -> bytes:
    """All that the server says to these bytes until it hangs up or is silent for some seconds."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(sent)
        line.settimeout(8)
        try:
            while part := line.recv(65536):
                received += part
        except (TimeoutError, ConnectionResetError):
            pass
    return received


def get(port: int, path: str) -> bytes:
    return talk(port, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode("latin-1"))


def post(port: int, body: bytes, *headers: str) -> bytes:
    head = [f"POST /kk/account/login/ HTTP/1.1\r\nHost: 127.0.0.1:{port}", *headers]
    return talk(port, "\r\n".join(head).encode() + b"\r\n\r\n" + body)


def statuses(received: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", received)]


@pytest.mark.parametrize("place", PLACES)
def test_no_way_up(port, place):
    for climb in CLIMBS:
        for file in FILES[:2] if climb != UP else FILES:
            answer = get(port, f"{place}{climb}{file}")
            assert not SECRET.search(answer), (place, climb)
            assert all(status < 500 and status != 200 for status in statuses(answer)), (place, climb, statuses(answer))


@pytest.mark.parametrize("path", STRAYS)
def test_nothing_lies_about(port, path):
    answer = get(port, path)
    assert not SECRET.search(answer)
    assert set(statuses(answer)) <= {301, 302, 400, 403, 404}, statuses(answer)


FORM = "Content-Type: application/x-www-form-urlencoded"
AGAIN = b"GET /kk/staff/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
UNCLEAR = {
    "length and chunks": ((FORM, "Content-Length: 4", "Transfer-Encoding: chunked", "Connection: close"), b"0\r\n\r\n" + AGAIN),
    "two lengths": ((FORM, "Content-Length: 4", "Content-Length: 60", "Connection: close"), b"a=bc" + AGAIN),
    "an odd coding": ((FORM, "Transfer-Encoding: xchunked", "Connection: close"), b"0\r\n\r\n" + AGAIN),
    "a hidden coding": ((FORM, "Transfer-Encoding : chunked", "Content-Length: 4", "Connection: close"), b"0\r\n\r\n" + AGAIN),
    "a negative length": ((FORM, "Content-Length: -1", "Connection: close"), AGAIN),
    "a length in words": ((FORM, "Content-Length: 4,4", "Connection: close"), b"a=bc" + AGAIN),
    "a huge header": ((FORM, "Connection: close", "X-Long: " + "x" * 70_000), b""),
    "very many headers": ((FORM, "Connection: close", *(f"X-{number}: x" for number in range(300))), b""),
    "a huge cookie": ((FORM, "Connection: close", "Cookie: session=" + "x" * 7000), b""),
    "a broken cookie": ((FORM, "Connection: close", 'Cookie: session="; csrf=\xff; =; ;;;'), b""),
}  # fmt: skip


@pytest.mark.parametrize("how", UNCLEAR)
def test_what_can_be_read_in_two_ways_is_answered_once(port, how):
    headers, body = UNCLEAR[how]
    answer = post(port, body, *headers)
    assert len(statuses(answer)) <= 1, statuses(answer)
    assert all(status < 500 or status == 501 for status in statuses(answer)), statuses(answer)  # 501: an unknown coding
    assert b"Traceback" not in answer


@pytest.mark.parametrize(
    "charset", ["utf-16", "utf-32", "utf-7", "koi8-r", "nothing", "", "utf-8; charset=utf-16", "\xff"]
)
def test_an_odd_charset_is_a_bad_request(port, charset):
    sent = (f"{FORM}; charset={charset}", "Connection: close", "Content-Length: 7", f"Cookie: csrf={'a' * 32}")
    (status,) = statuses(post(port, b"login=x", *sent))
    assert status in {400, 403}


@pytest.mark.parametrize(
    "line", [b"GET", b"GET /\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00", b"G\0T / HTTP/1.1\r\n\r\n"]
)
def test_what_is_no_request_stops_nobody(port, line):
    assert all(status in {400, 505} for status in statuses(talk(port, line + b"\r\n\r\n")))
    assert alive(port)


@pytest.mark.django_db(transaction=True)  # without a test that says so, pytest-django makes no database for the server
def test_the_server_says_nothing_of_itself(port):
    answer = get(port, "/kk/no-such-page/").partition(b"\r\n\r\n")[0].lower()
    assert b"python" not in answer and b"django" not in answer and b"x-powered-by" not in answer
    assert re.findall(rb"\r\nserver: (.*)", answer) in ([], [b"gunicorn\r"], [b"gunicorn"]), settings.SITE_URL
