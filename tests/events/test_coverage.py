"""The figures of the coordinator: how many sessions were planned, found their mentors, were held; and the file of them."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from django.utils import timezone

from events.models import Booking, SchoolSession
from events.months import previous_month
from events.services.coverage import Figures, coverage
from events.states import BookingState, SessionState
from portal.models import LogEntry
from tests.events.builders import make_session
from tests.lists import take, words_of
from volunteers.models import Person

pytestmark = pytest.mark.django_db

PAGE = "/en/staff/board/coverage/"
S, B = SessionState, BookingState


@pytest.fixture
def month() -> date:
    """The first day of the month before this one."""
    return previous_month(timezone.localdate().replace(day=1))


def on(month: date, day: int, hour: int = 10) -> datetime:
    return timezone.make_aware(datetime.combine(month.replace(day=day), time(hour)))


def with_visit(cast, starts_at: datetime, visit: BookingState | None, state: SessionState, **more) -> SchoolSession:
    session = make_session(cast, starts_at=starts_at, state=state, **more)
    if visit:
        Booking.objects.create(
            session=session,
            person=cast.nurlan,
            seat_no=1,
            state=visit,
            starts_at=session.starts_at,
            ends_at=session.ends_at,
        )
    return session


@pytest.fixture
def history(cast, month):
    """In Taraz one month with each kind of session, and one elsewhere."""
    with_visit(cast, on(month, 1), B.COMPLETED, S.CLOSED)
    with_visit(cast, on(month, 2), B.COMPLETED, S.FINISHED, seats_max=3)
    with_visit(cast, on(month, 3), B.NO_SHOW, S.CLOSED)  # the place was taken, and nothing was held
    with_visit(cast, on(month, 4), B.CANCELLED_BY_MENTOR, S.PUBLISHED, seats_max=2)
    with_visit(cast, on(month, 5), B.CANCELLED_BY_COORDINATOR, S.CANCELLED, seats_max=4)
    with_visit(cast, on(month, 6), None, S.DRAFT)
    with_visit(cast, on(month, 7), B.CONFIRMED, S.PUBLISHED, school=cast.far_school)


def figures(cast, who, month: date, until: date | None = None) -> dict[str, dict[date, Figures]]:
    return {row.district.slug: row.months for row in coverage(month, until or month, getattr(cast, who))}


def test_what_counts_as_planned_full_held_and_cancelled(cast, month, history):
    found = figures(cast, "aigul", month)
    assert found == {"taraz": {month: Figures(planned=5, full=2, held=2, cancelled=1, places=7, taken=3)}}
    assert found["taraz"][month].share == 42
    assert Figures().share is None


def test_everybody_reads_his_own_districts(cast, month, history):
    """Who is a mentor too sees every session that was published; that does not widen what she reads as a coordinator."""
    Person.objects.filter(pk=cast.nurlan.pk).update(user=cast.aigul)
    assert SchoolSession.objects.visible_to(cast.aigul).filter(school=cast.far_school).exists()
    far = cast.far_school.district.slug
    assert set(figures(cast, "aigul", month)) == {"taraz"}
    assert figures(cast, "bolat", month)[far][month] == Figures(planned=1, full=1, places=1, taken=1)
    assert {"taraz", far} < set(figures(cast, "dana", month))


def test_a_session_counts_in_the_month_of_its_day_in_almaty(cast, month):
    """The first and the last hour of a month are other months in UTC or in a hasty sum."""
    this = timezone.localdate().replace(day=1)
    make_session(cast, starts_at=on(this, 1, 0), minutes=30)
    found = figures(cast, "aigul", month, this)["taraz"]
    assert [found[month].planned, found[this].planned] == [0, 1]


def test_the_page_has_the_months_that_are_asked_for(cast, sign_in, month, history):
    client = sign_in(cast.aigul)
    page = client.get(PAGE).content.decode()
    assert page.count('data-testid="month"') == 9  # six back, this one, two ahead
    for query in (
        f"?first={month:%Y-%m}&last={month:%Y-%m}",
        f"?first=2001-01&last={month:%Y-%m}",
        "?first=x",
        "?last=",
    ):
        assert client.get(PAGE + query).status_code == 200
    one = client.get(f"{PAGE}?first={month:%Y-%m}&last={month:%Y-%m}").content.decode()
    assert one.count('data-testid="month"') == 1
    before = previous_month(month)
    assert (
        f'data-month="{before:%Y-%m}"' in client.get(f"{PAGE}?first={month:%Y-%m}&last={before:%Y-%m}").content.decode()
    )
    assert PAGE in client.get("/en/staff/board/").content.decode()
    school = sign_in(cast.gulnara).get("/en/staff/board/").content.decode()
    assert PAGE not in school and "/en/staff/board/map/" not in school  # neither is hers to open


def test_the_page_costs_the_same_for_one_session_and_for_many(
    cast, sign_in, month, history, django_assert_max_num_queries
):
    for hour in range(8, 18):
        with_visit(cast, on(month, 9, hour), B.COMPLETED, S.CLOSED, minutes=30)
    client = sign_in(cast.dana)
    with django_assert_max_num_queries(12):
        client.get(PAGE)


def test_the_file_says_what_the_page_says_and_is_in_the_log(cast, sign_in, month, history):
    url = f"{PAGE}export/?first={month:%Y-%m}&last={month:%Y-%m}"
    client = sign_in(cast.aigul)
    assert client.post(url, {"file": "csv", "why": ""}).status_code == 422
    head, line = words_of(take(client, url)).splitlines()
    assert len(head.split(";")) == len(line.split(";")) == 9
    assert line.endswith(";5;2;2;1;7;3;42")
    entry = LogEntry.objects.get(action="export")
    assert (entry.actor, entry.reason) == (cast.aigul, "For the inspection")
    assert entry.data["first"] == f"{month:%Y-%m}"
    assert "U-" not in line and "Есімова" not in line
