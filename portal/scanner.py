"""Asks a ClamAV daemon about a file, where the setting CLAMD names one."""

from __future__ import annotations

import socket
import struct

from django.conf import settings

CHUNK_BYTES = 64 * 1024
SECONDS = 20  # for each step: a request does not wait longer for a daemon that hangs


class Infected(Exception):
    """Says what was found, in the scanner's words."""


class NoAnswer(Exception):
    """There is a scanner, but no verdict: it cannot be reached, is too slow, or refuses the file's size."""


def scan(content: bytes) -> None:
    """Returns when the scanner found nothing, or when CLAMD is empty. Raises `Infected` or `NoAnswer`.

    INSTREAM of clamd(8): the command, chunks that begin with their length in four bytes, a length of zero.
    """
    if not settings.CLAMD:
        return
    try:
        with _connect(settings.CLAMD) as clamd:
            clamd.sendall(b"zINSTREAM\0")
            for start in range(0, len(content), CHUNK_BYTES):
                chunk = content[start : start + CHUNK_BYTES]
                clamd.sendall(struct.pack("!L", len(chunk)) + chunk)
            clamd.sendall(struct.pack("!L", 0))
            verdict = _line(clamd)
    except (OSError, ValueError) as error:
        raise NoAnswer(f"{settings.CLAMD}: {error}") from error
    if verdict.endswith(" FOUND"):
        raise Infected(verdict.removeprefix("stream: ").removesuffix(" FOUND"))
    if verdict != "stream: OK":
        raise NoAnswer(f"{settings.CLAMD}: {verdict}")


def _connect(address: str) -> socket.socket:
    if address.startswith("/"):
        clamd = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        clamd.settimeout(SECONDS)
        clamd.connect(address)
        return clamd
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=SECONDS)


def _line(clamd: socket.socket) -> str:
    answer = b""
    while b"\0" not in answer and len(answer) < 1024 and (part := clamd.recv(1024)):
        answer += part
    return answer.split(b"\0")[0].decode(errors="replace")
