"""The figures for everybody: what is counted, and that no small number can be had from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from events.models import Attendance, Booking, HoursEntry, PublicFigures
from events.services.numbers import make_figures, school_year
from events.services.suppression import LEAST, hidden_cells
from events.states import BookingState, SessionState
from portal.models import District
from tests.events.builders import at, make_session

counts = st.dictionaries(st.integers(0, 12), st.integers(0, 40), max_size=12)


def columns(cells: int, most: int) -> Iterator[tuple[int, ...]]:
    """Every column of so many counts with a sum of at most `most`."""
    if not cells:
        yield ()
        return
    for first in range(most + 1):
        for rest in columns(cells - 1, most - first):
            yield first, *rest


@pytest.mark.parametrize(("cells", "most", "also"), [(4, 24, 0), (5, 20, 0), (2, 24, 1), (4, 20, 1), (4, 20, 2)])
def test_what_is_published_leaves_each_hidden_count_two_values_or_more(cells, most, also):
    """The reader knows how the cells to hide are chosen: he tries every column that is published like the one he sees,
    and since the total is published too, there are no larger ones. Hidden first are the first `also` cells."""
    hidden_anyway = frozenset(range(also))
    alike = defaultdict(list)
    for column in columns(cells, most):
        hidden = hidden_cells(dict(enumerate(column)), hidden_anyway)
        total = sum(column)
        if hidden is None or 0 < total < LEAST:  # neither the total is shown then, nor any cell but noughts
            total, hidden = None, hidden_anyway | {key for key, count in enumerate(column) if count}
        alike[total, tuple(None if key in hidden else count for key, count in enumerate(column))].append(column)
    for published, possible in alike.items():
        for key, cell in enumerate(published[1]):
            assert cell is not None or len({column[key] for column in possible}) > 1, published


@given(counts)
def test_no_small_count_is_shown(cells):
    hidden = hidden_cells(cells)
    if hidden is not None:  # or the total is not shown either, nor any cell
        assert {key for key, count in cells.items() if 0 < count < LEAST} <= hidden


@given(counts)
def test_no_more_is_hidden_than_needed(cells):
    hidden = hidden_cells(cells)
    if not any(0 < count < LEAST for count in cells.values()):
        assert hidden == set()
    if hidden:
        assert all(cells[key] for key in hidden)  # zeros are shown


def test_the_smallest_neighbour_is_hidden_with_a_lonely_small_count():
    assert hidden_cells({"a": 3, "b": 40, "c": 7}) == {"a", "c"}
    assert hidden_cells({"a": 1, "b": 1, "c": 9}) == {"a", "b", "c"}
    assert hidden_cells({"a": 3, "b": 0}) is None
    assert hidden_cells({"a": 30, "b": 50}, also={"a"}) == {"a", "b"}


def test_the_usual_series_of_four_visits_does_not_give_itself_away():
    """Three fours in a rest of twelve could be nothing else, were the nine shown; and of neighbours that are equal it is
    not the first by name that is hidden."""
    assert hidden_cells({"taraz": 9, "merke": 4, "shu": 4, "talas": 4}) == {"taraz", "merke", "shu", "talas"}
    assert hidden_cells({"a": 5, "b": 5, "c": 4, "d": 9}) == {"a", "b", "c"}
    assert hidden_cells({"a": 4, "b": 4}) is None


def held(cast, day: int, **more) -> None:
    session = make_session(cast, starts_at=at(day), state=SessionState.CLOSED, **more)
    booking = Booking.objects.create(
        session=session,
        person=cast.nurlan,
        seat_no=1,
        state=BookingState.COMPLETED,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
    )
    Attendance.objects.create(booking=booking, state="attended", pupils_present=20, confirmed_by=cast.gulnara)
    HoursEntry.objects.create(
        booking=booking,
        person=cast.nurlan,
        minutes=45,
        month=session.day.replace(day=1),
        confirmed_by=cast.gulnara,
    )


@pytest.fixture
def history(cast):
    """Nine visits in one place on the last days, and one that nobody has confirmed."""
    for day in range(-9, 0):
        held(cast, day)
    make_session(cast, starts_at=at(-1, 14), state=SessionState.FINISHED)


@pytest.mark.django_db
def test_only_confirmed_visits_count(history):
    make_figures(timezone.localdate())
    years = PublicFigures.objects.all()
    assert sum(figures.data["totals"]["sessions"] or 0 for figures in years) in range(5, 10)  # 1 September parts them
    figures = PublicFigures.objects.get(year=school_year(timezone.localdate(at(-1))))
    if figures.data["totals"]["sessions"] == 9:
        assert (figures.data["totals"]["pupils"], figures.data["totals"]["hours"]) == (180, 6)


@pytest.mark.django_db
def test_a_district_with_few_sessions_shows_none_of_its_numbers(cast, history):
    held(cast, -10, school=cast.far_school)
    make_figures(timezone.localdate())
    for figures in PublicFigures.objects.all():
        for cells in figures.data["by_district"].values():
            assert cells.get("sessions") is None or cells["sessions"] == 0 or cells["sessions"] >= LEAST
            if cells.get("sessions") is None:
                assert not cells.get("pupils")


@pytest.mark.django_db
def test_nought_hours_or_pupils_do_not_tell_of_one_session(cast):
    """One session of 45 minutes in a district, and nobody has counted its pupils: nought of either would say that it is
    one. The total counts minutes, not the hours that were rounded in each district."""
    year = school_year(timezone.localdate()) - 1
    for number, school in enumerate([cast.school, cast.school, cast.school, cast.school, cast.school, cast.far_school]):
        held(cast, (date(year, 10, 1 + number) - timezone.localdate()).days, school=school)
    Attendance.objects.update(pupils_present=None)
    make_figures(timezone.localdate())
    data = PublicFigures.objects.get(year=year).data
    assert data["by_district"][str(cast.far_school.district_id)] == {"sessions": None, "pupils": None, "hours": None}
    for number in range(8):
        held(cast, (date(year, 12, 1 + number) - timezone.localdate()).days, school=cast.far_school)
    make_figures(timezone.localdate())
    assert PublicFigures.objects.get(year=year).data["totals"]["hours"] == 14 * 45 // 60  # 225 and 405 minutes


@pytest.mark.django_db
def test_the_page_and_its_files_for_a_stranger(client, history, django_assert_max_num_queries):
    make_figures(timezone.localdate())
    for language in ("kk", "ru", "en"):
        with django_assert_max_num_queries(10):
            page = client.get(f"/{language}/numbers/")
        assert page.status_code == 200
        assert "max-age=3600" in page["Cache-Control"]
        assert not page.cookies
    csv = b"".join(client.get("/en/numbers/csv/").streaming_content).decode()
    data = client.get("/en/numbers/json/").json()
    assert data["made_on"] == timezone.localdate().isoformat()
    shown = [cell for cells in data["by_district"].values() for cell in cells.values() if cell]
    assert all(cell >= LEAST for cell in shown)
    for text in (csv, str(data), client.get("/en/numbers/").content.decode()):
        for secret in ("Есімова", "Гүлнара", "Нұрлан"):
            assert secret not in text


@pytest.mark.django_db
def test_the_files_say_what_the_page_says(client, cast, history):
    """A table has as many cells in every row, and a district without sessions has noughts in the JSON too."""
    make_figures(timezone.localdate())
    lines = b"".join(client.get("/en/numbers/csv/").streaming_content).decode().splitlines()
    assert {line.count(";") for line in lines} == {4}
    assert len(lines) == 1 + client.get("/en/numbers/").content.decode().count("<tr data-testid")
    assert next(line for line in lines if line.startswith("September")).endswith(";")  # mentors have no months
    data = client.get("/en/numbers/json/").json()
    assert len(data["by_district"]) == District.objects.count()
    assert {tuple(row) for row in data["by_district"].values()} == {("sessions", "pupils", "hours", "mentors")}
    assert {tuple(row) for row in data["by_month"].values()} == {("sessions", "pupils", "hours")}
    assert 0 in data["by_district"][cast.far_school.district.slug].values()


@pytest.mark.django_db
@pytest.mark.parametrize("year", ["1900", "9999", "abc", "20261", "-1", "２０２６"])
def test_a_year_that_is_none(client, db, year):
    assert client.get(f"/en/numbers/?year={year}").status_code in {200, 404}


def test_the_school_year_begins_in_september():
    assert [school_year(date(2026, 8, 31)), school_year(date(2026, 9, 1))] == [2025, 2026]
