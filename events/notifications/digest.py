"""The weekly letter of sessions that suit a mentor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.utils import translation

from mentors.models import Profile
from portal import mail


def weekly_digest(
    letters: Iterable[tuple[str, Profile, Sequence]],
    *,
    leaves: datetime,
    until: datetime,
    link_of: Callable[[Profile], str],
) -> None:
    """By key, with the sessions and the ways to them; `link_of` gives the words of the link that stops these letters. To
    leave at `leaves`, of no use after `until`."""
    mail.queue_many(
        mail.Letter(
            name="events/weekly_digest",
            to=profile.person.user,
            context={"suggestions": found, "stop": stop},
            dedupe_key=key,
            action=("session_list",),
            about=profile.code,
            due_at=leaves,
            useful_until=until,
            unsubscribe=stop,
        )
        for key, profile, found in letters
        for stop in [_stop(profile, link_of)]
    )


def _stop(profile: Profile, link_of: Callable[[Profile], str]) -> str:
    with translation.override(profile.person.user.language):
        return mail.absolute("digest_stop", link_of(profile))
