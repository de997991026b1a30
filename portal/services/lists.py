"""Lists of people that are taken out of the portal."""

from __future__ import annotations

from django.db import transaction

from portal import audit, notifications
from portal.models import LogEntry, User


@transaction.atomic
def note_export(*, what: str, by: User, count: int, why: str, **data) -> LogEntry:
    """Writes into the log that `by` takes a list along, and tells the safeguarding leads other than him (the auditors, where
    there is none) by letter: who, what, how many rows, and why in his own words. `what` is a key of `audit.EXPORTS`;
    `data` says by which filters, in codes. Call it before the first byte leaves."""
    entry = audit.exported(what, by, count=count, why=why, **data)
    notifications.list_taken(entry, audit.EXPORTS[what], by)
    return entry
