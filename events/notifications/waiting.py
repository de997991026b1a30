from __future__ import annotations

from datetime import datetime

from events.models import WaitlistEntry
from portal import mail


def place_offered(entry: WaitlistEntry) -> None:
    """Of no use once the offer has run out. Urgent when all who wait are asked at once."""
    until = entry.offer_expires_at
    _to_waiter("place_offered", entry, useful_until=until, urgent_until=until if entry.shared else None)


def forget_offer(entry: WaitlistEntry) -> None:
    """The offer is over, or answered: what of its letter has not left yet, a text message in the night, never leaves."""
    mail.cancel(f"place_offered:{entry.uuid}:")


def offer_over(entry: WaitlistEntry) -> None:
    """It ran out, or the place is gone; he waits on."""
    forget_offer(entry)
    _to_waiter("offer_over", entry)


def off_the_list(entry: WaitlistEntry) -> None:
    """He let offers run out, or the session is off or has begun; the words differ by the session's state."""
    forget_offer(entry)
    _to_waiter("off_the_list", entry)


def _to_waiter(letter: str, entry: WaitlistEntry, **timing: datetime | None) -> None:
    if entry.person.user is None:  # an erased account
        return
    mail.queue(
        f"events/{letter}",
        entry.person.user,
        {"entry": entry, "session": entry.session},
        dedupe_key=f"{letter}:{entry.uuid}:{entry.state_since.isoformat()}",
        action=("session_detail", entry.session.uuid),
        about=entry.code,
        **timing,
    )
