"""Volunteer hours after they were entered: corrections, months that are handed over, sums. They are entered by
`visits.confirm_attendance` and, where that word was wrong, by `attendance.correct_attendance` alone (I21)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from events import notifications
from events.models import Booking, ClosedMonth, HoursEntry, WorkEntry
from events.querysets import HoursQuerySet, WorkQuerySet
from events.services import certificates
from events.services.locks import lock_booking
from events.states import BookingState
from portal import access, audit
from portal.access import Reach
from portal.models import District, User
from portal.refusals import NotAllowed, Reason, Refused
from volunteers.models import Person

SHOWN_AT_MOST = 20  # visits without a word that a refusal names


def month_of(day: date) -> date:
    return day.replace(day=1)


def open_month(month: date, district: District, now: datetime) -> date:
    """The month in which something of `month` is entered now: itself, or the current one where it is closed."""
    closed = ClosedMonth.objects.filter(month=month, district=district).exists()
    return month_of(timezone.localdate(now)) if closed else month


def enter(*, booking: Booking, minutes: int, by: User, now: datetime) -> HoursEntry:
    """The hours of a visit of which it is said now that the mentor came; the caller has asked everything."""
    month = open_month(month_of(booking.session.day), booking.session.school.district, now)
    return HoursEntry.objects.create(
        booking=booking, person=booking.person, minutes=minutes, month=month, confirmed_by=by
    )


@transaction.atomic
def correct_hours(*, booking: Booking, minutes: int, reason: str, by: User, now: datetime | None = None) -> HoursEntry:
    """Makes `minutes` of a visit's hours, by a counter-entry of the difference; where the month is closed it counts in the
    current one. Certificates that cover the visit are revoked, the mentor gets a letter with the reason.

    Refuses with all of: no_hours (nothing was entered, or it was said since that he was not there), minutes (not between 0 and the planned ones with the tolerance),
    reason_missing; `NotAllowed` not_yours. What is so already is returned as it is.
    """
    Person.objects.select_for_update(of=("self",)).get(pk=booking.person_id)  # who asks for a certificate holds it too
    booking = lock_booking(booking, by)
    if not access.allows(by, "hours.correct", booking.reach):
        raise NotAllowed(Reason("not_yours", _("Hours are corrected by the coordinator, and never one's own.")))
    hold_months(booking.session.school.district)
    entries = list(booking.hours.select_for_update().order_by("pk"))
    before = sum(entry.minutes for entry in entries)
    if entries and before == minutes and booking.state == BookingState.COMPLETED:
        return entries[-1]
    if reasons := _against_correcting(booking, entries, minutes, reason):
        raise Refused(*reasons)
    correction = counter_entry(booking, entries, minutes, reason=reason, by=by, now=now or timezone.now())
    revoked = certificates.revoke_covering(booking, by, now)
    notifications.hours_corrected(correction, before, minutes, certificates=len(revoked))
    return correction


def counter_entry(
    booking: Booking, entries: list[HoursEntry], minutes: int, *, reason: str, by: User, now: datetime
) -> HoursEntry:
    """Makes `minutes` in all of a visit with these `entries` (the first one first), which the caller has locked."""
    before = sum(entry.minutes for entry in entries)
    correction = HoursEntry.objects.create(
        booking=booking,
        person=booking.person,
        minutes=minutes - before,
        month=open_month(entries[0].month, booking.session.school.district, now),
        corrects=entries[0],
        reason=reason.strip()[:300],
        confirmed_by=by,
    )
    audit.record(correction, "correct_hours", by, before=before, after=minutes, month=f"{correction.month:%Y-%m}")
    return correction


def hold_months(district: District) -> None:
    """Keeps the months of a district as they are, open or closed, until the transaction ends: for who corrects a visit of
    which everything seemed to be said, and which keeps no month from being closed. Held before its entries."""
    District.objects.select_for_update(no_key=True).get(pk=district.pk)


def _against_correcting(booking: Booking, entries: list[HoursEntry], minutes: int, reason: str) -> list[Reason]:
    reasons, most = [], booking.session.minutes_at_most
    if not entries or booking.state != BookingState.COMPLETED:
        reasons.append(Reason("no_hours", _("No hours were entered for this visit.")))
    if not 0 <= minutes <= most:
        reasons.append(Reason("minutes", _("The minutes must be between 0 and %(most)s.") % {"most": most}))
    if not reason.strip():
        reasons.append(Reason("reason_missing", _("Please write the reason.")))
    return reasons


def without_word(month: date, now: datetime):
    """Visits of this month that are over and of which nobody has said yet whether the mentor came."""
    first, after = (timezone.make_aware(datetime.combine(day, time.min)) for day in (month, _next(month)))
    return Booking.objects.holding().over(now).filter(starts_at__gte=first, starts_at__lt=after)


def work_waiting(month: date) -> WorkQuerySet:
    """Work outside sessions of this month that waits for a coordinator's word. It keeps no month from being closed: it
    then counts in the month in which it is confirmed."""
    return WorkEntry.objects.waiting().filter(day__gte=month, day__lt=_next(month))


def _next(month: date) -> date:
    return month_of(date.fromordinal(month.toordinal() + 31))


@transaction.atomic
def close_month(*, month: date, district: District, by: User, now: datetime | None = None) -> ClosedMonth:
    """Ends a month for the schools of a district: its hours stand, later corrections count in the month in which they are
    made. A month that is closed already stays as it is.

    Refuses not_over, or with all of attendance_missing (one reason for each visit, with its page); `NotAllowed` not_yours.
    """
    now = now or timezone.now()
    if not access.allows(by, "hours.close", Reach(district_id=district.pk)):
        raise NotAllowed(Reason("not_yours", _("The coordinator of the district closes its months.")))
    month = month_of(month)
    hold_months(district)
    if closed := ClosedMonth.objects.filter(month=month, district=district).first():
        return closed
    if reasons := _against_closing(month, district, now):
        raise Refused(*reasons)
    # Nobody's word is missing and corrections wait, so what is read now is all of it. Whoever confirms other work holds it:
    # that lands in the month before it is closed, or after it.
    entries = HoursEntry.objects.filter(month=month, booking__session__school__district=district)
    minutes = [entry.minutes for entry in entries.order_by("pk").select_for_update(of=("self",))]
    list(work_waiting(month).filter(person__district=district).order_by("pk").select_for_update(of=("self",)))
    closed, is_new = ClosedMonth.objects.get_or_create(month=month, district=district, defaults={"closed_by": by})
    if is_new:
        counts = {"entries": len(minutes), "minutes": sum(minutes)}
        audit.record(closed, "close_month", by, district=district.slug, **counts)
    return closed


def _against_closing(month: date, district: District, now: datetime) -> list[Reason]:
    if month >= month_of(timezone.localdate(now)):
        return [Reason("not_over", _("This month is not over yet."))]
    reasons = []
    missing = without_word(month, now).filter(session__school__district=district).select_related("session")
    for booking in missing.order_by("starts_at", "pk")[:SHOWN_AT_MOST]:
        text = _("Nobody has said yet whether the mentor was there: %(code)s") % {"code": booking.code}
        reasons.append(Reason("attendance_missing", text, reverse("staff_session", args=[booking.session.uuid])))
    return reasons


class Sum(NamedTuple):
    """Visits with time that counts, and their minutes."""

    visits: int = 0
    minutes: int = 0


def sums(entries: HoursQuerySet, key: str) -> dict[object, Sum]:
    """The sums of `entries` by person or month (`key`), in one query. A visit that a correction has emptied is none."""
    found: dict[object, Sum] = defaultdict(Sum)
    for row in entries.by_visit():
        so_far = found[row[key]]
        found[row[key]] = Sum(so_far.visits + (row["total"] > 0), so_far.minutes + row["total"])
    return dict(found)


@dataclass(frozen=True)
class DistrictMonth:
    """A month of one district. `without_word` visits keep it from being closed; `work` are the minutes of other work that
    count in it, `work_waiting` the entries of it that wait."""

    district: District
    visits: int
    mentors: int
    minutes: int
    without_word: int
    work: int
    work_waiting: int
    closed: ClosedMonth | None


def in_reach(by: User) -> Iterable[District]:
    """The districts whose hours `by` may read."""
    return District.objects.filter(access.within(by, "hours.export", district="pk"))


def entries_of(month: date, by: User) -> HoursQuerySet:
    """The entries that count in this month, of the districts whose hours `by` may read."""
    within = access.within(by, "hours.export", district="booking__session__school__district")
    return HoursEntry.objects.filter(within, month=month)


def months_of_districts(month: date, by: User, now: datetime) -> Iterator[DistrictMonth]:
    """One row for each district in `by`'s reach, in a fixed number of queries."""
    place = "booking__session__school__district"
    visits: dict[int, Sum] = defaultdict(Sum)
    people: dict[int, set[int]] = defaultdict(set)
    for row in entries_of(month, by).by_visit(place):
        so_far, total = visits[row[place]], row["total"]
        visits[row[place]] = Sum(so_far.visits + (total > 0), so_far.minutes + total)
        people[row[place]].add(row["person"])
    unsaid = dict(without_word(month, now).order_by().values_list("session__school__district").annotate(Count("pk")))
    work = WorkEntry.objects.counted().filter(month=month).minutes_by("person__district")
    waiting = dict(work_waiting(month).order_by().values_list("person__district").annotate(Count("pk")))
    closed = {row.district_id: row for row in ClosedMonth.objects.filter(month=month).select_related("closed_by")}
    for district in in_reach(by):
        found, key = visits[district.pk], district.pk
        yield DistrictMonth(
            district=district,
            visits=found.visits,
            mentors=len(people[key]),
            minutes=found.minutes,
            without_word=unsaid.get(key, 0),
            work=work.get(key, 0),
            work_waiting=waiting.get(key, 0),
            closed=closed.get(key),
        )
