"""How many letters two workers bring to a mail server in a second; see README.md. The workers are real ones, with the broker
and the database of the environment; the mail server is a bare one in this process that keeps only the Message-IDs."""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

from ground import ROOT

# isort: split
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

from portal import mail
from portal.models import OutgoingMessage

KEY, AT_LEAST = "benchmark:", 150  # letters a second, issue 7
WORKER = ["--app", "portal", "worker", "--pool", "solo", "--loglevel", "error", "--without-mingle", "--without-gossip"]
ANSWERS = {b"EHLO": b"250 sink", b"HELO": b"250 sink", b"DATA": b"354 go on", b"QUIT": b"221 bye"}


class Sink:
    """Takes every letter, over as many connections as there come."""

    def __init__(self, expected: int):
        self.ids: list[str] = []
        self.connections, self.expected, self.whole = 0, expected, asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.write(b"220 sink\r\n")
        while line := await reader.readline():
            word = line[:4].upper().strip()
            writer.write(ANSWERS.get(word, b"250 ok") + b"\r\n")
            if word == b"DATA":
                self._take(await reader.readuntil(b"\r\n.\r\n"))
                writer.write(b"250 taken\r\n")
            if word == b"QUIT":
                break
        writer.close()

    def _take(self, letter: bytes) -> None:
        head = letter.split(b"\r\n\r\n", 1)[0].split(b"\r\n")
        self.ids += [line.split(b":", 1)[1].strip().decode() for line in head if line.startswith(b"Message-ID:")]
        if len(self.ids) >= self.expected:
            self.whole.set()


@transaction.atomic
def write(count: int) -> None:
    mail.queue_many(
        mail.Letter(
            name="volunteers/application_received",
            to=mail.Recipient("kk", email=f"reader{number}@demo.example"),
            context={},
            dedupe_key=f"{KEY}{number}",
            action=("my_home",),
        )
        for number in range(count)
    )


def forget() -> None:
    OutgoingMessage.objects.filter(dedupe_key__startswith=KEY).delete()


def seconds_of(processes: list[subprocess.Popen]) -> float:
    """Time of the processor, their own and the system's for them."""
    fields = [Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split() for process in processes]
    return sum(int(row[11]) + int(row[12]) for row in fields) / os.sysconf("SC_CLK_TCK")


async def measure(count: int, workers: int) -> None:
    sink = Sink(count)
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    env = os.environ | {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(port), "LOG_LEVEL": "ERROR"}
    command = [Path(sys.executable).parent / "celery", *WORKER]
    running = [subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL) for _worker in range(workers)]  # noqa: S603
    try:
        await asyncio.sleep(10)  # until they wait for work
        idle, began = seconds_of(running), time.perf_counter()
        await sync_to_async(write)(count)
        written = time.perf_counter()
        await asyncio.wait_for(sink.whole.wait(), 600)
        took = time.perf_counter() - written
        await asyncio.sleep(2)  # whatever comes twice
        worked = (seconds_of(running) - idle) / count
    finally:
        for worker in running:
            worker.terminate()
        for worker in running:
            worker.wait(30)
        server.close()
    rate, mark = count / took, "" if count / took >= AT_LEAST else " !"
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    sys.stdout.write(
        f"{connection.vendor}, {'redis' if settings.REDIS_URL else 'files'}, {workers} workers: {count} letters written in "
        f"{written - began:.1f} s, sent in {took:.1f} s: {rate:.0f} a second{mark}; {worked * 1000:.1f} ms of the workers' processors each; {sink.connections} connections, "
        f"{len(sink.ids) - len(set(sink.ids))} letters twice; load of the machine {load}\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--letters", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    call_command("migrate", verbosity=0)
    forget()
    try:
        asyncio.run(measure(asked.letters, asked.workers))
    finally:
        forget()


if __name__ == "__main__":
    main()
