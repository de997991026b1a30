from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import UTC

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import crypto

from .base import AppendOnly

# What the seal holds as it stands; in place of the two columns of words it holds `mark`s of them.
SEALED = (
    *("kind", "at", "actor_id", "actor_roles", "action", "model", "object_id", "object_code"),
    *("state_from", "state_to", "data"),
)
NONCE_LENGTH = 16


def mark(nonce: str, words: str) -> str:
    """The keyed hash that stands for a name or a reason in the seal, and in its place when it is forgotten. It fits this one
    entry only: nobody can take it from another with the same words."""
    return words and crypto.lookup_hash(nonce + words, "log.words")


def seal(nonce: str, values: Sequence, name_mark: str, reason_mark: str) -> str:
    """The seal of an entry (HMAC-SHA-256 under the lookup key, after its nonce) whose SEALED columns are `values`."""
    kind, at, *rest = values
    text = json.dumps(
        [kind, at.astimezone(UTC).isoformat(timespec="microseconds"), *rest, name_mark, reason_mark],
        ensure_ascii=False,
        sort_keys=True,
    )
    return nonce + crypto.lookup_hash(nonce + text, "log.entry")


class LogEntry(AppendOnly):
    """What was done or looked at, by whom as he was then called. Outlives accounts; holds codes, never names of subjects.

    Sealed when it is written. The database refuses to change or delete it (migration 0008) except through the doors of
    `portal.log_door`.
    """

    class Kind(models.TextChoices):
        CHANGE = "change", _("change")
        VIEW = "view", _("view")

    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.CHANGE)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        blank=True,
        db_constraint=False,
        related_name="+",
    )
    actor_name = models.CharField(max_length=200)
    actor_roles = models.CharField(max_length=200, blank=True)
    action = models.CharField(max_length=64)
    model = models.CharField(max_length=64)
    object_id = models.CharField(max_length=40)
    object_code = models.CharField(max_length=40)
    state_from = models.CharField(max_length=32, blank=True)
    state_to = models.CharField(max_length=32, blank=True)
    reason = models.TextField(blank=True)
    data = models.JSONField(default=dict, blank=True)
    seal = models.CharField(max_length=80, unique=True, editable=False)
    name_was = models.CharField(max_length=64, blank=True, editable=False)  # marks of words that were forgotten
    reason_was = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        verbose_name = _("log entry")
        verbose_name_plural = _("log")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["model", "object_id", "at"], name="log_of_object")]

    def __str__(self):
        return f"{self.action} {self.object_code}"

    @property
    def nonce(self) -> str:
        return self.seal[:NONCE_LENGTH]

    def save(self, *args, **kwargs):
        """Raises `TypeError` for an entry that is written already."""
        if self._state.adding:
            self.data = json.loads(json.dumps(self.data))  # as it will be read
            nonce, values = secrets.token_hex(NONCE_LENGTH // 2), [getattr(self, name) for name in SEALED]
            self.seal = seal(nonce, values, mark(nonce, self.actor_name), mark(nonce, self.reason))
        super().save(*args, **kwargs)


class LogLink(AppendOnly):
    """One link of the chain over the log (`portal.log_chain`): which entry comes at this place, bound to the link before."""

    position = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(LogEntry, models.DO_NOTHING, related_name="link", db_constraint=False)
    previous = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("link of the log")
        verbose_name_plural = _("links of the log")
        ordering = ["position"]

    def __str__(self):
        return f"#{self.position}"
