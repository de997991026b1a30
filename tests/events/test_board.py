"""The coordinator's board: what stands on which day, in which words, for whom, and what it costs. And the school's word
that a session begins."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from events import services
from events.models import SchoolSession
from events.months import week_of, weeks_of, written_month, written_week
from events.staff.board import SHOWN
from events.states import SessionState
from portal.models import District, NonTeachingPeriod
from tests.events.asking import make_request, window
from tests.events.builders import at, make_session
from tests.events.test_pages import cost
from volunteers.models import Check

pytestmark = pytest.mark.django_db

VIEWS = ("week", "month", "list")


def board(client, view: str, session: SchoolSession, query: str = "") -> str:
    days = {"week": f"week={written_week(session.day)}", "month": f"month={written_month(session.day)}"}
    days["list"] = f"day={session.day.isoformat()}"
    answer = client.get(f"/en/staff/board/?view={view}&{days[view]}&{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def shown(page: str) -> set[str]:
    return set(re.findall(r'href="/en/staff/sessions/([0-9a-f-]{36})/"', page))


def marks(client, session: SchoolSession) -> set[str]:
    """The words about the session, as they stand in the list of its day."""
    rows = board(client, "list", session).split('data-testid="session"')
    row = next(row for row in rows if f'data-uuid="{session.uuid}"' in row)
    return set(re.findall(r'data-testid="state" data-state="(\w+)"', row))


@pytest.mark.parametrize("view", VIEWS)
def test_everybody_sees_his_own_reach(view, cast, sign_in):
    here, far = make_session(cast), make_session(cast, school=cast.far_school)
    other = make_session(cast, school=cast.other_school)
    seen = {
        name: shown(board(sign_in(getattr(cast, name)), view, here)) for name in ("aigul", "bolat", "gulnara", "dana")
    }
    here, far, other = str(here.uuid), str(far.uuid), str(other.uuid)
    of_all = seen.pop("dana")
    assert seen == {"aigul": {here, other}, "bolat": {far}, "gulnara": {here}}
    assert of_all <= {here, far, other} and len(of_all) == min(3, SHOWN.get(view, 3))


@pytest.mark.parametrize("view", VIEWS)
def test_requests_stand_beside_the_sessions(view, cast, sign_in):
    session = make_session(cast)
    asked = make_request(cast, windows=[window(day=session.day)])
    draft = make_request(cast, "draft", windows=[window(day=session.day)])
    planned = make_request(cast, "scheduled", windows=[window(day=session.day)])
    page = board(sign_in(cast.aigul), view, session)
    assert f"/staff/requests/{asked.uuid}/" in page
    assert str(draft.uuid) not in page
    assert str(planned.uuid) not in page
    for name in ("bolat", "gulnara"):
        assert str(asked.uuid) not in board(sign_in(getattr(cast, name)), view, session)


def test_the_words_about_a_session(cast, sign_in):
    client = sign_in(cast.aigul)
    later = make_session(cast, starts_at=at(7))
    full = make_session(cast, starts_at=at(8))
    services.book(session=full, by=cast.nurlan.user)
    draft = make_session(cast, starts_at=at(9), state=SessionState.DRAFT)
    gone = make_session(cast, starts_at=at(10), state=SessionState.CANCELLED)
    soon = near(cast, school_adult_name="")
    NonTeachingPeriod.objects.all().delete()
    sunday = {session.pk for session in (later, full, draft, soon) if session.day.weekday() == 6}
    expected = [
        (later, {"not_ready", "unfilled"}),
        (full, {"ready"}),
        (draft, {"draft"}),
        (soon, {"at_risk", "unfilled"}),
    ]
    for session, words in expected:
        assert marks(client, session) - {"no_lessons"} == words
        assert ("no_lessons" in marks(client, session)) == (session.pk in sunday)
    assert str(gone.uuid) not in board(client, "list", gone)
    assert str(gone.uuid) in board(client, "list", gone, "state=cancelled")


def test_reasons_are_told_in_words(cast, sign_in):
    session = make_session(cast, school_adult_name="")
    for view in VIEWS:
        assert "First name the adult from the school" in board(sign_in(cast.aigul), view, session)


def test_what_clashes(cast, sign_in):
    client = sign_in(cast.aigul)
    one, same = make_session(cast), make_session(cast, starts_at=at(7, 10, 30))
    after, other_grade = make_session(cast, starts_at=at(7, 11, 15)), make_session(cast, grade=9)
    assert {"same_time"} <= marks(client, one) & marks(client, same)
    assert "same_time" not in marks(client, after) | marks(client, other_grade)
    NonTeachingPeriod.objects.create(
        kind="remote", first_day=one.day, last_day=one.day, school=cast.school, name_kk="x", name_ru="x", name_en="x"
    )
    assert "no_lessons" in marks(client, after)
    SchoolSession.objects.filter(pk=after.pk).update(calendar_reason="open day")
    assert "no_lessons" not in marks(client, after)


@pytest.mark.parametrize("view", VIEWS)
def test_filters_stay_when_the_page_is_turned(view, cast, sign_in):
    here, other = make_session(cast), make_session(cast, school=cast.other_school)
    page = board(sign_in(cast.aigul), view, here, f"school={cast.other_school.pk}")
    assert shown(page) == {str(other.uuid)}
    for name in ("before", "after", "today", "view-month", "view-list"):
        address = re.search(rf'href="(\?[^"]*)"[^>]*data-testid="{name}"', page)[1]
        assert f"school={cast.other_school.pk}" in address
    for state, seen in (("draft", set()), ("published", {str(here.uuid), str(other.uuid)})):
        assert shown(board(sign_in(cast.aigul), view, here, f"state={state}")) == seen


def test_pages_turn_to_their_neighbours(cast, sign_in):
    client = sign_in(cast.aigul)
    for query, before, after in (
        ("week=2026-W53", "week=2026-W52", "week=2027-W01"),
        ("view=month&month=2026-12", "month=2026-11", "month=2027-01"),
        ("view=list&day=2026-12-31", "day=2026-12-30", "day=2027-01-01"),
    ):
        page = client.get(f"/en/staff/board/?{query}").content.decode()
        for name, expected in (("before", before), ("after", after)):
            assert expected in re.search(rf'href="(\?[^"]*)"[^>]*data-testid="{name}"', page)[1]


@pytest.mark.parametrize(
    "query",
    ["week=2026-W99", "week=x", "view=month&month=2026-13", "view=month&month=0000-00", "view=x", "view=list&day=2026-02-30",
     "view=month&month=2099-12", "week=2099-W53", "view=list&day=2099-12-31", "week=2000-W01", "school=x", "state=x",
     "view=list&page=999", "view=list&page=x", "day=%00", "month=%D9%A2%D9%A0"],
)  # fmt: skip
def test_nonsense_is_never_an_error(query, cast, sign_in):
    assert sign_in(cast.aigul).get(f"/en/staff/board/?{query}").status_code == 200


def test_a_week_and_a_month_in_an_address():
    today = date(2026, 11, 25)
    assert week_of("2026-W49", today) == date(2026, 11, 30)
    assert week_of("2025-W53", today) == week_of("", today) == date(2026, 11, 23)
    assert weeks_of(date(2026, 12, 1))[0][0] == date(2026, 11, 30)


def test_a_full_day_leads_to_its_list(cast, sign_in):
    sessions = [make_session(cast, starts_at=at(7, 8 + number % 4), grade=5 + number) for number in range(7)]
    lacking = make_session(cast, starts_at=at(7, 18), school_adult_name="")
    page = board(sign_in(cast.aigul), "month", lacking)
    assert len(shown(page)) == SHOWN["month"]
    more = re.search(r'<a href="([^"]+)" data-testid="more"', page)[1].replace("&amp;", "&")
    listed = shown(sign_in(cast.aigul).get(f"/en/staff/board/{more}").content.decode())
    assert listed == {str(session.uuid) for session in [*sessions, lacking]}


@pytest.mark.parametrize("view", VIEWS)
def test_many_cost_what_one_costs(view, cast, sign_in):
    session, client = make_session(cast, seats_max=2), sign_in(cast.aigul)
    services.book(session=session, by=cast.nurlan.user)
    make_request(cast, windows=[window(day=session.day)])
    query = {"week": f"week={written_week(session.day)}", "month": f"month={written_month(session.day)}"}
    address = f"/en/staff/board/?view={view}&{query.get(view, f'day={session.day}')}"
    before = cost(client, address)
    for number in range(12):
        make_session(cast, starts_at=at(7, 9 + number % 8), grade=1 + number % 11)
    other = make_session(cast, starts_at=at(7, 15), school=cast.other_school)
    services.book(session=other, by=cast.yerbol.user)
    for _number in range(3):
        make_request(cast, windows=[window(day=session.day)])
    assert cost(client, address) <= before <= 12  # a month shows those without mentors, of whom less is asked


def test_the_map_costs_the_same_for_many(cast, sign_in):
    client = sign_in(cast.dana)
    services.book(session=make_session(cast, starts_at=at(1)), by=cast.nurlan.user)
    before = cost(client, "/en/staff/board/map/")
    for hour in range(8, 18):
        make_session(cast, starts_at=at(1, hour), school=cast.other_school)
    services.book(session=make_session(cast, starts_at=at(1, 19)), by=cast.yerbol.user)
    assert cost(client, "/en/staff/board/map/") == before <= 12


def test_the_map_counts_who_may_go_to_schools_today(cast, sign_in):
    def mentors() -> int:
        cache.clear()  # kept for a quarter of an hour
        page = sign_in(cast.aigul).get("/en/staff/board/map/").content.decode()
        return int(re.findall(r"<td[^>]*>(\d+)</td>", page.split('data-testid="district"')[1])[-1])

    make_session(cast, starts_at=at(6))
    before = mentors()
    Check.objects.filter(person=cast.nurlan).update(state="invalidated")
    assert mentors() == before - 1 >= 0


def test_the_map_counts_by_district(cast, sign_in):
    full = make_session(cast, starts_at=at(6))
    services.book(session=full, by=cast.nurlan.user)
    make_session(cast, starts_at=at(6), school=cast.other_school)
    make_session(cast, starts_at=at(6), school=cast.far_school)
    make_session(cast, starts_at=at(40))
    page = sign_in(cast.aigul).get("/en/staff/board/map/").content.decode()
    assert re.findall(r'data-testid="district" data-slug="([\w-]+)"', page) == [cast.taraz.slug]
    row = page.split('data-testid="district"')[1]
    assert re.findall(r"<td[^>]*>(\d+)</td>", row)[:2] == ["2", "1"]
    assert f"?view=month&amp;district={cast.taraz.pk}" in row
    assert 'class="map"' not in page  # of one district there is no map
    both = sign_in(cast.dana).get("/en/staff/board/map/").content.decode()
    far = District.objects.get(pk=cast.far_school.district_id)
    assert f'data-slug="{far.slug}"' in both
    picture = both[both.index('<figure class="map"') : both.index("</figure>")]
    assert picture.count("<circle") == both.count('data-testid="district"') > 1
    assert f"?view=month&amp;district={far.pk}" in picture


def press_begin(client, session: SchoolSession):
    return client.post(f"/en/school/sessions/{session.uuid}/start/")


def near(cast, **more) -> SchoolSession:
    """Begins in a minute, and is over a minute later; where midnight would lie in between, it begins then."""
    soon, midnight = timezone.now() + timedelta(minutes=1), at(1, 0)
    if soon < midnight <= soon + timedelta(minutes=1):
        soon = midnight
    return make_session(cast, starts_at=soon, minutes=1, **more)


def test_the_button_to_begin_is_there_when_it_is_time(cast, sign_in):
    client, session = sign_in(cast.gulnara), near(cast)
    make_session(cast, starts_at=at(3))
    page = client.get("/en/school/").content.decode()
    assert page.count('data-testid="move-start"') == 1
    assert 'data-testid="move-start"' in client.get(f"/en/staff/sessions/{session.uuid}/").content.decode()
    assert (
        'data-testid="move-start"' not in sign_in(cast.dana).get(f"/en/staff/sessions/{session.uuid}/").content.decode()
    )
    assert not session.may_begin(session.starts_at - timedelta(minutes=31))
    assert session.may_begin(session.starts_at - timedelta(minutes=30))
    assert not session.may_begin(session.ends_at)


def test_the_school_says_that_it_begins(cast, sign_in):
    session = near(cast)
    refused = press_begin(sign_in(cast.gulnara), session)
    assert refused.status_code == 409
    assert 'data-code="too_few_adults"' in refused.content.decode()
    services.book(session=session, by=cast.nurlan.user)
    for _press in range(2):
        assert press_begin(sign_in(cast.gulnara), session).headers["Location"] == "/en/school/"
    session.refresh_from_db()
    assert session.state == SessionState.IN_PROGRESS
    assert press_begin(sign_in(cast.bolat), session).status_code == 404
