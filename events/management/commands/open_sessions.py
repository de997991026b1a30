"""Fresh sessions to book, for race tests from outside: `open_sessions --json 20` (demonstration and tests only)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import cycle, islice

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count
from django.utils import timezone, translation

from events import services
from events.models import SchoolSession
from events.services.guards import clearances_on
from portal import access
from portal.mail import absolute
from portal.models import Language, NonTeachingPeriod, School, Topic, User
from volunteers.models import Person

FIRST_DAY_IN = 7
LESSON = timedelta(minutes=45)
STARTS = [time(9), time(11), time(13), time(15), time(17)]  # further apart than lesson and way
SUNDAY = 6
ADULT = "Sample Teacher"


class Command(BaseCommand):
    help = (
        "Publishes N sessions with one place each and a named adult, at moments when no other session is held. "
        "One mentor can hold all of them: they keep apart, and within the caps."
    )

    def add_arguments(self, parser):
        parser.add_argument("count", type=int, metavar="N")
        parser.add_argument("--beside", type=int, default=1, metavar="M", help="M in as many schools at each moment")
        parser.add_argument("--json", action="store_true", help="print the sessions and who may book them as JSON")

    def handle(self, *args, count, beside, **options):
        if not settings.DEMO_MODE:
            raise CommandError("Only with DEMO_MODE: it invents sessions.")
        with translation.override("en"):
            sessions = list(self._publish(count, beside))
            report = {"sessions": [addresses(session) for session in sessions], "mentors": mentors_for(sessions)}
        self.stdout.write(json.dumps(report, indent=1) if options["json"] else f"{len(sessions)} sessions.")

    def _publish(self, count: int, beside: int) -> Iterator[SchoolSession]:
        """One moment after another, school after school."""
        language = most_spoken()
        topic = Topic.objects.filter(grade_from__lte=7, grade_to__gte=7).first()
        schools = cycle(list(schools_with_coordinators()))
        for moment in (moment for moment in islice(free_moments(), count) for _school in range(beside)):
            school, coordinator = next(schools)
            plan = SchoolSession(
                school=school,
                topic=topic,
                grade=7,
                group_size=24,
                language=language,
                starts_at=moment,
                ends_at=moment + LESSON,
                school_adult_name=ADULT,
            )
            session = services.plan_session(session=plan, by=coordinator)
            yield services.publish(session=session, by=coordinator)


def addresses(session: SchoolSession) -> dict:
    return {
        "uuid": str(session.uuid),
        "url": absolute("session_detail", session.uuid),
        "book_url": absolute("session_book", session.uuid),
    }


def schools_with_coordinators() -> Iterator[tuple[School, User]]:
    staff = list(User.objects.filter(role_grants__role=access.Role.COORDINATOR, is_active=True).distinct())
    found = False
    for school in School.objects.filter(is_sample=True):
        reach = access.Reach(district_id=school.district_id, school_id=school.pk)
        coordinator = next((user for user in staff if access.allows(user, "session.plan", reach)), None)
        if coordinator:
            found = True
            yield school, coordinator
    if not found:
        raise CommandError("No sample school has a coordinator: run seed_demo first.")


def most_spoken() -> Language:
    spoken = Person.objects.filter(approvals__isnull=False).values("languages").annotate(number=Count("pk"))
    best = spoken.exclude(languages=None).order_by("-number").first()
    return Language.objects.get(pk=best["languages"]) if best else Language.objects.first()


def free_moments() -> Iterator[datetime]:
    """Beginnings on days with lessons everywhere, at which no session is held yet; as many in a day, week and month as
    one mentor may hold."""
    day = timezone.localdate() + timedelta(days=FIRST_DAY_IN)
    most, given = settings.PROGRAMME["visits_at_most"], Counter()
    coming = SchoolSession.objects.filter(starts_at__date__gte=day)
    taken = set(coming.values_list("starts_at", flat=True))
    for moment in coming.filter(school_adult_name=ADULT).values_list("starts_at", flat=True):
        given.update(_spans(timezone.localdate(moment)))
    while True:
        if day.weekday() != SUNDAY and not NonTeachingPeriod.objects.on(day).exists():
            for start in STARTS:
                moment = timezone.make_aware(datetime.combine(day, start))
                spans = _spans(day)
                if moment not in taken and all(given[name, span] < most[name] for name, span in spans):
                    given.update(spans)
                    yield moment
        day += timedelta(days=1)


def _spans(day: date) -> list[tuple]:
    """What a visit on that day counts towards."""
    return [("day", day), ("week", day.isocalendar()[:2]), ("month", (day.year, day.month))]


def mentors_for(sessions: list[SchoolSession]) -> list[str]:
    """The addresses of invented mentors who speak the language and are cleared on every one of these days."""
    languages = {session.language_id for session in sessions}
    days = {session.day for session in sessions}
    people = Person.objects.filter(
        approvals__isnull=False, user__email__endswith="@demo.example", user__is_active=True, languages__in=languages
    ).select_related("user")
    people = list(people.distinct().order_by("pk"))
    answers = clearances_on((person, day) for person in people for day in days)
    return [person.user.email for person in people if all(answers[person.pk, day].ok for day in days)]
