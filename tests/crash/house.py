"""The portal as it really runs: web and worker under their supervisor, with a mail server beside them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from aiosmtpd.controller import Controller
from django.conf import settings
from django.db import connection

MARK = "TIREK_CRASH"
BIN = Path(sys.executable).parent
ROLES = {"gunicorn": "web", "\0worker\0": "worker", "\0beat\0": "clock"}


class Process(NamedTuple):
    pid: int
    role: str  # supervisor, web, web child, worker, clock


class Mailbox:
    """A mail server that keeps the Message-ID of every letter it has accepted, in order."""

    def __init__(self):
        self.ids: list[str] = []
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())

    async def handle_DATA(self, server, session, envelope):
        head = envelope.content.decode("utf-8", "replace").split("\r\n\r\n", 1)[0]
        self.ids += [line.split(":", 1)[1].strip() for line in head.split("\r\n") if line.startswith("Message-ID:")]
        return "250 OK"

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, *_error):
        self.controller.stop()


class House:
    """The processes of one portal over the test's database. `kill` is `kill -9`; the supervisor starts again what died.
    `more` goes into their environment."""

    def __init__(self, folder: Path, mail_port: int, **more: str):
        self.port, self.token, self.folder = free_port(), str(uuid4()), folder
        self.env = environment(folder) | {
            MARK: self.token,
            "VENV": str(BIN.parent),
            "PORT": str(self.port),
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(mail_port),
            **more,
        }
        self.supervisor: subprocess.Popen | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        (self.folder / "var").mkdir(exist_ok=True)  # where the supervisor writes down its number
        command = [BIN / "supervisord", "--configuration", settings.BASE_DIR / "portal" / "supervisor.conf"]
        with (self.folder / "house.log").open("a") as log:
            self.supervisor = subprocess.Popen(
                command, env=self.env, cwd=self.folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        try:
            until(self.answers, 60, "the portal answers")
            until(lambda: self.roles() >= Counter(worker=1, clock=1), 60, "worker and clock run")
        except BaseException:  # `with` ends only what has begun well
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error):
        self.supervisor.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.supervisor.wait(40)
        for process in self.processes():
            self.kill(process)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.base}/health/ready", timeout=5) as response:  # noqa: S310 - ours
                return response.status == 200
        except OSError:
            return False

    def processes(self) -> Iterator[Process]:
        """Everything that this house has started, by a mark in its environment."""
        mark = f"{MARK}={self.token}".encode()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                if mark not in (entry / "environ").read_bytes().split(b"\0"):
                    continue
                command = (entry / "cmdline").read_text()
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError, IndexError):  # it ended meanwhile, or is not ours to read
                continue
            if command:
                yield Process(int(entry.name), self._role(command, parent))

    def _role(self, command: str, parent: int) -> str:
        if "supervisord" in command:
            return "supervisor"
        kind = next((kind for word, kind in ROLES.items() if word in command), "other")
        return kind if parent == self.supervisor.pid else f"{kind} child"

    def roles(self) -> Counter:
        """How many processes of each role run."""
        return Counter(process.role for process in self.processes())

    def kill(self, process: Process) -> None:
        with suppress(ProcessLookupError):  # it was quicker
            os.kill(process.pid, signal.SIGKILL)


def environment(folder: Path) -> dict[str, str]:
    """For a process over the database of this test, with the keys of the suite and a broker of its own."""
    values = {name: value for name, value in os.environ.items() if name != "SITE_URL"}
    return values | {
        "PYTHONPATH": str(settings.BASE_DIR),
        "DATABASE_URL": database_url(),
        "VAR_DIR": str(folder),
        "KEYS_DIR": str(settings.KEYS_DIR),
        "SECRET_KEY": settings.SECRET_KEY,  # sessions are made here and read there
        "DEMO_MODE": "1",
        "DEBUG": "1",  # static files need no collecting
        "LOG_LEVEL": "ERROR",
    }


def database_url() -> str:
    row = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{row['NAME']}"
    return f"postgres://{row['USER']}:{row['PASSWORD']}@{row['HOST']}:{row['PORT']}/{row['NAME']}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(holds: Callable[[], object], seconds: float, what: str) -> None:
    """Waits until it holds; fails with `what` when that takes longer."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"{seconds} s have passed, but not yet: {what}"
        time.sleep(0.2)
