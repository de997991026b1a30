"""What a session lacks, and its beginning (I6, I7; scenario 25)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events import services
from events.models import Booking
from events.services.readiness import report_risks, risks_of, start_session
from events.states import BookingState
from mentors.models import Exclusion
from portal.models import StaffTask
from portal.refusals import NotAllowed, Refused
from tests.events.builders import at, make_session

pytestmark = pytest.mark.django_db


def codes(session):
    return [reason.code for reason in risks_of([session])[session.pk]]


def tasks():
    return StaffTask.objects.filter(kind=StaffTask.Kind.AT_RISK)


def test_one_mentor_and_no_named_adult_is_at_risk_the_day_before_and_cannot_begin(cast):
    """Scenario 25."""
    session = make_session(cast, school_adult_name="")
    services.book(session=session, by=cast.nurlan.user)
    report_risks(session.starts_at - timedelta(hours=25))
    assert not tasks().exists()
    for _run in range(2):
        report_risks(session.starts_at - timedelta(hours=23))
    assert tasks().get().about == session.code
    with pytest.raises(Refused) as refusal:
        start_session(session=session, by=cast.gulnara, now=session.starts_at)
    assert refusal.value.codes == ["adult_missing"]
    services.name_adult(session=session, by=cast.gulnara, name="Есімова Баян")
    report_risks(session.starts_at - timedelta(hours=22))
    assert tasks().get().done_at
    assert start_session(session=session, by=cast.gulnara, now=session.starts_at).state == "in_progress"
    assert start_session(session=session, by=cast.gulnara, now=session.starts_at).state == "in_progress"


def test_the_beginning_has_its_time_and_its_people(cast):
    session = make_session(cast)
    services.book(session=session, by=cast.nurlan.user)
    early, over = session.starts_at - timedelta(minutes=31), session.ends_at
    for now, code in ((early, "not_yet"), (over, "over")):
        with pytest.raises(Refused) as refusal:
            start_session(session=session, by=cast.gulnara, now=now)
        assert refusal.value.codes == [code]
    for stranger in (cast.nurlan.user, cast.dana):
        with pytest.raises(NotAllowed):
            start_session(session=session, by=stranger, now=session.starts_at)


def test_relatives_are_one_adult(cast):
    session = make_session(cast, seats_max=2, adults_min=3)
    for person in (cast.nurlan, cast.yerbol):
        services.book(session=session, by=person.user)
    assert codes(session) == []
    Exclusion.objects.create(person=cast.nurlan, other=cast.yerbol, kind="relatives", created_by=cast.aigul)
    assert codes(session) == ["too_few_adults"]


def test_who_has_not_answered_again_is_not_counted(cast):
    session = make_session(cast)
    booking = services.book(session=session, by=cast.nurlan.user)
    Booking.objects.filter(pk=booking.pk).update(state=BookingState.RECONFIRM_NEEDED)
    assert codes(session) == ["too_few_adults", "seats_min", "not_confirmed_again"]


def test_many_sessions_cost_what_one_costs(cast):
    sessions = [make_session(cast, starts_at=at(7 + turn)) for turn in range(4)]
    for session in sessions[:2]:
        services.book(session=session, by=cast.nurlan.user)

    def cost(rows):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            risks_of(rows)
        return len(queries)

    assert cost(sessions) == cost(sessions[:1])
