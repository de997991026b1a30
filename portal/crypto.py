"""Encryption at rest: AES-256-GCM under a ring of keys that SECRET_KEY has no part in.

A sealed value is `1 | key id (8 bytes) | nonce (12) | ciphertext`; what it belongs to is bound in as associated
data, so a value moved to another row or column does not open. The newest key file seals, all of them open;
`portal.rotation` changes old ones for new ones.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import logging
import os
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from portal import watch

VERSION = b"\x01"
logger = logging.getLogger(__name__)


class Unreadable(Exception):
    """The key is missing or the value was changed. Never shown as text."""


class Key(NamedTuple):
    name: str
    cipher: AESGCM


def ring() -> dict[bytes, Key]:
    """The data keys by their ids, the one that seals last. Every call looks into the folder, so that no process seals
    with an old key after a new one came. Raises `ImproperlyConfigured` where there is none."""
    folder = settings.DATA_KEYS_DIR
    names = sorted(name for name in os.listdir(folder) if name.endswith(".key")) if folder.is_dir() else []
    if not names:
        raise ImproperlyConfigured(f"No data key in {folder}: run `python -m portal.keys`.")
    return _ring_of(folder, tuple(names))


@lru_cache(maxsize=2)
def _ring_of(folder: Path, names: tuple[str, ...]) -> dict[bytes, Key]:
    keys = {name: base64.b64decode((folder / name).read_text()) for name in names}
    return {hashlib.sha256(key).digest()[:8]: Key(name, AESGCM(key)) for name, key in keys.items()}


@cache
def _lookup_key() -> bytes:
    return base64.b64decode(settings.LOOKUP_KEY_FILE.read_text())


def seal(plain: bytes, context: str) -> bytes:
    """`plain` under the newest key; it opens only with the same `context`."""
    key_id, key = list(ring().items())[-1]
    nonce = os.urandom(12)
    return VERSION + key_id + nonce + key.cipher.encrypt(nonce, plain, context.encode())


def unseal(sealed: bytes | None, context: str) -> bytes:
    """Raises `Unreadable` when the key is unknown or destroyed, the value was altered, or it belongs to another
    `context`; operators find it in the log."""
    sealed = bytes(sealed or b"")
    key = ring().get(sealed[1:9])
    if sealed[:1] == VERSION and key is not None:
        with contextlib.suppress(InvalidTag, ValueError):
            return key.cipher.decrypt(sealed[9:21], sealed[21:], context.encode())
    logger.error("unreadable: %s, key %s", context, sealed[1:9].hex() or "destroyed")
    watch.alarm("key_failure", about=context)
    raise Unreadable(context)


def lookup_hash(value: str, purpose: str) -> str:
    """A keyed hash that finds equal values without storing them (HMAC-SHA-256; the key is not a data key)."""
    return hmac.new(_lookup_key(), f"{purpose}:{value}".encode(), hashlib.sha256).hexdigest()


def token_hash(token: str) -> str:
    """For links and codes of our own making: random enough that a plain hash hides them."""
    return hashlib.sha256(token.encode()).hexdigest()


class Sealed:
    """Says of a model that `column` holds what `seal` returned, and what it is bound to. Every such column has one:
    that is how `portal.rotation` finds it."""

    column: str
    bound_to: str  # another column that `context` needs

    def context(self, instance) -> str:
        raise NotImplementedError


class SealedFileKey(Sealed):
    """The key of a stored file in `column`, bound to the file's name in `bound_to` (`portal.files`)."""

    def __init__(self, column: str, bound_to: str):
        self.column, self.bound_to = column, bound_to

    def context(self, instance) -> str:
        return file_context(getattr(instance, self.bound_to))


def file_context(name: str) -> str:
    return f"file.{name}"


class SealedText(Sealed):
    """An attribute whose text lives encrypted in the binary column `<name>_sealed`, bound to model, column and the row's uuid."""

    bound_to = "uuid"

    def __set_name__(self, owner, name):
        self.name, self.column = name, f"{name}_sealed"

    def context(self, instance) -> str:
        return f"{instance._meta.label_lower}.{self.name}.{instance.uuid}"

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        sealed = getattr(instance, self.column)
        return unseal(sealed, self.context(instance)).decode() if sealed else ""

    def __set__(self, instance, value: str):
        setattr(instance, self.column, seal(value.encode(), self.context(instance)) if value else None)
