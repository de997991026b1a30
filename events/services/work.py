"""Volunteer work outside sessions: noted by the mentor, counted once his coordinator has confirmed it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from events import notifications
from events.models import HoursEntry, WorkEntry
from events.months import moments
from events.querysets import WorkQuerySet
from events.services.hours import month_of, open_month
from events.states import CONFIRM_WORK, DECLINE_WORK, WITHDRAW_WORK
from portal import access, audit, log_door, mail, moves, services
from portal.access import Role
from portal.models import OutgoingMessage, StaffTask, User
from portal.refusals import NotAllowed, Reason, Refused
from volunteers.models import Person

DAYS_BACK = 60  # how late work may be noted
MINUTES_A_DAY = 720  # of visits and other work together
NOTE_AT_LEAST, NOTE_AT_MOST = 3, 300  # characters


@transaction.atomic
def note_work(*, by: User, day: date, minutes: int, kind: str, note: str, now: datetime | None = None) -> WorkEntry:
    """Keeps what `by` did outside sessions (`kind` is a `WorkEntry.Kind`); it waits for his coordinator, who gets one task
    for all that waits of him. The same, sent twice, is one entry.

    Refuses with all of: future, too_old (more than `DAYS_BACK` days), minutes (not between 1 and `MINUTES_A_DAY`), day_full
    (more than that with what he did on the day otherwise, visits included), noted_already (kind and minutes of that day
    stand there with other words), note; `NotAllowed` not_a_mentor for somebody who was never approved.
    """
    person = Person.objects.select_for_update(of=("self",)).filter(user=by, approvals__isnull=False).first()
    if person is None:
        raise NotAllowed(Reason("not_a_mentor", _("Only mentors have volunteer hours.")))
    today, note = timezone.localdate(now), note.strip()
    of_day = list(person.work.standing().filter(day=day))
    alike = [entry for entry in of_day if (entry.kind, entry.minutes) == (kind, minutes)]
    if again := next((entry for entry in alike if entry.note == note), None):
        return again
    reasons = _against_day(day, today)
    visited = 0 if reasons else _visited(person, day)  # of a day in the year 1 or 9999 no database knows the bounds
    reasons += _against_minutes(minutes, visited, of_day)
    if alike:
        text = _("You have written down the same kind of work with the same time on this day already.")
        reasons.append(Reason("noted_already", text))
    if not NOTE_AT_LEAST <= len(note) <= NOTE_AT_MOST:
        text = _("Please write in a few words what was done: %(least)s to %(most)s characters.")
        reasons.append(Reason("note", text % {"least": NOTE_AT_LEAST, "most": NOTE_AT_MOST}))
    if reasons:
        raise Refused(*reasons)
    entry = WorkEntry.objects.create(
        person=person, day=day, minutes=minutes, kind=WorkEntry.Kind(kind), note=note, state_since=now or timezone.now()
    )
    audit.record(entry, "note_work", by, state_to=entry.state, kind=entry.kind, minutes=minutes)
    _remind_coordinator(person)
    return entry


def _against_day(day: date, today: date) -> list[Reason]:
    if day > today:
        return [Reason("future", _("This day is in the future."))]
    if day < today - timedelta(days=DAYS_BACK):
        text = _("This day is too long ago: work can be written down for %(days)s days.") % {"days": DAYS_BACK}
        return [Reason("too_old", text)]
    return []


def _against_minutes(minutes: int, visited: int, of_day: list[WorkEntry]) -> list[Reason]:
    if not 1 <= minutes <= MINUTES_A_DAY:
        text = _("The time must be between 1 minute and %(hours)s hours.")
        return [Reason("minutes", text % {"hours": MINUTES_A_DAY // 60})]
    if visited + sum(entry.minutes for entry in of_day) + minutes > MINUTES_A_DAY:
        text = _("With visits and other work this day would have more than %(hours)s hours.")
        return [Reason("day_full", text % {"hours": MINUTES_A_DAY // 60})]
    return []


def _visited(person: Person, day: date) -> int:
    """Minutes of the day's visits that schools have confirmed."""
    begins, ends = moments(day, day)
    visits = HoursEntry.objects.filter(person=person, booking__starts_at__gte=begins, booking__starts_at__lt=ends)
    return visits.minutes()


@transaction.atomic
def withdraw_work(*, entry: WorkEntry, by: User) -> WorkEntry:
    """Takes one's own entry back while it waits. Refuses wrong_state; `NotAllowed` not_yours; a repeated call changes
    nothing."""
    entry = _lock(entry, by)
    if entry.state == WITHDRAW_WORK.target and moves.may_make(WITHDRAW_WORK, entry, by):
        return entry
    moves.demand(WITHDRAW_WORK, entry, by)
    moves.advance(WITHDRAW_WORK, entry, by)
    _settle(entry, by)
    return entry


@transaction.atomic
def confirm_work(*, entry: WorkEntry, by: User, now: datetime | None = None) -> WorkEntry:
    """Counts the entry in the month of its day, or in the current one where the mentor's district has closed it.

    Refuses wrong_state; `NotAllowed` not_yours for another district's coordinator and for the mentor himself;
    `DoesNotExist` out of reach. A repeated call changes nothing.
    """
    entry = _lock(entry, by)
    if entry.state == CONFIRM_WORK.target and moves.may_make(CONFIRM_WORK, entry, by):
        return entry
    moves.demand(CONFIRM_WORK, entry, by)
    entry.month = open_month(month_of(entry.day), entry.person.district, now or timezone.now())
    entry.decided_by = by
    moves.advance(CONFIRM_WORK, entry, by, minutes=entry.minutes, month=f"{entry.month:%Y-%m}")
    _settle(entry, by)
    return entry


@transaction.atomic
def decline_work(*, entry: WorkEntry, by: User, reason: str) -> WorkEntry:
    """Does not count the entry; the mentor reads the `reason` in a letter and on his page. Refuses as `confirm_work` does,
    and reason_missing."""
    entry = _lock(entry, by)
    if entry.state == DECLINE_WORK.target and moves.may_make(DECLINE_WORK, entry, by):
        return entry
    moves.demand(DECLINE_WORK, entry, by, reason)
    entry.reason, entry.decided_by = reason.strip()[:300], by
    moves.advance(DECLINE_WORK, entry, by, reason=entry.reason)
    notifications.work_declined(entry)
    _settle(entry, by)
    return entry


def _lock(entry: WorkEntry, by: User) -> WorkEntry:
    """The entry, locked after its mentor. Raises `DoesNotExist` where `by` may not see it."""
    Person.objects.select_for_update(of=("self",)).get(pk=entry.person_id)
    rows = WorkEntry.objects.visible_to(by).select_for_update(of=("self",))
    return rows.select_related("person__user", "person__district").get(pk=entry.pk)


def _remind_coordinator(person: Person) -> None:
    """The task about a mentor's work is that of the oldest entry that waits: so there is one at a time."""
    oldest = person.work.waiting().order_by("pk").first()
    if oldest is None:
        return
    services.raise_task(
        StaffTask.Kind.WORK_TO_CONFIRM,
        role=Role.COORDINATOR,
        about=oldest.code,
        url=f"{reverse('staff_hours')}#work",
        district=person.district,
        once=str(oldest.uuid),
    )


def _settle(entry: WorkEntry, by: User | None) -> None:
    services.settle_task(StaffTask.Kind.WORK_TO_CONFIRM, once=str(entry.uuid), by=by)
    _remind_coordinator(entry.person)


def to_decide(by: User) -> WorkQuerySet:
    """What waits for `by`'s word, never his own, the oldest first."""
    rows = WorkEntry.objects.visible_to(by).waiting().exclude(person__user=by)
    return rows.select_related("person__district").order_by("day", "pk")


def counted_in(month: date, by: User) -> WorkQuerySet:
    """What counts in this month, of the people whose hours `by` may read."""
    within = access.within(by, "hours.export", district="person__district")
    return WorkEntry.objects.counted().filter(within, month=month)


def forget_work(person: Person) -> None:
    """Empties the words of somebody who is forgotten; what still waits is taken back. The sums stay."""
    for entry in person.work.waiting().select_related("person__district").order_by("pk"):
        moves.advance(WITHDRAW_WORK, entry, None)
        services.settle_task(StaffTask.Kind.WORK_TO_CONFIRM, once=str(entry.uuid), by=None)
    entries = list(person.work.all())
    person.work.exclude(note="", reason="").update(note="", reason="")
    ids = [str(entry.pk) for entry in entries]
    log_door.forget_reasons(WorkEntry._meta.label, ids)
    mail.forget(OutgoingMessage.objects.filter(about__in=[entry.code for entry in entries]))
