"""One set of questions for the button, the page's explanation and the service: may this mentor book this session,
and are there enough adults. Both answer with all reasons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from events.models import Booking, HoursEntry, SchoolSession
from events.querysets import SchoolSessionQuerySet
from events.states import SessionState
from mentors.models import Profile
from portal.refusals import Reason
from volunteers.clearance import SCHOOL_SESSION, Clearance, Facts, Rules, judge, load_facts, load_rules
from volunteers.models import Person

EXPERIENCED_AFTER_VISITS = 3  # counted ones, for somebody whose approval began with first visits


@dataclass(frozen=True)
class Situation:
    """All that decides what one mentor may book, loaded once for any number of sessions."""

    person: Person
    facts: Facts
    rules: Rules
    held: list[Booking]
    languages: frozenset[int]
    visits: int

    @property
    def is_beginner(self) -> bool:
        """On some day at least his visits are among the first ones."""
        return any(self.visits < granted.probation_visits for granted in self.facts.approvals)

    def is_beginner_on(self, day: date) -> bool:
        """Whether a visit on that day must be beside an experienced mentor."""
        return self.visits < probation_visits(self.facts, day)

    def is_experienced_on(self, day: date) -> bool:
        """Whether a beginner may come beside him: his own first visits are behind him, or his approval asked for none."""
        asked = probation_visits(self.facts, day)
        return self.visits >= max(asked, EXPERIENCED_AFTER_VISITS) or not asked

    def clearance_on(self, day: date) -> Clearance:
        return judge(self.facts, self.rules, SCHOOL_SESSION, day)


def probation_visits(facts: Facts, day: date) -> int:
    """How many first visits the approval for that day asks to be beside an experienced mentor; of several the fewest."""
    return min((granted.probation_visits for granted in facts.approvals if granted.interval.covers(day)), default=0)


def counted_visits(ids: Iterable[int]) -> dict[int, int]:
    """Visits with hours, by the primary key of the person; whoever has none is absent."""
    entries = HoursEntry.objects.filter(person__in=ids, minutes__gt=0).order_by()
    return dict(entries.values_list("person").annotate(visits=Count("booking", distinct=True)))


def situation_of(person: Person, now: datetime) -> Situation:
    """Costs the same number of queries for every person."""
    return Situation(
        person=person,
        facts=load_facts([person.pk])[person.pk],
        rules=load_rules(),
        held=list(
            Booking.objects.holding().filter(person=person).upcoming(now - _buffer()).select_related("session__school")
        ),
        languages=frozenset(person.languages.values_list("pk", flat=True)),
        visits=counted_visits([person.pk]).get(person.pk, 0),
    )


def why_not(situation: Situation, session: SchoolSession, now: datetime) -> list[Reason]:
    """Every reason why he cannot book it now; empty when he can. The session comes from `with_places()`.

    Codes: wrong_state, past, not_open_yet, booking_closed, full, needs_lead, probation, overlap, language, and those of
    clearance.
    """
    reasons = _of_session(session, now)
    if not _has_room_for(situation, session):
        text = _("The place that is left is for a mentor whose first visits are behind him.")
        reasons.append(Reason("needs_lead", text))
    elif situation.is_beginner_on(session.day) and not session.experienced:
        text = _(
            "Your first visits are beside an experienced mentor: choose a session marked “with an experienced mentor”."
        )
        reasons.append(Reason("probation", text, reverse("session_list")))
    reasons += [_clash(held, session) for held in situation.held if _too_close(held, session)]
    if session.language_id not in situation.languages:
        text = _("The session is in another language than yours: %(language)s.") % {"language": session.language.name}
        reasons.append(Reason("language", text))
    home = reverse("my_home")
    reasons += [reason._replace(url=home) for reason in situation.clearance_on(session.day).reasons]
    return reasons


def _of_session(session: SchoolSession, now: datetime) -> list[Reason]:
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
    if session.taken >= session.seats_max:
        reasons.append(Reason("full", _("All places are taken.")))
    return reasons


def _has_room_for(situation: Situation, session: SchoolSession) -> bool:
    """Where an experienced mentor is needed and none has booked, the last place waits for one."""
    waits = session.needs_lead and not session.experienced and session.taken == session.seats_max - 1
    return situation.is_experienced_on(session.day) or not waits


def _buffer() -> timedelta:
    return timedelta(minutes=settings.PROGRAMME["booking_buffer_minutes"])


def _way(held: Booking, session: SchoolSession) -> timedelta:
    """Between two schools lies the way; inside one school a visit may follow at once."""
    return timedelta(0) if held.session.school_id == session.school_id else _buffer()


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


def fitting(sessions: SchoolSessionQuerySet, situation: Situation, now: datetime) -> SchoolSessionQuerySet:
    """Of `sessions` those that suit this mentor: open, in his districts, languages and topics, on days he is cleared,
    not too close to a visit of his and, while his visits are the first ones, beside an experienced mentor."""
    profile = Profile.for_person(situation.person)
    sessions = sessions.open(now).filter(language__in=situation.languages)
    for held in situation.held:
        sessions = sessions.exclude(_around(held, _buffer()) & ~Q(school=held.session.school_id))
        sessions = sessions.exclude(_around(held, timedelta(0)))
    if districts := profile.district_ids():
        sessions = sessions.filter(school__district__in=districts)
    if topics := profile.topic_ids():
        sessions = sessions.filter(topic__in=topics)
    sessions = sessions.annotate(on=TruncDate("starts_at"))
    days = sessions.order_by().values_list("on", flat=True).distinct()
    cleared = [day for day in days if situation.clearance_on(day).ok]
    accompanied = Q(experienced__gt=0) | Q(on__in=[day for day in cleared if not situation.is_beginner_on(day)])
    return sessions.filter(accompanied, on__in=cleared)


def _around(held: Booking, way: timedelta) -> Q:
    return Q(starts_at__lt=held.ends_at + way, ends_at__gt=held.starts_at - way)


def clearances_on(pairs: Iterable[tuple[Person, date]]) -> dict[tuple[int, date], Clearance]:
    """Clearance of many people, each on days of his own, by (primary key, day), in a fixed number of queries."""
    pairs = {(person.pk, day) for person, day in pairs}
    facts, rules = load_facts(sorted({pk for pk, _day in pairs})), load_rules()
    return {(pk, day): judge(facts[pk], rules, SCHOOL_SESSION, day) for pk, day in pairs}


def beginners_on(day: date, people: Iterable[Person]) -> set[int]:
    """The primary keys of those whose visit on that day must be beside an experienced mentor."""
    ids = [person.pk for person in people]
    facts, visits = load_facts(ids), counted_visits(ids)
    return {pk for pk in ids if visits.get(pk, 0) < probation_visits(facts[pk], day)}


def too_few_adults(session: SchoolSession, mentors: list[Person]) -> list[Reason]:
    """Whether `mentors` and the named adult are too few for the room (I6). Codes: adult_missing, adult_is_mentor,
    too_few_adults. Only mentors who are cleared on the day count."""
    if not session.school_adult_name:
        return [Reason("adult_missing", _("First name the adult from the school who will be in the room."))]
    if reasons := adult_is_a_mentor(session, mentors):
        return reasons
    clear = clearances_on((mentor, session.day) for mentor in mentors)
    adults = 1 + sum(answer.ok for answer in clear.values())
    if adults < session.adults_min:
        text = _("The session needs %(needed)s adults in the room; so far there are %(adults)s.")
        return [Reason("too_few_adults", text % {"needed": session.adults_min, "adults": adults})]
    return []


def adult_is_a_mentor(session: SchoolSession, mentors: list[Person]) -> list[Reason]:
    """Two adults are two people: whoever comes as a mentor is not the school's adult as well."""
    if any(_same(session, mentor) for mentor in mentors):
        return [Reason("adult_is_mentor", _("The adult from the school must be another person than the mentor."))]
    return []


def _same(session: SchoolSession, mentor: Person) -> bool:
    if session.school_adult_id and session.school_adult_id == mentor.user_id:
        return True
    name = set(session.school_adult_name.casefold().split())
    return len(name) > 1 and name <= set(mentor.full_name.casefold().split())
