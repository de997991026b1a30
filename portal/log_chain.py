"""The chain over the log: who takes an entry away, or changes or invents one, is noticed (docs/decisions/0015).

Entries are sealed when they are written (`portal.models.log`) and linked afterwards, every five minutes, in the order in
which they are found: a transaction that commits late is linked late, and no writer waits for another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import IntegrityError, connection, transaction
from django.db.models import Max, Min, QuerySet
from django.urls import reverse
from django.utils import timezone

from portal import access, audit, crypto, services
from portal.log_door import RETAIN, door
from portal.models import LogEntry, LogLink, StaffTask, User
from portal.models.log import NONCE_LENGTH, SEALED, mark, seal
from portal.retention import SCHEDULE

BATCH = 1000
RECENT = 10_000  # places back from the end of the chain, among whose entries the regular job looks for late ones
READ_AT_ONCE = 5000
RETAINED = "log.retain"
CODE_OF_ACCOUNT = re.compile(rf"{User.CODE_PREFIX}-[0-9A-F]{{8}}")
COLUMNS = ("pk", *SEALED, "actor_name", "reason", "seal", "name_was", "reason_was")
OF_LINK = ("entry_id", *(f"entry__{name}" for name in COLUMNS[1:]))
AT, ACTION, DATA = (COLUMNS.index(name) for name in ("at", "action", "data"))


def link_hash(previous: str, position: int, entry: int, entry_seal: str) -> str:
    return crypto.lookup_hash(f"{previous}|{position}|{entry}|{entry_seal}", "log.link")


def link_new(now: datetime | None = None, *, all_of_them: bool = False) -> int:
    """Links what is committed and not linked yet; returns how many. Two at once do no harm: one of them makes the links.
    Entries older than the last RECENT links are found with `all_of_them` only, which reads the whole log."""
    waiting = LogEntry.objects.filter(link=None)
    if not all_of_them:
        end = LogLink.objects.aggregate(end=Max("position"))["end"] or 0
        among = LogLink.objects.filter(position__gt=end - RECENT).order_by("entry_id")
        waiting = waiting.filter(pk__gte=among.values_list("entry_id", flat=True).first() or 0)
    first = waiting.order_by("pk").values_list("pk", flat=True).first()
    made = 0
    try:
        while first is not None and (count := _link_some(first)):
            made += count
    except IntegrityError:
        pass  # another one has made these links
    return made


@transaction.atomic
def _link_some(first: int) -> int:
    head = LogLink.objects.order_by("-position").first()
    position, previous = (head.position, head.hash) if head else (0, "")
    links = []
    entries = LogEntry.objects.filter(link=None, pk__gte=first).order_by("pk").values_list("pk", "seal")
    for entry, entry_seal in entries[:BATCH]:
        position += 1
        own = link_hash(previous, position, entry, entry_seal)
        links.append(LogLink(position=position, entry_id=entry, previous=previous, hash=own))
        previous = own
    return len(LogLink.objects.bulk_create(links))


@dataclass
class Report:
    """What a walk along the log found: `where` and `what` are of the first fault, `faults` counts all."""

    linked: int = 0
    head: str = ""  # the last link as `position:hash`, to be kept elsewhere
    waiting: int = 0  # sealed, not linked yet
    waiting_since: datetime | None = None
    faults: int = 0
    where: str = ""
    what: str = ""

    def fault(self, where: str, what: str) -> None:
        self.faults += 1
        if self.faults == 1:
            self.where, self.what = where, what


def verify(expected: str = "") -> Report:
    """Walks the whole chain, and then what is not linked yet. `expected` is the head of an earlier report: without one
    nobody can tell that the end of the chain was cut off. Memory does not grow with the log; raises `ValueError` for an
    `expected` that is no head."""
    report = Report()
    ends = LogLink.objects.aggregate(first=Min("position"), last=Max("position"))
    place, before, vouched = (ends["first"] or 1) - 1, None, False
    links = LogLink.objects.order_by("position").values_list("position", "previous", "hash", *OF_LINK)
    for position, previous, own, *entry in links.iterator(READ_AT_ONCE):
        if position != place + 1:
            report.fault(f"#{place + 1}", f"missing, or its entry is; the next that is there is #{position}")
        elif before not in (None, previous) or own != link_hash(previous, position, entry[0], entry[-3]):
            report.fault(f"#{position}", "does not continue the link before it")
        if not _is_as_sealed(entry):
            report.fault(f"#{position}", f"entry {entry[0]} was changed, or was not written by the portal")
        vouched = vouched or _vouches(entry, ends["first"])
        place, before = position, own
        report.linked += 1
    for entry in LogEntry.objects.filter(link=None).order_by("pk").values_list(*COLUMNS).iterator(READ_AT_ONCE):
        if not _is_as_sealed(entry):
            report.fault(f"entry {entry[0]}", "was changed, or was not written by the portal")
        vouched = vouched or _vouches(entry, ends["first"])
        report.waiting += 1
        report.waiting_since = min(report.waiting_since or entry[AT], entry[AT])
    report.head = f"{place}:{before}" if before else ""
    _judge_ends(report, ends, place, vouched, expected)
    return report


def _is_as_sealed(entry: Sequence) -> bool:
    """Where words were forgotten, their marks stand for them."""
    values, (name, reason, sealed, name_was, reason_was) = entry[1:-5], entry[-5:]
    if (name_was and not CODE_OF_ACCOUNT.fullmatch(name)) or (reason_was and reason):
        return False
    nonce = sealed[:NONCE_LENGTH]
    return sealed == seal(nonce, values, name_was or mark(nonce, name), reason_was or mark(nonce, reason))


def _vouches(entry: Sequence, first: int | None) -> bool:
    """Whether the entry tells that the portal itself took away what stood before the link `first`."""
    return entry[ACTION] == RETAINED and entry[DATA].get("last") == (first or 1) - 1


def _judge_ends(report: Report, ends: dict, place: int, vouched: bool, expected: str) -> None:
    if (ends["last"] or 0) > place:
        report.fault(f"#{place + 1}", "the entry is missing")
    if (ends["first"] or 1) > 1 and not vouched:
        report.fault(f"#{ends['first'] - 1}", "the beginning is missing, and the portal did not take it away")
    if expected:
        position, _colon, own = expected.partition(":")
        if not LogLink.objects.filter(position=int(position), hash=own).exists():
            report.fault(f"#{position}", "is not the link that was kept elsewhere")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM portal_logdoor")
        if cursor.fetchone()[0]:
            report.fault("portal_logdoor", "a door in the guard of the log stands open")


def old_entries(on: date) -> QuerySet[LogEntry]:
    return LogEntry.objects.filter(at__date__lt=SCHEDULE["log"].limit(on))


@transaction.atomic
def retain(on: date) -> list[str]:
    """Deletes what is older than `log_days`, from the beginning of the chain up to the first younger entry; the last link
    always stays. Writes how many and up to which link: `verify` demands that of a chain that does not begin with 1."""
    limit = timezone.make_aware(datetime.combine(SCHEDULE["log"].limit(on), time.min))
    young = LogLink.objects.filter(entry__at__gte=limit).aggregate(first=Min("position"))["first"]
    last = (young or LogLink.objects.aggregate(last=Max("position"))["last"] or 1) - 1
    old = LogLink.objects.filter(position__lte=last).order_by("position")
    if not (places := [str(link) for link in old]):
        return []
    audit.record(old[len(places) - 1], RETAINED, None, count=len(places), last=last)
    with door(RETAIN):
        LogEntry.objects.filter(link__position__lte=last).delete()
        LogLink.objects.filter(position__lte=last).delete()
    return places


def check(on: date) -> list[str]:
    """The job of the night: links everything, walks the log, and where something does not fit gives the safeguarding
    leads a task, one for each new finding."""
    link_new(all_of_them=True)
    report = verify()
    if not report.faults:
        return []
    services.raise_task(
        StaffTask.Kind.LOG_BROKEN,
        role=access.Role.SAFEGUARDING_LEAD,
        about=report.where,
        url=reverse("staff_log"),
        once=f"{report.where}:{report.faults}",
    )
    return [report.where]
