"""Secrets of the second factor (the key of an app, the seed of recovery codes) are sealed like other columns. allauth keeps
them in a JSON column and does not say whose they are, so they are bound to its table and not to a row."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.db import models, transaction

from portal import crypto

CONTEXT = "mfa.authenticator"
SECRETS = ("secret", "seed")  # in `Authenticator.data`


class MFAAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return base64.b64encode(crypto.seal(text.encode(), CONTEXT)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Raises `crypto.Unreadable` when its key is missing or it was changed."""
        return crypto.unseal(base64.b64decode(encrypted_text), CONTEXT).decode()


def rows() -> models.QuerySet[Authenticator]:
    """Those that hold a secret; a security key's is public."""
    return Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).order_by("pk")


def sealed(row: Authenticator) -> Iterator[bytes]:
    for name in SECRETS:
        if name in row.data:
            yield base64.b64decode(row.data[name])


@transaction.atomic
def reseal(row: Authenticator) -> bool:
    """Seals the row's secrets with the newest key; False where the row went meanwhile. A recovery code that is used at this
    moment stays used. Raises `crypto.Unreadable`."""
    fresh = rows().select_for_update().filter(pk=row.pk).first()
    if fresh is None:
        return False
    adapter = MFAAdapter()
    changed = {name: adapter.encrypt(adapter.decrypt(fresh.data[name])) for name in SECRETS if name in fresh.data}
    fresh.data = fresh.data | changed
    fresh.save(update_fields=["data"])
    return True
