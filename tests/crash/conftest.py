"""The town in which the servers fall over."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from portal.management import demo
from portal.models import OutgoingMessage
from tests.events.builders import at, make_session
from tests.people import make_cast


@pytest.fixture
def town(transactional_db, sign_in):
    """Eight mentors; sessions at ten in two schools on the same days, so that they also get into each other's way:
    the keys of their sign-ins, and the sessions by uuid."""
    call_command("createcachetable", "portal_cache", verbosity=0)
    cast = make_cast()
    more = [
        demo.make_mentor(f"crash{number}", number=800 + number, staff=cast, district=cast.taraz, family="А", given="О")
        for number in range(6)
    ]
    sessions = [
        make_session(cast, starts_at=at(9 + turn), school=school, seats_max=1 + turn % 2)
        for turn in range(8)
        for school in (cast.school, cast.other_school)
    ]
    OutgoingMessage.objects.all().delete()
    people = [cast.nurlan, cast.yerbol, *more]
    return [sign_in(person.user).cookies["session"].value for person in people], [str(row.uuid) for row in sessions]
