"""Work outside sessions."""

from __future__ import annotations

from events.models import WorkEntry
from portal import mail


def work_declined(entry: WorkEntry) -> None:
    """To the mentor, with the coordinator's reason."""
    if entry.person.user is None:  # an erased account
        return
    mail.queue(
        "events/work_declined",
        entry.person.user,
        {"entry": entry, "reason": entry.reason},
        dedupe_key=f"work_declined:{entry.uuid}",
        action=("my_hours",),
        about=entry.code,
    )
