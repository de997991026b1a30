"""What a mentor says of himself: where, what about, when, how often. Every change is his own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, time

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mentors.models import Absence, AvailabilityWindow, Limits, Profile, Travel
from portal import audit, mail
from portal.models import District, Topic, User
from portal.refusals import NotAllowed, Reason, Refused
from volunteers.models import Person

FARTHEST_KM = 500  # from one end of the oblast to the other
WINDOWS_AT_MOST = 21  # three a day
ABSENCES_AT_MOST = 20


@transaction.atomic
def save_profile(
    *, person: Person, by: User, districts: Iterable[District], topics: Iterable[Topic], digest: bool = False
) -> Profile:
    """Keeps where the mentor can go, what about, and whether he wants the weekly letter; the log gets the counts.
    `NotAllowed` (not_yours) for anybody but himself."""
    person = _lock(person, by)
    profile, _created = Profile.objects.get_or_create(person=person)
    profile.districts.set(districts)
    profile.topics.set(topics)
    profile.digest = digest
    profile.save(update_fields=["digest"])
    if not digest:
        mail.cancel(digest_key(person))
    counts = {"districts": profile.districts.count(), "topics": profile.topics.count()}
    audit.record(profile, "profile.save", by, **counts, digest=digest)
    return profile


def digest_key(person: Person) -> str:
    """How the `dedupe_key` of each weekly letter to him begins."""
    return f"digest:{person.uuid}:"


@transaction.atomic
def stop_digest(*, profile: Profile) -> bool:
    """Ends the weekly letter of a mentor, by the link in it, also one that waits to leave: whoever holds the letter may do
    that, without signing in.
    False where it had ended already; then nothing is written."""
    profile = Profile.objects.select_for_update().get(pk=profile.pk)
    if not profile.digest:
        return False
    profile.digest = False
    profile.save(update_fields=["digest"])
    mail.cancel(digest_key(profile.person))
    audit.record(profile, "digest.stop", None)
    return True


@transaction.atomic
def add_windows(
    *, person: Person, by: User, weekdays: Iterable[int], starts: time, ends: time
) -> list[AvailabilityWindow]:
    """Hours (Asia/Almaty) that suit him on each of these days of the week (0 is Monday). Hours he has named already stay
    as they are. Refuses order, overlap (with others of his on one of the days), too_many (`WINDOWS_AT_MOST`);
    `NotAllowed` not_yours."""
    person, weekdays = _lock(person, by), sorted(set(weekdays))
    if ends <= starts:
        raise Refused(Reason("order", _("The end comes before the beginning.")))
    there = list(AvailabilityWindow.objects.filter(person=person))
    known = {window.weekday for window in there if (window.starts, window.ends) == (starts, ends)}
    wanted = [weekday for weekday in weekdays if weekday not in known]
    if any(window.weekday in wanted and window.starts < ends and starts < window.ends for window in there):
        text = _("On one of these days you have named other hours that overlap. Remove these first.")
        raise Refused(Reason("overlap", text))
    if len(there) + len(wanted) > WINDOWS_AT_MOST:
        raise Refused(Reason("too_many", _("Entries at most: %(most)s.") % {"most": WINDOWS_AT_MOST}))
    windows = [AvailabilityWindow(person=person, weekday=weekday, starts=starts, ends=ends) for weekday in wanted]
    AvailabilityWindow.objects.bulk_create(windows)
    if windows:
        audit.record(person, "availability.add", by, weekdays=wanted)
    return windows


@transaction.atomic
def remove_window(*, person: Person, by: User, window: int) -> None:
    """Takes back hours (by primary key); what is gone already, or another's, changes nothing. `NotAllowed` not_yours."""
    person = _lock(person, by)
    gone, _kinds = AvailabilityWindow.objects.filter(person=person, pk=window).delete()
    if gone:
        audit.record(person, "availability.remove", by)


@transaction.atomic
def add_absence(*, person: Person, by: User, first_day: date, last_day: date, on: date | None = None) -> Absence:
    """Days (inclusive, Asia/Almaty) on which he cannot come; visits that he has booked stay booked. The same days again
    return what is there. Refuses all of order, past (they are over), too_far (no session is planned so far ahead), too_long
    (`PROGRAMME["pause_days"]`: who is away longer asks for a pause), overlap, too_many (`ABSENCES_AT_MOST`); `NotAllowed`
    not_yours."""
    person, today = _lock(person, by), on or timezone.localdate()
    there = Absence.objects.filter(person=person, last_day__gte=today)
    if same := there.filter(first_day=first_day, last_day=last_day).first():
        return same
    most, ahead, reasons = settings.PROGRAMME["pause_days"], settings.PROGRAMME["plan_ahead_days"], []
    if last_day < first_day:
        reasons.append(Reason("order", _("The last day comes before the first.")))
    if last_day < today:
        reasons.append(Reason("past", _("These days have passed.")))
    if (first_day - today).days > ahead:
        reasons.append(Reason("too_far", _("This is more than %(days)s days ahead.") % {"days": ahead}))
    if (last_day - first_day).days >= most:
        reasons.append(Reason("too_long", _("Days at most: %(days)s.") % {"days": most}))
    if there.filter(first_day__lte=last_day, last_day__gte=first_day).exists():
        reasons.append(Reason("overlap", _("Some of these days are on your list already.")))
    if there.count() >= ABSENCES_AT_MOST:
        reasons.append(Reason("too_many", _("Entries at most: %(most)s.") % {"most": ABSENCES_AT_MOST}))
    if reasons:
        raise Refused(*reasons)
    absence = Absence.objects.create(person=person, first_day=first_day, last_day=last_day)
    audit.record(person, "absence.add", by)
    return absence


@transaction.atomic
def remove_absence(*, person: Person, by: User, absence: int) -> None:
    """As `remove_window`, of days away."""
    person = _lock(person, by)
    gone, _kinds = Absence.objects.filter(person=person, pk=absence).delete()
    if gone:
        audit.record(person, "absence.remove", by)


@transaction.atomic
def save_limits(
    *,
    person: Person,
    by: User,
    per_day: int | None = None,
    per_week: int | None = None,
    per_month: int | None = None,
    travels_by: str = Travel.BUS,
    max_km: int | None = None,
) -> Limits:
    """How many visits he wants at most, how he travels and how far (None: the programme's cap, any distance). What is
    booked above a new limit stays booked. Refuses limits that are below 1 or above the programme's (code limit), travel
    (a way of travelling that is none), and not_yours."""
    person, most = _lock(person, by), settings.PROGRAMME["visits_at_most"]
    given = {"per_day": per_day, "per_week": per_week, "per_month": per_month, "max_km": max_km}
    caps = {"per_day": most["day"], "per_week": most["week"], "per_month": most["month"], "max_km": FARTHEST_KM}
    if any(value is not None and not 1 <= value <= caps[name] for name, value in given.items()):
        raise Refused(Reason("limit", _("One of the numbers is too small or too large.")))
    if travels_by not in Travel.values:
        raise Refused(Reason("travel", _("Please choose how you travel.")))
    given["travels_by"] = travels_by
    limits, _created = Limits.objects.update_or_create(person=person, defaults=given)
    audit.record(person, "limits.save", by, **given)
    return limits


def _lock(person: Person, by: User) -> Person:
    if person.user_id != by.pk:
        raise NotAllowed(Reason("not_yours", _("Only the mentor himself changes his profile.")))
    return Person.objects.select_for_update().get(pk=person.pk)
