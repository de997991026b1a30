import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from events import services
from events.models import SchoolSession
from portal.models import NonTeachingPeriod, User

pytestmark = pytest.mark.django_db


def run(*args) -> dict:
    out = StringIO()
    call_command("open_sessions", "--json", *args, stdout=out)
    return json.loads(out.getvalue())


def test_fresh_sessions_that_the_named_mentors_can_book(cast, settings):
    settings.DEMO_MODE = True
    report = run("7")
    uuids = {row["uuid"] for row in report["sessions"]}
    assert len(uuids) == 7
    sessions = list(SchoolSession.objects.filter(uuid__in=uuids))
    assert len({session.starts_at for session in sessions}) == 7
    assert len({session.school_id for session in sessions}) > 1
    assert not any(NonTeachingPeriod.objects.on(session.day, school=session.school).exists() for session in sessions)
    assert cast.yerbol.user.email in report["mentors"]
    yerbol = User.objects.get(email=cast.yerbol.user.email)
    for session in sessions:
        assert services.book(session=session, by=yerbol).state == "confirmed"
        assert report["sessions"][0]["book_url"].endswith("/book/")
    again = run("3")
    assert not uuids & {row["uuid"] for row in again["sessions"]}
    for row in again["sessions"]:
        assert services.book(session=SchoolSession.objects.get(uuid=row["uuid"]), by=yerbol).holds


def test_not_where_people_are_real(cast, settings):
    settings.DEMO_MODE = False
    with pytest.raises(CommandError):
        run("1")
