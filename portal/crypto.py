"""Encryption at rest: AES-256-GCM under a ring of keys that SECRET_KEY has no part in.

A sealed value is `1 | key id (8 bytes) | nonce (12) | ciphertext`; what it belongs to is bound in as associated
data, so a value moved to another row or column does not open. The newest key file seals, all of them open.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

VERSION = b"\x01"


class Unreadable(Exception):
    """The key is missing or the value was changed. Never shown as text."""


@cache
def _ring() -> dict[bytes, AESGCM]:
    paths = sorted(settings.DATA_KEYS_DIR.glob("*.key"))
    if not paths:
        raise ImproperlyConfigured(f"No data key in {settings.DATA_KEYS_DIR}: run `python -m portal.keys`.")
    keys = [base64.b64decode(path.read_text()) for path in paths]
    return {hashlib.sha256(key).digest()[:8]: AESGCM(key) for key in keys}


@cache
def _lookup_key() -> bytes:
    return base64.b64decode(settings.LOOKUP_KEY_FILE.read_text())


def seal(plain: bytes, context: str) -> bytes:
    key_id, cipher = list(_ring().items())[-1]
    nonce = os.urandom(12)
    return VERSION + key_id + nonce + cipher.encrypt(nonce, plain, context.encode())


def unseal(sealed: bytes, context: str) -> bytes:
    """Raises `Unreadable` when the key is unknown, the value was altered, or it belongs to another `context`."""
    sealed = bytes(sealed)
    cipher = _ring().get(sealed[1:9])
    if sealed[:1] != VERSION or cipher is None:
        raise Unreadable
    try:
        return cipher.decrypt(sealed[9:21], sealed[21:], context.encode())
    except InvalidTag as error:
        raise Unreadable from error


def lookup_hash(value: str, purpose: str) -> str:
    """A keyed hash that finds equal values without storing them (HMAC-SHA-256; the key is not a data key)."""
    return hmac.new(_lookup_key(), f"{purpose}:{value}".encode(), hashlib.sha256).hexdigest()


def token_hash(token: str) -> str:
    """For links and codes of our own making: random enough that a plain hash hides them."""
    return hashlib.sha256(token.encode()).hexdigest()


class SealedText:
    """An attribute whose text lives encrypted in the binary column `<name>_sealed`, bound to model, column and the row's uuid."""

    def __set_name__(self, owner, name):
        self.name, self.column = name, f"{name}_sealed"

    def _context(self, instance) -> str:
        return f"{instance._meta.label_lower}.{self.name}.{instance.uuid}"

    def __get__(self, instance, owner=None):
        if instance is None:
            return self
        sealed = getattr(instance, self.column)
        return unseal(sealed, self._context(instance)).decode() if sealed else ""

    def __set__(self, instance, value: str):
        setattr(instance, self.column, seal(value.encode(), self._context(instance)) if value else None)
