"""Fifty who send a byte now and then keep nobody else waiting: the web as `make run` starts it, without a proxy."""

from __future__ import annotations

import configparser
import shlex
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
from django.conf import settings

from tests.crash.house import BIN, environment, free_port, until

pytestmark = pytest.mark.django_db(transaction=True)  # without it there is no database for the server
CLIENTS = 50
SECONDS = 1.0  # the 95th of a hundred answers, for the others
PAGES = ("/health/live", "/kk/become-a-mentor/")
HEAD = "{} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
SLOW = {
    "silent": "",
    "a head without an end": HEAD.format("GET /kk/become-a-mentor/") + "X-Slow: ",
    "a body without an end": HEAD.format("POST /kk/account/login/")
    + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\nlogin=",
}


def command(port: int) -> list[str]:
    """As it stands in portal/supervisor.conf."""
    conf = configparser.RawConfigParser()
    conf.read(settings.BASE_DIR / "portal" / "supervisor.conf")
    line = conf["program:web"]["command"]
    return shlex.split(line.replace("%(ENV_VENV)s", str(BIN.parent)).replace("%(ENV_PORT)s", str(port)))


@pytest.fixture(scope="module")
def port(django_db_setup, tmp_path_factory) -> Iterator[int]:
    folder, port = tmp_path_factory.mktemp("slow"), free_port()
    env = environment(folder)
    subprocess.run([BIN / "python", settings.BASE_DIR / "manage.py", "createcachetable"], env=env, check=True)
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command(port), env=env, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        try:
            until(lambda: all(answered(port, page) for page in PAGES), 90, "the web answers")
            yield port
        finally:
            server.terminate()
            server.wait(30)


def answered(port: int, page: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{page}", timeout=10) as response:
            return response.status == 200
    except OSError:
        return False


@contextmanager
def slow_clients(port: int, begin: str) -> Iterator[None]:
    """Each begins a request and goes on a byte at a time; who is hung up on comes again."""

    def dial() -> socket.socket:
        line = socket.create_connection(("127.0.0.1", port), timeout=10)
        line.sendall(begin.encode())
        return line

    def drip() -> None:
        while not over.wait(0.5):
            for number, line in enumerate(lines):
                try:
                    line.sendall(b"x" if begin else b"")
                    if not begin and line.recv(1, socket.MSG_DONTWAIT) == b"":
                        raise ConnectionResetError
                except BlockingIOError:
                    continue
                except OSError:
                    with suppress(OSError):
                        lines[number] = dial()

    over, lines = threading.Event(), [dial() for _number in range(CLIENTS)]
    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        yield
    finally:
        over.set()
        dripping.join()
        with ExitStack() as closing:
            for line in lines:
                closing.callback(line.close)


@pytest.mark.parametrize("how", SLOW)
def test_fifty_slow_clients_keep_nobody_waiting(port, how):
    taken = []
    with slow_clients(port, SLOW[how]):
        time.sleep(1)
        for page in PAGES * 50:
            began = time.monotonic()
            assert answered(port, page), page
            taken.append(time.monotonic() - began)
    assert sorted(taken)[94] < SECONDS, sorted(taken)[-10:]
