"""Facts about how dependable a mentor is: counts with the visits behind them, for staff, never a score (S41)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from events import services
from events.models import Booking
from events.services.reliability import Fact, facts_of, visits_behind
from events.states import BookingState
from tests.events.builders import at, make_session
from tests.events.visits import attended, hold

pytestmark = pytest.mark.django_db


def facts(person, now=None) -> dict[str, int]:
    return {fact.value: visits for fact, visits in facts_of(person, now or timezone.now()).items() if visits}


def test_each_kind_is_counted_and_nothing_else(cast):
    attended(cast)
    hold(cast.nurlan, make_session(cast, starts_at=at(3)))
    assert facts(cast.nurlan) == {"held": 1}
    missed = hold(cast.nurlan, make_session(cast, starts_at=at(-2)))
    services.confirm_attendance(booking=missed, by=cast.gulnara, result="no_show")
    excused = hold(cast.nurlan, make_session(cast, starts_at=at(-3)))
    services.confirm_attendance(booking=excused, by=cast.gulnara, result="excused")
    assert facts(cast.nurlan) == {"held": 1, "no_show": 1}
    assert facts(cast.yerbol) == {}


def test_late_is_inside_the_hours_and_by_himself(cast):
    for days, by in ((1, cast.nurlan.user), (10, cast.nurlan.user), (2, cast.aigul)):
        booking = hold(cast.nurlan, make_session(cast, starts_at=at(days, hour=23, minute=0), minutes=30))
        services.cancel_booking(booking=booking, by=by, reason="ill")
    assert facts(cast.nurlan) == {"late": 1}


@pytest.mark.parametrize(
    ("state", "hours", "version", "counted"),
    [
        (BookingState.RELEASED, 0, 2, True),
        (BookingState.RELEASED, 0, 1, False),  # a beginner whose partner left: not his silence
        (BookingState.RECONFIRM_NEEDED, 47, 2, False),
        (BookingState.RECONFIRM_NEEDED, 49, 2, True),
        (BookingState.RECONFIRM_NEEDED, 49, 1, False),
        (BookingState.CONFIRMED, 49, 2, False),
    ],
)
def test_no_answer_to_a_change(cast, state, hours, version, counted):
    booking = hold(cast.nurlan, make_session(cast))
    since = timezone.now() - timedelta(hours=hours)
    Booking.objects.filter(pk=booking.pk).update(
        state=state, state_since=since, confirmed_version=1, reason="No answer"
    )
    type(booking.session).objects.update(version=version)
    assert facts(cast.nurlan) == ({"unanswered": 1} if counted else {})


def test_whom_a_rule_released_was_not_silent(cast):
    """The session moved onto another visit of his: he was asked nothing."""
    session = make_session(cast, calendar_reason="Agreed")
    services.book(session=session, by=cast.nurlan.user)
    services.book(session=make_session(cast, starts_at=at(7, 15)), by=cast.nurlan.user)
    services.change_session(session=session, by=cast.aigul, values={"starts_at": at(7, 15), "ends_at": at(7, 15, 45)})
    assert Booking.objects.filter(state=BookingState.RELEASED).count() == 1
    assert facts(cast.nurlan) == {}


def test_only_the_last_twelve_months(cast):
    attended(cast, starts_at=at(-364))
    attended(cast, starts_at=at(-366))
    assert facts(cast.nurlan) == {"held": 1}
    assert facts(cast.nurlan, timezone.now() + timedelta(days=370)) == {}


def test_each_count_leads_to_its_visits(cast, sign_in):
    visit = attended(cast)
    far = attended(cast, starts_at=at(-2), school=cast.far_school)
    client = sign_in(cast.aigul)
    page = client.get(f"/en/staff/people/{cast.nurlan.uuid}/").content.decode()
    url = f"/en/staff/people/{cast.nurlan.uuid}/visits/"
    assert f'href="{url}?fact=held"' in page
    assert f'href="{url}?fact=late"' not in page  # none: nothing to look at
    listed = client.get(f"{url}?fact=held").content.decode()
    assert f"/en/staff/visits/{visit.uuid}/" in listed
    assert f'data-uuid="{far.uuid}"' in listed
    assert f"/en/staff/visits/{far.uuid}/" not in listed  # another district's page
    assert client.get(f"{url}?fact=score").status_code == 404
    assert client.get(f"{url}?page=99").status_code == 200
    assert set(visits_behind(cast.nurlan.bookings.all(), Fact.HELD, timezone.now())) == {visit, far}


def test_who_reads_them(cast, sign_in):
    url = f"/en/staff/people/{cast.nurlan.uuid}/visits/"
    answers = {
        user: sign_in(user).get(url).status_code
        for user in (cast.aigul, cast.dana, cast.bolat, cast.gulnara, cast.ivan, cast.nurlan.user)
    }
    assert list(answers.values()) == [200, 200, 404, 403, 403, 403]
