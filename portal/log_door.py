"""The two doors in the guard of the log: words leave when the law asks for it, old entries when their years are over.

The guard (migration 0008) looks for a row in `portal_logdoor`. A door's row is written and taken away within one
transaction, so it is open for nobody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from portal.models import LogEntry, User
from portal.models.log import mark

FORGET = "forget"  # columns of words may change, the sealed ones may not
RETAIN = "retain"  # rows may be deleted
IN_ONE_GO = 500


@contextmanager
def door(purpose: str) -> Iterator[None]:
    """Opens the guard for one purpose and the current transaction. Only this module and `log_chain.retain` call it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO portal_logdoor (purpose) VALUES (%s)", [purpose])
        yield
        cursor.execute("DELETE FROM portal_logdoor WHERE purpose = %s", [purpose])


def forget_reasons(model: str, ids: list[str]) -> None:
    """Empties the reasons that staff wrote about these records (`model` is a label). The seals still fit: each entry keeps the
    mark of its words. The caller records why they went."""
    entries = list(LogEntry.objects.filter(model=model, object_id__in=ids).exclude(reason=""))
    for entry in entries:
        entry.reason, entry.reason_was = "", mark(entry.nonce, entry.reason)
    _empty(entries, "reason", "reason_was")


def forget_name(user: User) -> None:
    """Puts the code of the account in the place of its owner's name, wherever he acted. The caller records why."""
    entries = list(LogEntry.objects.filter(actor=user).exclude(actor_name=user.code))
    for entry in entries:
        entry.actor_name, entry.name_was = user.code, mark(entry.nonce, entry.actor_name)
    _empty(entries, "actor_name", "name_was")


def _empty(entries: list[LogEntry], *columns: str) -> None:
    if entries:
        with door(FORGET):
            LogEntry.objects.bulk_update(entries, columns, batch_size=IN_ONE_GO)
