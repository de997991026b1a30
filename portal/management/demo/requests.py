"""What the demo schools ask for: one request in each of the states that a newcomer wants to see, and hours of shifts."""

from __future__ import annotations

from datetime import date, time, timedelta

from django.utils import timezone

from events.models import RequestWindow, SessionRequest
from events.services import requests
from portal.access import Role
from portal.models import Language, School, SchoolShift, Topic, User

from . import builders
from .cast import Cast
from .sessions import teaching_days

OWN_HOURS = {1: (time(8, 30), time(13, 10)), 2: (time(14), time(18, 40))}


def make_requests(cast: Cast) -> None:
    """Gulnara's school: a draft, one that is new, one about which Aigul asks, one with three visits planned. The school
    next to it, with a contact person of its own: one accepted, one declined."""
    _shifts(cast.school)
    gulshat = builders.make_user(
        "gulshat", Role.SCHOOL_CONTACT, school=cast.other_school, family="Ерғали", given="Гүлшат"
    )
    days = teaching_days(timezone.localdate() + timedelta(days=10), 6)
    topics = list(Topic.objects.exclude(parent=None))
    asking = [(cast.school, cast.gulnara)] * 4 + [(cast.other_school, gulshat)] * 2
    made = [_draft(school, by, topics[index], days[index:]) for index, (school, by) in enumerate(asking)]
    for asked in made[1:]:
        requests.submit_request(request=asked, by=asked.created_by)
    _draft_stays, _new, question, planned, accepted, declined = made
    requests.ask_school(request=question, by=cast.aigul, text="Сынып қай қабатта? Экран бар ма?")
    requests.accept_request(request=planned, by=cast.aigul)
    _plan(planned, cast.aigul)
    requests.accept_request(request=accepted, by=cast.aigul)
    requests.decline_request(request=declined, by=cast.aigul, code="no_mentors")


def _shifts(school: School) -> None:
    """Hours of its own; every other sample school has the usual ones."""
    for number, (starts, ends) in OWN_HOURS.items():
        if number <= school.shifts:
            SchoolShift.objects.get_or_create(school=school, number=number, defaults={"starts": starts, "ends": ends})


def _draft(school: School, by: User, topic: Topic, days: list[date]) -> SessionRequest:
    windows = [RequestWindow(day=day, starts=time(9), ends=time(11)) for day in days[:2]]
    asked = SessionRequest(
        school=school,
        topic=topic,
        grade=max(topic.grade_from, min(topic.grade_to, 7)),
        group_size=24,
        language=Language.objects.get(code="kk"),
        visits=3,
    )
    return requests.keep_request(request=asked, windows=windows, by=by)


def _plan(asked: SessionRequest, by: User) -> None:
    sessions = [row.session for row in requests.suggest(asked) if row.ok]
    requests.schedule_request(request=asked, sessions=sessions, by=by)
