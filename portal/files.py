"""Private files: what `portal.uploads` let in, encrypted, in the storage "private", served by `serve()` after the caller's
check.

Each file has a random key of its own, sealed by the key ring, and is stored in records of 64 KiB under a random
name. The record's number and a last-record mark are bound into each record: truncation, reordering and exchange
with another file are noticed. Destroying the sealed key erases the file in every backup.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.files import File
from django.core.files.storage import storages
from django.http import StreamingHttpResponse
from django.utils.translation import gettext_lazy as _

from portal import crypto, watch
from portal.refusals import NotStored, Reason, Refused

RECORD_BYTES = 64 * 1024
IN_MEMORY_BYTES = 32 * 1024 * 1024  # what is larger waits on the disk, encrypted, until the storage has taken it
EXTENSIONS = {"application/pdf": "pdf", "application/zip": "zip", "image/jpeg": "jpg", "image/png": "png"}
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class StoredFile:
    name: str
    sealed_key: bytes
    sha256: str
    mime: str
    size: int


def place(name: str) -> str:
    """The file's name in the storage "private"."""
    return f"{name[:2]}/{name}"


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def store(content: bytes, mime: str) -> StoredFile:
    """Encrypts and hands to the storage, which has it for good when this returns. Raises `NotStored` where it
    cannot: a full disk, a bucket that does not answer."""
    name, key = uuid.uuid4().hex, os.urandom(32)
    cipher = AESGCM(key)
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as sealed:
        count = max(1, -(-len(content) // RECORD_BYTES))
        for number in range(count):
            record = content[number * RECORD_BYTES : (number + 1) * RECORD_BYTES]
            sealed.write(cipher.encrypt(_nonce(number, number == count - 1), record, name.encode()))
        try:
            storages["private"].save(place(name), File(sealed))
        except OSError as error:
            logger.error("file not stored: %s", type(error).__name__)
            raise NotStored from error
    sealed_key = crypto.seal(key, crypto.file_context(name))
    return StoredFile(name, sealed_key, hashlib.sha256(content).hexdigest(), mime, len(content))


def read(name: str, sealed_key: bytes | None) -> Iterator[bytes]:
    """The plain records, in order. Raises `crypto.Unreadable` at the first one that was changed."""
    cipher = AESGCM(crypto.unseal(sealed_key, crypto.file_context(name)))
    size = RECORD_BYTES + 16
    with storages["private"].open(place(name)) as source:
        number, record = 0, source.read(size)
        while True:
            following = source.read(size)
            try:
                yield cipher.decrypt(_nonce(number, not following), record, name.encode())
            except InvalidTag as error:
                watch.alarm("key_failure", about=crypto.file_context(name))
                raise crypto.Unreadable from error
            if not following:
                return
            number, record = number + 1, following


def erase(name: str) -> None:
    """Nothing happens when it is gone already."""
    storages["private"].delete(place(name))


def serve(name: str, sealed_key: bytes | None, mime: str, shown_as: str) -> StreamingHttpResponse:
    """The file as a download that no browser runs and no cache keeps, always whole. The caller has checked and logged the
    reader. Raises `Refused` (`unreadable`) before the first byte when the file or its key is lost or was changed."""
    records = read(name, sealed_key)
    try:
        first = next(records)
    except (crypto.Unreadable, OSError) as error:
        logger.error("stored file %s: %s", name, type(error).__name__)
        reason = Reason("unreadable", _("This file cannot be opened. Please tell an administrator of the portal."))
        raise Refused(reason) from error
    response = StreamingHttpResponse(chain([first], records), content_type=mime)
    response["Content-Disposition"] = f'attachment; filename="{shown_as}.{EXTENSIONS[mime]}"'
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response
