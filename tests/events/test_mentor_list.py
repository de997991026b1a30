"""What a mentor filters by, how far it is, and the month of his visits."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone, translation
from django.utils.html import escape
from django.utils.translation import gettext

from events import services
from events.models import Booking
from events.months import written_month
from events.services.guards import kilometres
from events.states import BookingState
from tests.events.builders import at, make_session
from tests.events.test_pages import cost
from tests.events.visits import hold

pytestmark = pytest.mark.django_db


def listed(client, query: str) -> list[str]:
    page = client.get(f"/en/sessions/?show=all&{query}").content.decode()
    return re.findall(r'data-testid="session" data-uuid="([^"]+)"', page)


def move(school, km_north: float) -> None:
    """The school lies that far to the north of the centre of its district."""
    school.latitude, school.longitude = float(school.district.latitude) + km_north / 111.2, school.district.longitude
    school.save()


def test_by_distance_from_the_centre_of_his_district(cast, sign_in):
    move(cast.school, 40)
    move(cast.other_school, 3)
    far = make_session(cast, starts_at=at(5))
    near = make_session(cast, starts_at=at(6), school=cast.other_school)
    client = sign_in(cast.nurlan.user)
    assert kilometres(cast.taraz, cast.school) == pytest.approx(40, abs=0.2)
    assert listed(client, "") == [str(far.uuid), str(near.uuid)]
    assert listed(client, "sort=distance") == [str(near.uuid), str(far.uuid)]
    assert listed(client, "within=10") == [str(near.uuid)]
    assert listed(client, "within=50") == [str(far.uuid), str(near.uuid)]
    page = client.get("/en/sessions/?show=all&sort=distance").content.decode()
    assert re.findall(r'data-testid="distance"[^>]*>[^<]*?(\d+) km', page) == ["3", "40"]


def test_what_fits_is_sorted_by_distance_too(cast, sign_in):
    move(cast.school, 40)
    move(cast.other_school, 3)
    far, near = make_session(cast, starts_at=at(5)), make_session(cast, starts_at=at(6), school=cast.other_school)
    page = sign_in(cast.nurlan.user).get("/en/sessions/?sort=distance").content.decode()
    assert re.findall(r'data-testid="session" data-uuid="([^"]+)"', page) == [str(near.uuid), str(far.uuid)]


def test_by_grade_and_nonsense_filters_nothing(cast, sign_in):
    seventh, ninth = make_session(cast, starts_at=at(5)), make_session(cast, starts_at=at(6), grade=9)
    client = sign_in(cast.nurlan.user)
    assert listed(client, "grade=9") == [str(ninth.uuid)]
    everything = [str(seventh.uuid), str(ninth.uuid)]
    for query in ("grade=x", "within=-1", "within=1e9", "sort=x", "date_from=x", "district=0"):
        assert listed(client, query) == everything


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_kilometres_are_chosen_in_the_readers_language(cast, sign_in, language):
    page = sign_in(cast.nurlan.user).get(f"/{language}/sessions/").content.decode()
    with translation.override(language):
        assert gettext("%(number)s km") % {"number": 5} in page


def test_a_mentor_without_a_district_sees_no_distance(cast, sign_in):
    session = make_session(cast)
    cast.nurlan.district = None
    cast.nurlan.save()
    client = sign_in(cast.nurlan.user)
    assert listed(client, "sort=distance&within=5") == [str(session.uuid)]
    page = client.get("/en/sessions/?show=all").content.decode()
    for asked in ('data-testid="distance"', 'name="within"', 'name="sort"'):
        assert asked not in page


def entries(client, month: str) -> list[str]:
    page = client.get(f"/en/my/bookings/?month={month}").content.decode()
    return re.findall(r'data-testid="entry" data-kind="visit"><a href="/en/sessions/([^/"]+)/"', page)


def test_the_month_of_his_visits(cast, sign_in):
    session = make_session(cast)
    services.book(session=session, by=cast.nurlan.user)
    off = make_session(cast, starts_at=at(7, 15))
    gone = services.book(session=off, by=cast.nurlan.user)
    Booking.objects.filter(pk=gone.pk).update(state=BookingState.CANCELLED_BY_MENTOR)
    client = sign_in(cast.nurlan.user)
    assert entries(client, written_month(session.day)) == [str(session.uuid)]
    assert entries(client, "2031-01") == []
    assert entries(sign_in(cast.yerbol.user), written_month(session.day)) == []


def test_a_past_visit_of_which_nobody_spoke_waits_for_the_school_everywhere(cast, sign_in):
    visit = hold(cast.nurlan, make_session(cast, starts_at=at(-1)))
    client = sign_in(cast.nurlan.user)
    page = client.get("/en/my/bookings/", {"month": written_month(visit.session.day)}).content.decode()
    assert page.count(escape("Waiting for the school's word")) == 2  # in the month and in the list
    page = client.get(f"/en/sessions/{visit.session.uuid}/").content.decode()
    assert escape("Waiting for the school's word") in page


def test_a_month_that_is_none_is_this_one(cast, sign_in):
    client, today = sign_in(cast.nurlan.user), timezone.localdate()
    for month in ("2026-13", "0000-00", "x", "٢٠٢٦-١٢", "2099-12", "2000-01", ""):
        assert client.get("/en/my/bookings/", {"month": month}).status_code == 200
    page = client.get("/en/my/bookings/?month=2026-13").content.decode()
    assert f'<time datetime="{today.isoformat()}">' in page


@pytest.mark.parametrize("address", ["/en/sessions/?sort=distance&within=100&show=all", "/en/my/bookings/"])
def test_many_cost_what_one_costs(address, cast, sign_in):
    client = sign_in(cast.nurlan.user)
    services.book(session=make_session(cast, starts_at=at(2)), by=cast.nurlan.user)
    make_session(cast, starts_at=at(2, 15))
    before = cost(client, address)
    for days in range(3, 15):
        make_session(cast, starts_at=at(days, 9), school=cast.other_school)
    for days in (3, 10):
        services.book(session=make_session(cast, starts_at=at(days, 14)), by=cast.nurlan.user)
    assert cost(client, address) == before <= 12
