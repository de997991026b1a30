"""The virus scanner: asked where one is set, believed, and not done without."""

from __future__ import annotations

import logging
import socket
import struct
import threading

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from portal import checks, scanner, uploads
from tests.papers import a_picture

PHOTO = a_picture("JPEG", (300, 300))


class Clamd(threading.Thread):
    """Speaks as clamd does to one caller: takes the stream, keeps it, gives `answer` (None: it never answers)."""

    def __init__(self, server: socket.socket, answer: bytes | None):
        super().__init__(daemon=True)
        self.server, self.answer, self.heard = server, answer, b""
        server.listen(1)
        self.start()

    def run(self):
        caller, _ = self.server.accept()
        with caller, caller.makefile("rb") as stream:
            if stream.read(10) != b"zINSTREAM\0":
                return
            while size := struct.unpack("!L", stream.read(4))[0]:
                self.heard += stream.read(size)
            if self.answer is None:
                caller.recv(1)  # until the caller has had enough
            else:
                caller.sendall(self.answer + b"\0")


@pytest.fixture
def clamd(settings):
    """`clamd(answer)` → one that listens where CLAMD says."""
    servers = []

    def make(answer: bytes | None) -> Clamd:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)
        settings.CLAMD = f"127.0.0.1:{server.getsockname()[1]}"
        return Clamd(server, answer)

    yield make
    for server in servers:
        server.close()


def refusal() -> str:
    with pytest.raises(ValidationError) as refused:
        uploads.clean_upload(SimpleUploadedFile("photo.jpg", PHOTO))
    assert refused.value.messages[0]
    return refused.value.code


def test_it_gets_the_file_as_it_came_and_a_clean_one_is_kept(clamd):
    daemon = clamd(b"stream: OK")
    assert uploads.clean_upload(SimpleUploadedFile("photo.jpg", PHOTO))[1] == "image/jpeg"
    daemon.join(5)
    assert daemon.heard == PHOTO


def test_a_large_file_goes_in_parts(clamd):
    daemon = clamd(b"stream: OK")
    content = bytes(range(256)) * 1000
    scanner.scan(content)
    daemon.join(5)
    assert daemon.heard == content and len(content) > scanner.CHUNK_BYTES


def test_by_a_socket_in_the_file_system(settings, tmp_path):
    settings.CLAMD = str(tmp_path / "clamd")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(settings.CLAMD)
        Clamd(server, b"stream: OK")
        scanner.scan(b"x")


def test_an_infected_file_is_refused_and_logged_without_its_name(clamd, caplog):
    clamd(b"stream: Win.Test.EICAR_HDB-1 FOUND")
    assert refusal() == "infected"
    assert "Win.Test.EICAR_HDB-1" in caplog.text and "photo.jpg" not in caplog.text


@pytest.mark.parametrize("answer", [b"INSTREAM size limit exceeded. ERROR", b"", b"stream: OK FOUND ERROR"])
def test_what_is_no_verdict_lets_nothing_through(clamd, answer):
    clamd(answer)
    assert refusal() == "not_scanned"


def test_nothing_is_let_through_while_it_is_down_and_operators_are_told(settings, caplog):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        settings.CLAMD = f"127.0.0.1:{closed.getsockname()[1]}"
    assert refusal() == "not_scanned"
    told = [record.levelno for record in caplog.records if record.name == "portal.uploads"]
    assert told == [logging.ERROR]
    assert "portal.E018" in {error.id for error in checks.ready_for_people(None)}


@pytest.mark.parametrize("address", ["clamd", "host:port", "/no/such/socket"])
def test_a_wrong_address_lets_nothing_through(settings, address):
    settings.CLAMD = address
    assert refusal() == "not_scanned"


def test_one_that_hangs_is_given_up(clamd, monkeypatch):
    monkeypatch.setattr(scanner, "SECONDS", 0.2)
    clamd(None)
    assert refusal() == "not_scanned"


def test_without_the_setting_nobody_is_asked(settings):
    settings.CLAMD = ""
    assert uploads.clean_upload(SimpleUploadedFile("photo.jpg", PHOTO))
