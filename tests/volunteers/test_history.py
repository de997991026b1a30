"""The step "history": months without an entry, and the form without JavaScript."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from tests.people import Cast
from tests.volunteers.drafts import ABOUT, EXPERIENCE
from volunteers.forms.history import MonthField
from volunteers.forms.summary import read_out
from volunteers.models import Application, ProgrammeRole
from volunteers.services import answers, applications
from volunteers.services.history import gaps, gaps_in

TODAY = date(2026, 11, 22)


def entry(start: str, end: str = "", **more) -> dict:
    return {
        "kind": "work",
        "organisation": "x",
        "with_children": False,
        "from": start,
        "to": end,
        "reason_left": "",
        **more,
    }


def months(first: str, last: str) -> tuple[date, date]:
    return date.fromisoformat(f"{first}-01"), date.fromisoformat(f"{last}-01")


def test_the_years_of_which_nothing_is_said_are_found():
    entries = [entry("2016-11", "2018-05"), entry("2018-09", "2020-01"), entry("2021-02")]
    assert gaps(entries, TODAY) == [months("2020-02", "2021-01")]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], [months("2016-11", "2026-11")]),
        ([entry("1980-01")], []),
        ([entry("1980-01", "2026-11")], []),
        ([entry("1980-01", "2026-08")], []),  # three months, one of them running
        ([entry("1980-01", "2026-07")], [months("2026-08", "2026-11")]),
        ([entry("2017-02")], []),  # three months at the beginning
        ([entry("2017-03")], [months("2016-11", "2017-02")]),
        ([entry("2000-01", "2001-01")], [months("2016-11", "2026-11")]),  # all of it before the window
        ([entry("2019-01"), entry("2010-01", "2018-12")], []),  # any order, adjoining
    ],
)
def test_edges(entries, expected):
    assert gaps(entries, TODAY) == expected


def test_nobody_is_asked_for_the_years_before_full_age():
    assert gaps([entry("2022-09")], TODAY, born=date(2004, 9, 1)) == []
    assert gaps([entry("2022-09")], TODAY) == [months("2016-11", "2022-08")]
    assert gaps_in({"about": {"birth_date": "2004-09-01"}, "history": {"entries": [entry("2022-09")]}}, TODAY) == []


def test_answers_from_before_the_step_existed_have_no_gaps():
    assert gaps_in({"about": {"birth_date": "1955-01-01"}}, TODAY) == []


number = st.integers(min_value=2010 * 12, max_value=TODAY.year * 12 + TODAY.month - 1)


@st.composite
def entries(draw):
    start, end = sorted((draw(number), draw(number)))
    return entry(f"{start // 12}-{start % 12 + 1:02d}", draw(st.sampled_from([f"{end // 12}-{end % 12 + 1:02d}", ""])))


@given(st.lists(entries(), max_size=6), st.randoms())
def test_gaps_and_entries_share_no_month_and_order_does_not_matter(listed, chance):
    found = gaps(listed, TODAY)
    shuffled = list(listed)
    chance.shuffle(shuffled)
    assert gaps(shuffled, TODAY) == found
    for gap in found:
        assert date(2016, 11, 1) <= gap.start <= gap.end <= date(2026, 11, 1)
        assert (gap.end - gap.start).days >= 3 * 28  # more than three months, both ends inclusive
        for one in listed:
            start, end = f"{gap.start:%Y-%m}", f"{gap.end:%Y-%m}"
            assert one["from"] > end or (one["to"] or "9999-12") < start
    assert found == sorted(found)


@given(st.lists(entries(), max_size=6))
def test_what_is_missing_once_added_is_missing_no_more(listed):
    added = [entry(f"{gap.start:%Y-%m}", f"{gap.end:%Y-%m}") for gap in gaps(listed, TODAY)]
    assert gaps([*listed, *added], TODAY) == []


@given(st.lists(entries(), max_size=6), entries())
def test_one_more_entry_never_makes_more_months_missing(listed, more):
    def count(found):
        return sum((gap.end.year - gap.start.year) * 12 + gap.end.month - gap.start.month + 1 for gap in found)

    assert count(gaps([*listed, more], TODAY)) <= count(gaps(listed, TODAY))


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("03.2015", "2015-03", "2015-03"),
        ("3/2015", "2015-03", "2015-03"),
        (" 2015-03 ", "2015-03", "2015-03"),
        ("2015", "2015-01", "2015-12"),
        ("", "", ""),
    ],
)
def test_a_month_is_understood_in_any_usual_spelling(typed, first, last):
    assert (MonthField(required=False).clean(typed), MonthField(last=True, required=False).clean(typed)) == (
        first,
        last,
    )
    assert MonthField(last=True).clean(str(timezone.localdate().year)) == f"{timezone.localdate():%Y-%m}"


@pytest.fixture
def application(cast: Cast) -> Application:
    return applications.start(by=cast.serik, role=ProgrammeRole.objects.get(code="school_mentor"))


@pytest.fixture
def client(sign_in, cast):
    return sign_in(cast.serik)


def address(application) -> str:
    return f"/en/apply/{application.uuid}/history/"


def row(number: int, **fields) -> dict:
    values = {"kind": "work", "organisation": "Кітапхана", "from": "2000", "to": "", "reason_left": "", **fields}
    return {f"{number}-{field}": value for field, value in values.items()}


def test_a_pensioner_needs_one_row_and_no_place(client, application):
    page = client.post(
        address(application), {"rows": "2", **row(1, kind="household", organisation="", **{"from": "2010"})}
    )
    assert page.url == f"/en/apply/{application.uuid}/referees/"
    application.refresh_from_db()
    assert answers.read(application)["history"]["entries"][0]["kind"] == "household"


def test_one_more_row_keeps_what_was_typed_and_complains_of_nothing(client, application):
    page = client.post(
        address(application), {"rows": "2", "more": "1", **row(1, **{"from": "someday"})}
    ).content.decode()
    assert 'name="3-kind"' in page and 'value="someday"' in page and "field-error" not in page
    application.refresh_from_db()
    assert "history" not in answers.read(application)


def test_the_form_does_not_grow_without_end(client, application):
    page = client.post(address(application), {"rows": "999", "more": "1"}).content.decode()
    assert 'name="15-kind"' in page and 'name="16-kind"' not in page
    assert client.post(address(application), {"rows": "\x00x", **row(1)}).status_code < 500
    assert client.post(address(application), {"rows": "9" * 5000, **row(1)}).status_code < 500


def test_missing_months_are_shown_once_kindly_and_then_it_goes_on(client, application):
    last_year = timezone.localdate().year - 1
    typed = {"rows": "2", **row(1, to="2014"), **row(2, **{"from": str(last_year)})}
    back = client.post(address(application), typed)
    assert back.url == address(application)
    page = client.get(back.url).content.decode()
    assert page.count('data-testid="gap"') == 1
    shown = page.split('name="shown" value="')[1].split('"')[0]
    assert client.post(address(application), {**typed, "shown": shown}).url.endswith("/referees/")


def test_an_explanation_is_enough(client, application):
    explained = {"rows": "2", **row(1, to="2014"), "gaps_explained": "Денсаулық."}
    assert client.post(address(application), explained).url.endswith("/referees/")
    application.refresh_from_db()
    rows = dict(next(section for section in read_out(answers.read(application)) if section.step == "history").rows)
    assert "Денсаулық." in rows.values()


def test_the_titles_speak_to_the_applicant_or_of_him(client, application):
    client.post(address(application), {"rows": "2", **row(1, to="2014"), "gaps_explained": "Денсаулық."})
    application.refresh_from_db()
    draft = {"history": answers.read(application)["history"]}
    with override("en"):
        assert [section.title for section in read_out(draft)] == ["Your recent years"]
        assert [section.title for section in read_out(draft, for_staff=True)] == ["Recent years"]


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"from": "soon"}, "1-from", "03.2015"),
        ({"from": f"{timezone.localdate() + timedelta(days=40):%m.%Y}"}, "1-from", ""),
        ({"from": "2015", "to": "2014"}, "1-to", "The end comes before the beginning."),
        ({"kind": ""}, "1-kind", "required"),
        ({"organisation": ""}, "1-organisation", "required"),
        ({"from": ""}, "1-from", "required"),
        ({"organisation": "801399000012"}, "1-organisation", "identification numbers"),
    ],
)
def test_a_wrong_row_is_explained_at_its_field(client, application, fields, field, message):
    page = client.post(address(application), {"rows": "2", **row(1, **fields)}).content.decode()
    assert f'<a href="#id_{field}">' in page and message in page
    application.refresh_from_db()
    assert "history" not in answers.read(application)


def test_an_empty_form_is_not_enough(client, application):
    assert '<a href="#id_1-kind">' in client.post(address(application), {"rows": "2"}).content.decode()


def test_a_draft_from_before_the_step_existed_is_asked_for_it(client, application, cast):
    old = {"about": ABOUT, "experience": EXPERIENCE}
    applications.save_draft(application=application, by=cast.serik, answers=old)
    assert client.get(f"/en/apply/{application.uuid}/review/").status_code == 200
    assert "unfinished:history" in [
        reason.code for reason in answers.unfinished(Application.objects.get(pk=application.pk))
    ]
