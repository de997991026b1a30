"""Certificates of hours: a row with a serial that anybody may ask about. The paper is made from the row on every download
(`events.certificates`)."""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import Booking, Certificate, HoursEntry
from portal import audit, crypto
from portal.models import User
from portal.refusals import NotAllowed, Reason, Refused
from volunteers.models import Person

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
GROUPS, GROUP = 3, 4  # 60 bits
EARLIEST_YEAR = 2000
# What people type for these signs, Cyrillic letters that look the same among them.
MISREAD = str.maketrans("OILАВСЕНКМОРТХУ", "011ABCEHKM0PTXY")


def _new_serial() -> str:
    return "-".join("".join(secrets.choice(ALPHABET) for _sign in range(GROUP)) for _group in range(GROUPS))


def tidy_serial(typed: str) -> str:
    """A serial as it is kept, whatever dashes, spaces, small letters and look-alikes were typed; "" for what is none."""
    signs = re.sub(r"[\W_]", "", typed).upper().translate(MISREAD)
    if len(signs) != GROUPS * GROUP or not set(signs) <= set(ALPHABET):
        return ""
    return "-".join(signs[start : start + GROUP] for start in range(0, len(signs), GROUP))


@transaction.atomic
def issue_certificate(*, by: User, first_day: date, last_day: date, now: datetime | None = None) -> Certificate:
    """A certificate of `by`'s own hours in visits from `first_day` to `last_day` (inclusive, Asia/Almaty), corrections
    included. While the hours are the same, asking again returns the one that is there.

    Refuses order, future (the period has not ended), year (a slip of the pen), no_hours; `NotAllowed` not_a_mentor for
    somebody without visits.
    """
    now = now or timezone.now()
    person = Person.objects.select_for_update(of=("self",)).filter(user=by).first()
    if person is None:
        raise NotAllowed(Reason("not_a_mentor", _("Only mentors have volunteer hours.")))
    if reasons := _against(first_day, last_day, now):
        raise Refused(*reasons)
    visits, minutes = _figures(person, first_day, last_day)
    if not visits:
        raise Refused(Reason("no_hours", _("In this time there are no visits that a school has confirmed.")))
    period = {"person": person, "first_day": first_day, "last_day": last_day}
    figures = {"visits": visits, "minutes": minutes}
    if existing := Certificate.objects.valid().filter(**period, **figures).first():
        return existing
    certificate = Certificate(serial=_new_serial(), issued_at=now, **period, **figures)
    certificate.content_hash = _hash(certificate)
    certificate.save()
    audit.record(certificate, "certificate.issue", by, **figures)
    return certificate


def _figures(person: Person, first_day: date, last_day: date) -> tuple[int, int]:
    begin, end = (timezone.make_aware(datetime.combine(day, time.min)) for day in (first_day, last_day))
    entries = HoursEntry.objects.filter(
        person=person, booking__starts_at__gte=begin, booking__starts_at__lt=end + timedelta(days=1)
    )
    totals: dict[int, int] = {}
    for row in entries.by_visit():
        totals[row["booking"]] = totals.get(row["booking"], 0) + row["total"]
    return sum(total > 0 for total in totals.values()), sum(totals.values())


def _against(first_day: date, last_day: date, now: datetime) -> list[Reason]:
    """Asked before the figures: of a day in the year 1 or 9999 no database knows the bounds."""
    if last_day < first_day:
        return [Reason("order", _("The last day comes before the first."))]
    reasons = []
    if last_day > timezone.localdate(now):
        reasons.append(Reason("future", _("This day is in the future.")))
    if first_day.year < EARLIEST_YEAR:
        reasons.append(Reason("year", _("Please look at the year.")))
    return reasons


def revoke_covering(booking: Booking, by: User, now: datetime | None = None) -> list[Certificate]:
    """Takes back the certificates that cover this visit, because its hours have changed (I27)."""
    day = booking.session.day
    covering = Certificate.objects.valid().filter(person=booking.person_id, first_day__lte=day, last_day__gte=day)
    certificates = list(covering.select_for_update().order_by("pk"))
    for certificate in certificates:
        certificate.revoked_at = now or timezone.now()
        certificate.save(update_fields=["revoked_at"])
        audit.record(certificate, "certificate.revoke", by)
    return certificates


def find(typed: str) -> Certificate | None:
    """The certificate with this serial, revoked or not; None for an unknown one, and for a row that was changed behind
    the program's back."""
    certificate = Certificate.objects.filter(serial=tidy_serial(typed)).select_related("person").first()
    if certificate is None or not hmac.compare_digest(certificate.content_hash, _hash(certificate)):
        return None
    return certificate


def initials(person: Person) -> str:
    """All that is told of a name: "Н. М."; nothing for somebody who was forgotten."""
    return " ".join(f"{name[0]}." for name in (person.given_name, person.family_name) if name)


def _hash(certificate: Certificate) -> str:
    parts = [certificate.serial, certificate.person.uuid, certificate.first_day, certificate.last_day]
    parts += [certificate.visits, certificate.minutes]
    return crypto.lookup_hash("|".join(map(str, parts)), "certificate")
