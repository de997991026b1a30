"""After a change of time or place the mentor says again whether he comes (scenario 23)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from events import notifications
from events.models import Booking
from events.services.assuring import is_near
from events.services.booking import end_booking, silence_key
from events.services.guards import beginners_on, clearances_on, too_few_adults
from events.services.locks import lock_booking
from events.states import COME_AND_WAIT, CONFIRM_AGAIN, HOLDING, RELEASE, BookingState, SessionState
from portal import moves, services
from portal.access import Role
from portal.models import StaffTask, User
from portal.refusals import Reason, Refused
from volunteers.models import Person


@transaction.atomic
def confirm_again(*, booking: Booking, by: User, by_link: bool = False, now: datetime | None = None) -> Booking:
    """The mentor still comes, at the new time. Confirmed where the adults suffice and a beginner is beside an
    experienced mentor; otherwise the visit waits for the school. On the day before he has said with it that he comes
    (`assuring`, also for `by_link`). A repeated call changes nothing.

    Refuses with all of: not_asked (his visit waits for somebody else), past, and what clearance says of the day;
    wrong_state; `NotAllowed` not_yours.
    """
    now = now or timezone.now()
    Person.objects.select_for_update(of=("self",)).get(pk=booking.person_id)
    booking = lock_booking(booking, by)
    session = booking.session
    if booking.state in HOLDING and booking.confirmed_version == session.version and _is_done(booking, by):
        return booking
    moves.demand(CONFIRM_AGAIN, booking, by)
    reasons = list(clearances_on([(booking.person, session.day)])[booking.person_id, session.day].reasons)
    if not booking.awaits_mentor:
        reasons.append(Reason("not_asked", _("You have nothing to do now: please wait for our letter before you go.")))
    if session.starts_at <= now:
        reasons.append(Reason("past", _("This session has already begun.")))
    if reasons:
        raise Refused(*reasons)
    booking.confirmed_version = session.version
    if is_near(booking, now):
        booking.assured_at = now  # so he is not asked once more
    moves.advance(CONFIRM_AGAIN if _is_ready(booking) else COME_AND_WAIT, booking, by, link=by_link)
    services.settle_task(StaffTask.Kind.NOT_CONFIRMED_AGAIN, once=silence_key(booking), by=by)
    return booking


def _is_done(booking: Booking, by: User) -> bool:
    return booking.state != BookingState.RECONFIRM_NEEDED and moves.may_make(CONFIRM_AGAIN, booking, by)


def _is_ready(booking: Booking) -> bool:
    held = list(booking.session.bookings.holding().select_related("person"))
    accompanied = any(other.role == Booking.Role.LEAD for other in held)
    alone = not accompanied and beginners_on(booking.session.day, [booking.person])
    return not alone and not too_few_adults(booking.session, [other.person for other in held])


@transaction.atomic
def release_booking(*, booking: Booking, by: User, reason: str, now: datetime | None = None) -> Booking:
    """The coordinator no longer waits for a mentor who has not said again whether he comes. Letters to him and to the
    school; the place is free. Refuses reason_missing, wrong_state, past; `NotAllowed` not_yours."""
    now = now or timezone.now()
    booking = lock_booking(booking, by)
    if booking.state == RELEASE.target and moves.may_make(RELEASE, booking, by):
        return booking
    moves.demand(RELEASE, booking, by, reason)
    if booking.session.starts_at <= now:
        raise Refused(Reason("past", _("This session has already begun.")))
    end_booking(booking, RELEASE, by, reason=reason, now=now)
    notifications.booking_cancelled(booking)
    notifications.to_school_visit_off(booking, but=by)
    return booking


def silent_since(now: datetime) -> Q:
    """Bookings whose mentor was asked `confirm_again_hours` ago, or whose session is `at_risk_hours` away, and who has
    not answered."""
    asked = now - timedelta(hours=settings.PROGRAMME["confirm_again_hours"])
    soon = now + timedelta(hours=settings.PROGRAMME["at_risk_hours"])
    unanswered = Q(confirmed_version=None) | ~Q(confirmed_version=F("session__version"))
    waits = Q(state=BookingState.RECONFIRM_NEEDED, starts_at__gt=now, session__state=SessionState.PUBLISHED)
    return waits & unanswered & (Q(state_since__lte=asked) | Q(starts_at__lte=soon))


def report_silence(now: datetime) -> int:
    """Every few minutes: a task for the coordinator about every silent mentor, once for each change. Returns how many
    are silent."""
    silent = list(Booking.objects.filter(silent_since(now)).with_session())
    for booking in silent:
        services.raise_task(
            StaffTask.Kind.NOT_CONFIRMED_AGAIN,
            role=Role.COORDINATOR,
            about=booking.code,
            url=reverse("staff_session", args=[booking.session.uuid]),
            district=booking.session.school.district,
            once=silence_key(booking),
        )
    return len(silent)
