"""When a mentor came and left. The school shows a code, he types it; or the school says it. Hours follow from neither:
they come from `visits.confirm_attendance` alone."""

from __future__ import annotations

import hmac
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import Arrival, Booking, SchoolSession
from events.services.locks import lock_booking
from events.states import HOLDING
from portal import access, audit, crypto
from portal.models import User
from portal.refusals import NotAllowed, Reason, Refused

CODE_SECONDS = 60  # then the next code is shown; the one before it is still taken
DIGITS = 6


def code_of(session: SchoolSession, now: datetime) -> str:
    """The six digits that the school shows at this moment. They follow from the session and the minute under the lookup
    key: nothing is stored, and no other server shows another code."""
    return _code(session, _window(now))


def seconds_left(now: datetime) -> int:
    """Until the next code is shown: 1 to `CODE_SECONDS`."""
    return CODE_SECONDS - int(now.timestamp()) % CODE_SECONDS


def _window(now: datetime) -> int:
    return int(now.timestamp()) // CODE_SECONDS


def _code(session: SchoolSession, window: int) -> str:
    number = int(crypto.lookup_hash(f"{session.uuid}:{window}", "check_in"), 16)
    return f"{number % 10**DIGITS:0{DIGITS}}"


def _is_shown(code: str, session: SchoolSession, now: datetime) -> bool:
    shown = (_code(session, _window(now) - age) for age in (0, 1))
    return any(hmac.compare_digest(code.encode(), right.encode()) for right in shown)


@transaction.atomic
def arrive(*, booking: Booking, by: User, code: str = "", now: datetime | None = None) -> Arrival:
    """The mentor is in the school: he says so with the code that the school shows, or the school says so itself.

    Refuses not_a_holder (the booking holds no place), check_in_time (outside `PROGRAMME["check_in_minutes"]` before the
    beginning and after the end, or a session that does not take place), wrong_code (neither this minute's code nor the
    last one); `NotAllowed` not_yours. Who has arrived already stays as he is: a repeated call changes nothing (I23).
    """
    now = now or timezone.now()
    booking = lock_booking(booking, by)
    method = _method(booking, by)
    if arrival := Arrival.objects.filter(booking=booking).first():
        return arrival
    reasons = _reasons(booking, now)
    if not reasons and method == Arrival.Method.CODE and not _is_shown(code, booking.session, now):
        text = _("This is not the code that the school shows now. It changes every minute.")
        reasons = [Reason("wrong_code", text)]
    if reasons:
        raise Refused(*reasons)
    arrival = Arrival.objects.create(booking=booking, arrived_at=now, method=method, recorded_by=by)
    audit.record(booking, "arrive", by, method=method)
    return arrival


@transaction.atomic
def depart(*, booking: Booking, by: User, now: datetime | None = None) -> Arrival:
    """The mentor goes, by his own word or the school's. Refuses not_arrived, not_a_holder, check_in_time; `NotAllowed`
    not_yours. Only the first call counts."""
    now = now or timezone.now()
    booking = lock_booking(booking, by)
    _method(booking, by)
    arrival = Arrival.objects.filter(booking=booking).first()
    if arrival is None:
        raise Refused(Reason("not_arrived", _("Nobody has said yet that the mentor has come.")))
    if arrival.left_at:
        return arrival
    if reasons := _reasons(booking, now):
        raise Refused(*reasons)
    arrival.left_at = max(now, arrival.arrived_at)
    arrival.save(update_fields=["left_at"])
    audit.record(booking, "depart", by)
    return arrival


def _method(booking: Booking, by: User) -> str:
    if booking.person.user_id == by.pk:
        return Arrival.Method.CODE
    if access.allows(by, "attendance.confirm", booking.reach):
        return Arrival.Method.SCHOOL
    raise NotAllowed(Reason("not_yours", _("Only the mentor himself and the school say when he came.")))


def _reasons(booking: Booking, now: datetime) -> list[Reason]:
    reasons = []
    if booking.state not in HOLDING:
        reasons.append(Reason("not_a_holder", _("This visit holds no place in the session.")))
    if not booking.session.takes_arrivals(now):
        text = _("Arrivals are noted from shortly before the session until shortly after it.")
        reasons.append(Reason("check_in_time", text))
    return reasons


def suggested_minutes(booking: Booking, arrival: Arrival | None) -> int | None:
    """What to put before the school as the length of the visit: the time between arrival and leaving that lies in the
    planned one, or goes on after it up to the tolerance. None where one of the two moments is not known."""
    if arrival is None or arrival.left_at is None:
        return None
    begun = max(arrival.arrived_at, booking.session.starts_at)
    minutes = round((arrival.left_at - begun).total_seconds() / 60)
    return min(minutes, booking.session.minutes_at_most) if minutes > 0 else None
