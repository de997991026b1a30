"""The weekly letter: to each mentor who wants it, the sessions of the next weeks that suit him (S17)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.core import signing
from django.db import transaction
from django.utils import timezone

from events import notifications
from events.models import SchoolSession
from events.services.guards import Situation, fitting, situations_of, ways_from
from mentors.models import Profile
from mentors.services import digest_key
from mentors.travel import Way, way_of
from portal.models import OutgoingMessage
from volunteers.models import Person

SALT = "events.digest"
AT_ONCE = 200  # mentors whose letters are written in one transaction
SESSIONS_AT_MOST = 5
WEEKS_AHEAD = 4
LEAVES_AT = time(8)  # on Monday, Asia/Almaty
LAST_WEEKDAY = 2  # Wednesday: later in the week nothing is caught up


class Suggestion(NamedTuple):
    session: SchoolSession
    way: Way | None


def write_digests(on: date) -> list[str]:
    """Every night from Monday to Wednesday: the letter of this week to each serving mentor who wants it and has none yet,
    to leave on Monday at eight or, caught up, at once; returns the codes of their profiles.

    Up to `SESSIONS_AT_MOST` sessions of the next `WEEKS_AHEAD` weeks that `guards.fitting` finds as things will be when
    the letter leaves; where none fits, no letter. Useless after Wednesday. Safe to repeat and to run twice.
    """
    if on.weekday() > LAST_WEEKDAY:
        return []
    monday = on - timedelta(days=on.weekday())
    leaves = max(_moment(monday, LEAVES_AT), _moment(on, time.min), timezone.now())
    until, week = _moment(monday + timedelta(days=LAST_WEEKDAY + 1), time.min), f"{monday:%G}-{monday:%V}"
    profiles = list(
        Profile.objects.filter(digest=True, person__in=_readers(on)).order_by("pk").values_list("pk", flat=True)
    )
    written: list[str] = []
    for first in range(0, len(profiles), AT_ONCE):
        written += _write(profiles[first : first + AT_ONCE], week, leaves, until)
    return written


def _readers(on: date):
    return Person.objects.serving(on).filter(user__is_active=True).values("pk")


def _moment(day: date, hour: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, hour))


@transaction.atomic
def _write(profiles: list[int], week: str, leaves: datetime, until: datetime) -> list[str]:
    """A batch: some statements for all of them, and one for each mentor's sessions."""
    rows = Profile.objects.filter(pk__in=profiles, digest=True).select_related("person__user", "person__district")
    wanted = {digest_key(profile.person) + week: profile for profile in rows.order_by("pk")}
    there = OutgoingMessage.objects.filter(dedupe_key__in=list(wanted)).values_list("dedupe_key", flat=True)
    for key in list(there):
        del wanted[key]
    situations = situations_of([profile.person for profile in wanted.values()], leaves) if wanted else {}
    homes = {profile.person.district for profile in wanted.values()}
    ways = {home: ways_from(home) for home in homes}
    letters = [
        (key, profile, found)
        for key, profile in wanted.items()
        if (found := suggestions(situations[profile.person_id], leaves, ways[profile.person.district]))
    ]
    notifications.weekly_digest(letters, leaves=leaves, until=until, link_of=link_of)
    return [profile.code for _key, profile, _found in letters]


def suggestions(situation: Situation, now: datetime, ways: Mapping[int, float]) -> list[Suggestion]:
    """What suits this mentor in the next weeks, the soonest first; `ways` are those of `guards.ways_from`. One query."""
    end = now + timedelta(weeks=WEEKS_AHEAD)
    sessions = SchoolSession.objects.for_cards().upcoming(now).filter(starts_at__lt=end)
    found = fitting(sessions, situation, now, ways, until=timezone.localdate(end))[:SESSIONS_AT_MOST]
    return [Suggestion(session, way_of(ways.get(session.school_id), situation.limits)) for session in found]


def link_of(profile: Profile) -> str:
    """The words of the link that stops these letters; it works as long as the key of the portal is the same."""
    return signing.Signer(salt=SALT).sign(profile.uuid.hex)


def by_link(token: str) -> Profile:
    """The profile of such a link; `Profile.DoesNotExist` for any other words."""
    try:
        return Profile.objects.get(uuid=signing.Signer(salt=SALT).unsign(token))
    except signing.BadSignature:
        raise Profile.DoesNotExist from None
