"""May this mentor take a place in this session: one set of questions for the button, the page and the service."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from events.models import Booking, SchoolSession
from events.states import SessionState
from portal.refusals import Reason

from .situation import SPANS, Situation, buffer

OVERRIDABLE = frozenset({"cap", "not_available"})  # never clearance, a clash, an exclusion or a place that is taken


def why_not(situation: Situation, session: SchoolSession, now: datetime) -> list[Reason]:
    """Every reason why he cannot book it now; empty when he can. The session comes from `with_places()`.

    Codes: wrong_state, past, not_open_yet, booking_closed, full, queue, needs_lead, probation, and those of
    `against_him`. Whom the waiting list offers a place is held up neither by the line nor by the place kept for him.
    """
    reasons = _of_session(situation, session, now)
    if not _has_room_for(situation, session):
        text = _("The place that is left is for a mentor whose first visits are behind him.")
        reasons.append(Reason("needs_lead", text))
    elif situation.is_beginner_on(session.day) and not session.experienced:
        text = _(
            "Your first visits are beside an experienced mentor: choose a session marked “with an experienced mentor”."
        )
        reasons.append(Reason("probation", text, reverse("session_list")))
    return reasons + against_him(situation, session)


def against_him(situation: Situation, session: SchoolSession) -> list[Reason]:
    """The reasons that lie in the mentor himself, whatever places there are; also for somebody who holds one already.

    Codes: overlap, cap, excluded, language, and those of clearance on the session's day.
    """
    reasons = [_clash(held, session) for held in situation.held if _too_close(held, session)]
    reasons += _over_caps(situation, session)
    if situation.excluded_from(session):
        text = _("This session is not open for you. Please ask your coordinator.")
        reasons.append(Reason("excluded", text))
    if session.language_id not in situation.languages:
        text = _("The session is in another language than yours: %(language)s.") % {"language": session.language.name}
        reasons.append(Reason("language", text))
    home = reverse("my_home")
    return reasons + [reason._replace(url=home) for reason in situation.clearance_on(session.day).reasons]


def _of_session(situation: Situation, session: SchoolSession, now: datetime) -> list[Reason]:
    if session.state != SessionState.PUBLISHED:
        return [Reason("wrong_state", _("This session is not open for booking."))]
    if session.starts_at <= now:
        return [Reason("past", _("This session has already begun."))]
    reasons = []
    if session.opens_at and session.opens_at > now:
        text = _("Booking opens on %(moment)s.") % {"moment": _moment(session.opens_at)}
        reasons.append(Reason("not_open_yet", text))
    if session.closes_at and session.closes_at <= now:
        text = _("Booking closed on %(moment)s.") % {"moment": _moment(session.closes_at)}
        reasons.append(Reason("booking_closed", text))
    if _gone(situation, session) >= session.seats_max:
        reasons.append(Reason("full", _("All places are taken.")))
    if session.in_line and not situation.offer_for(session, now):
        reasons.append(Reason("queue", _in_line(situation, session)))
    return reasons


def _gone(situation: Situation, session: SchoolSession) -> int:
    """Places that others have or that are kept for others (I2)."""
    entry = situation.line.get(session.pk)
    return session.taken + session.kept - (entry is not None and entry.keeps_a_place)


def _in_line(situation: Situation, session: SchoolSession) -> str:
    if session.pk in situation.line:
        return _("You are on the waiting list. When it is your turn, you will be offered a place.")
    return _("Others wait for a place. You can join the waiting list.")


def _has_room_for(situation: Situation, session: SchoolSession) -> bool:
    """Where an experienced mentor is needed and none has booked, the last place waits for one."""
    waits = session.needs_lead and not session.experienced and _gone(situation, session) == session.seats_max - 1
    return situation.is_experienced_on(session.day) or not waits


def _over_caps(situation: Situation, session: SchoolSession) -> list[Reason]:
    texts = {
        "day": _("Visits on this day: %(count)s. At most: %(most)s."),
        "week": _("Visits in this week: %(count)s. At most: %(most)s."),
        "month": _("Visits in this month: %(count)s. At most: %(most)s."),
    }
    counts = {span: (situation.visits_in(span, session.day, session), situation.at_most(span)) for span in SPANS}
    return [
        Reason("cap", texts[span] % {"count": count, "most": most}, reverse("my_times"))
        for span, (count, most) in counts.items()
        if count >= most
    ]


def _way(held: Booking, session: SchoolSession) -> timedelta:
    """Between two schools lies the way; inside one school a visit may follow at once."""
    return timedelta(0) if held.session.school_id == session.school_id else buffer()


def _too_close(held: Booking, session: SchoolSession) -> bool:
    way = _way(held, session)
    return (
        held.session_id != session.pk
        and held.starts_at < session.ends_at + way
        and session.starts_at < held.ends_at + way
    )


def _clash(held: Booking, session: SchoolSession) -> Reason:
    end = date_format(timezone.localtime(held.ends_at), "TIME_FORMAT")
    values = {"school": held.session.school.name, "moment": f"{_moment(held.starts_at)}–{end}"}
    text = _("It is too close to your visit: %(school)s, %(moment)s.") % values
    if minutes := int(_way(held, session).total_seconds() // 60):
        text += " " + _("%(minutes)s minutes are kept for the way.") % {"minutes": minutes}
    return Reason("overlap", text, reverse("session_detail", args=[held.session.uuid]))


def _moment(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")
