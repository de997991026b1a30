"""Servers of a test's own, which it may kill: PostgreSQL with a copy of the test's database, and Redis."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

from django.db import connection

from tests.crash.house import free_port, until

HOST = "127.0.0.1"


class Server:
    """`kill` is `kill -9` of it and of all its children; `start` starts it again where it lay."""

    def __init__(self, folder: Path):
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen | None = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_error):
        self.kill()

    def kill(self) -> None:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        victims = [self.process.pid, *map(int, children.read_text().split())] if self.process.poll() is None else []
        for pid in victims:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in victims), 10, "it is dead")


class Redis(Server):
    """Keeps nothing: what it held is gone with it."""

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    def start(self) -> None:
        command = ["redis-server", "--bind", HOST, "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL)
        until(self.answers, 20, "Redis answers")

    def answers(self) -> bool:
        asked = subprocess.run(["redis-cli", "-p", str(self.port), "ping"], check=False, capture_output=True)
        return asked.stdout.strip() == b"PONG"


class Postgres(Server):
    """The version that is installed, under its own user where the test runs as root: PostgreSQL refuses to be root's."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.bin = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        self.data = Path(tempfile.mkdtemp(prefix="tirek-postgres-"))  # not in `folder`, which is its owner's alone
        self.user = {}
        if os.getuid() == 0:
            shutil.chown(self.data, "postgres", "postgres")
            self.user = {"user": "postgres", "group": "postgres", "extra_groups": []}
        self.run(
            "initdb", "--pgdata", self.data, "--username", "tirek", "--auth", "trust", "--no-sync", "--encoding", "UTF8"
        )

    def __exit__(self, *error):
        super().__exit__(*error)
        shutil.rmtree(self.data)

    def run(self, program: str, *arguments, **more) -> subprocess.CompletedProcess:
        command = [self.bin / program, *map(str, arguments)]
        return subprocess.run(command, check=True, capture_output=True, cwd=self.data, **self.user, **more)

    def start(self) -> None:
        command = [self.bin / "postgres", "-D", self.data, "-p", str(self.port), "-h", HOST, "-k", self.data]
        with (self.folder / "postgres.log").open("a") as log:
            self.process = subprocess.Popen(command, cwd=self.data, stdout=log, stderr=log, **self.user)
        until(self.answers, 30, "PostgreSQL answers")

    def answers(self) -> bool:
        with suppress(subprocess.CalledProcessError):
            self.run("pg_isready", "-h", HOST, "-p", self.port)
            return True
        return False

    @contextmanager
    def holding_the_test(self):
        """A copy of the test's database lies here, and the test itself asks this server as long as it lasts."""
        theirs, there = connection.settings_dict, connection.settings_dict | {"HOST": HOST, "PORT": str(self.port)}
        connection.close()
        password = {"PGPASSWORD": theirs["PASSWORD"]}
        at = ["-h", theirs["HOST"], "-p", str(theirs["PORT"] or 5432), "-U", theirs["USER"]]
        dump = subprocess.run(
            [self.bin / "pg_dump", *at, "-Fc", theirs["NAME"]],
            env=os.environ | password,
            check=True,
            capture_output=True,
        )
        here = ["-h", HOST, "-p", self.port, "-U", "tirek"]
        self.run("createdb", *here, theirs["NAME"])
        self.run("pg_restore", *here, "--no-owner", "-d", theirs["NAME"], input=dump.stdout)
        connection.settings_dict = there | {"USER": "tirek"}
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict = theirs
