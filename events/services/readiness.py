"""What a published session still lacks, for the boards, for the task of the day before, and before it begins (I6, I7)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import Booking, SchoolSession
from events.services.guards import clearances_on, why_too_few
from events.services.locks import lock_session
from events.states import START, BookingState, SessionState
from mentors.models import Exclusion
from portal import moves, services
from portal.access import Role
from portal.gather import gather
from portal.models import StaffTask, User
from portal.refusals import Reason, Refused
from portal.sets import among

UNSAFE = {"adult_missing", "adult_is_mentor", "too_few_adults", "needs_lead"}


def risks_of(sessions: Iterable[SchoolSession]) -> dict[int, list[Reason]]:
    """What each of these sessions (by primary key) lacks to be ready; empty for a ready one. Three queries for any number
    of sessions.

    Codes: adult_missing, adult_is_mentor, too_few_adults, needs_lead, seats_min, not_confirmed (by the school),
    not_confirmed_again (by the mentor), partner_missing. Only confirmed visits count.
    """
    sessions = list(sessions)
    return risks_from(sessions, gather(**visits_of([row.pk for row in sessions])))


def visits_of(sessions: Iterable[int]) -> dict[str, QuerySet]:
    """The rows about sessions with these primary keys that `risks_from` reads, for `gather`."""
    held = Booking.objects.holding().filter(session__in=among(sessions))
    comes = held.order_by().values("person")
    kin = Exclusion.objects.in_force().filter(kind=Exclusion.Kind.RELATIVES, person__in=comes, other__in=comes)
    return {"held": held.select_related("person"), "kin": kin.defer("why_sealed")}


def risks_from(sessions: list[SchoolSession], found: Mapping[str, list]) -> dict[int, list[Reason]]:
    """`risks_of`, from what `visits_of` asked for, whose bookings get their sessions; two queries."""
    held = defaultdict(list)
    for booking in found["held"]:
        held[booking.session_id].append(booking)
    for session in sessions:
        for booking in held[session.pk]:
            booking.session = session
    coming = {
        session.pk: [booking for booking in held[session.pk] if booking.state == BookingState.CONFIRMED]
        for session in sessions
    }
    answers = clearances_on((booking.person, session.day) for session in sessions for booking in coming[session.pk])
    kin = [(row.person_id, row.other_id) for row in found["kin"]]
    risks = {}
    for session in sessions:
        bookings = coming[session.pk]
        clear = {booking.person_id for booking in bookings if answers[booking.person_id, session.day].ok}
        risks[session.pk] = why_too_few(session, [booking.person for booking in bookings], clear, kin)
        risks[session.pk] += _of_mentors(session, bookings) + _of_waiting(held[session.pk])
    return risks


def _of_mentors(session: SchoolSession, coming: list[Booking]) -> list[Reason]:
    reasons = []
    if len(coming) < session.seats_min:
        text = _("Mentors needed: %(needed)s, so far: %(so_far)s.")
        reasons.append(Reason("seats_min", text % {"needed": session.seats_min, "so_far": len(coming)}))
    if session.needs_lead and not any(booking.role == Booking.Role.LEAD for booking in coming):
        reasons.append(Reason("needs_lead", _("No experienced mentor comes yet.")))
    return reasons


def _of_waiting(held: list[Booking]) -> list[Reason]:
    """Who has to do something before the visits that are not confirmed can take place: the school, the mentor himself, or
    the coordinator, who finds somebody experienced for a beginner."""
    waiting = [booking for booking in held if booking.state != BookingState.CONFIRMED]
    silent = sum(booking.awaits_mentor for booking in waiting)
    led = any(booking.role == Booking.Role.LEAD for booking in held)
    alone = 0 if led else sum(booking.state == BookingState.RECONFIRM_NEEDED for booking in waiting) - silent
    numbers = [
        ("not_confirmed", _("Visits that the school has not confirmed: %(count)s."), len(waiting) - silent - alone),
        ("not_confirmed_again", _("Mentors who have not said again whether they come: %(count)s."), silent),
        ("partner_missing", _("Mentors in their first visits who wait for an experienced one: %(count)s."), alone),
    ]
    return [Reason(code, text % {"count": count}) for code, text, count in numbers if count]


@transaction.atomic
def start_session(*, session: SchoolSession, by: User, now: datetime | None = None) -> SchoolSession:
    """The school says that it begins. Refuses with all of: not_yet (more than `PROGRAMME["check_in_minutes"]` before),
    over, and of `risks_of` those that make a room `UNSAFE`, with the visits that are not confirmed and so do not count;
    wrong_state; `NotAllowed` not_yours. A repeated call changes nothing."""
    now = now or timezone.now()
    session = lock_session(session, by)
    if session.state == SessionState.IN_PROGRESS and moves.may_make(START, session, by):
        return session
    moves.demand(START, session, by)
    reasons = []
    if now < session.starts_at - timedelta(minutes=settings.PROGRAMME["check_in_minutes"]):
        reasons.append(Reason("not_yet", _("It is too early for that.")))
    if session.ends_at <= now:
        reasons.append(Reason("over", _("The time of this session is over.")))
    risks = risks_of([session])[session.pk]
    if any(reason.code in UNSAFE for reason in risks):
        reasons += [reason for reason in risks if reason.code != "seats_min"]
    if reasons:
        raise Refused(*reasons)
    moves.advance(START, session, by)
    return session


def report_risks(now: datetime) -> None:
    """Every few minutes: a task for the coordinator about each published session of the coming
    `PROGRAMME["at_risk_hours"]` that lacks something, once; done by itself when nothing is lacking any more, and raised
    anew when something is after that. Safe to run twice at once."""
    until = now + timedelta(hours=settings.PROGRAMME["at_risk_hours"])
    coming = SchoolSession.objects.filter(state=SessionState.PUBLISHED, starts_at__gt=now, starts_at__lte=until)
    sessions = list(coming.select_related("school__district"))
    before = StaffTask.objects.filter(kind=StaffTask.Kind.AT_RISK, about__in=[session.code for session in sessions])
    settled = Counter(before.filter(done_at__isnull=False, done_by=None).values_list("about", flat=True))
    risks = risks_of(sessions)  # after the tasks: when another run has settled one meanwhile, its key is there already
    for session in sessions:
        once = f"{session.uuid}:{session.version}:{settled[session.code]}"
        if not risks[session.pk]:
            services.settle_task(StaffTask.Kind.AT_RISK, once=once, by=None)
            continue
        services.raise_task(
            StaffTask.Kind.AT_RISK,
            role=Role.COORDINATOR,
            about=session.code,
            url=reverse("staff_session", args=[session.uuid]),
            district=session.school.district,
            once=once,
        )
