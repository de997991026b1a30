"""Days without lessons as coordinators keep them, and the published sessions that fall into them (I10)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events import services
from events.services.calendar_days import clashing, school_year
from portal.access import Role
from portal.management.demo import builders
from portal.models import LogEntry, NonTeachingPeriod, StaffTask
from portal.refusals import NotAllowed, Refused
from tests.events.builders import at, make_session

pytestmark = pytest.mark.django_db

LIST, NEW = "/en/staff/days/", "/en/staff/days/new/"


def day(days: int) -> date:
    return at(days).date()


def typed(**more) -> dict:
    return {"kind": "remote", "first_day": day(6).isoformat(), "last_day": day(8).isoformat()} | more


def period(**more) -> NonTeachingPeriod:
    plan = {"kind": "remote", "first_day": day(6), "last_day": day(8), "name_en": "Q", "name_kk": "Q", "name_ru": "Q"}
    return NonTeachingPeriod(**(plan | more))


def test_a_new_period_names_the_sessions_that_fall_into_it(cast, sign_in):
    inside = make_session(cast, starts_at=at(7))
    make_session(cast, starts_at=at(7), calendar_reason="Agreed")
    make_session(cast, starts_at=at(7), state="draft")
    make_session(cast, starts_at=at(7), school=cast.other_school)
    make_session(cast, starts_at=at(9))
    aigul = sign_in(cast.aigul)
    response = aigul.post(NEW, typed(school=cast.school.pk))
    made = NonTeachingPeriod.objects.get(school=cast.school)
    assert response.url == f"{LIST}{made.pk}/"
    page = aigul.get(response.url).content.decode()
    assert 'data-number="1"' in page
    assert str(inside.uuid) in page
    shown = aigul.get(f"/en/staff/sessions/{inside.uuid}/").content.decode()
    assert 'data-testid="clashing"' in shown
    task = StaffTask.objects.get(kind=StaffTask.Kind.NO_LESSONS)
    assert task.district == cast.taraz
    assert made.name_en in {"Quarantine or remote lessons"}
    assert made.name_kk and made.name_ru


def test_an_evening_in_almaty_falls_on_its_own_day(cast):
    night = make_session(cast, starts_at=at(7, 0, 30))
    services.keep_period(period=period(first_day=day(7), last_day=day(7), district=cast.taraz), by=cast.aigul)
    assert list(clashing(NonTeachingPeriod.objects.get(name_en="Q"))) == [night]


def test_grade_district_and_school_narrow_it(cast):
    session = make_session(cast)
    for more, clashes in (
        ({"grade": 7}, True),
        ({"grade": 1}, False),
        ({"district": cast.taraz}, True),
        ({"district": cast.zhambyl}, False),
        ({"school": cast.school}, True),
        ({"school": cast.other_school}, False),
    ):
        assert (session in clashing(period(**more))) is clashes, more
        assert period(**more).closes(session.day, session.school, session.grade) is clashes, more


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"last_day": "2020-01-01"}, "last_day"),
        ({"first_day": "x"}, "first_day"),
        ({"first_day": "2999-01-01", "last_day": "2999-01-02"}, "first_day"),
        ({"first_day": "0001-01-01", "last_day": "0001-01-02"}, "first_day"),
        ({"last_day": "9999-12-31"}, "last_day"),
        ({"kind": "party"}, "kind"),
        ({"grade": 15}, "grade"),
        ({"school": 0}, "school"),
        ({"school": "", "district": ""}, "district"),
        ({"name_kk": "x" * 201}, "name_kk"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(cast, sign_in, more, field):
    before = NonTeachingPeriod.objects.count()
    response = sign_in(cast.aigul).post(NEW, typed(school=cast.school.pk) | more)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert NonTeachingPeriod.objects.count() == before


def test_a_school_and_a_district_together_would_close_the_district(cast, sign_in):
    response = sign_in(cast.aigul).post(NEW, typed(school=cast.school.pk, district=cast.taraz.pk))
    assert set(response.context["form"].errors) == {"district"}


def test_the_same_days_twice_are_there_once(cast, sign_in):
    aigul, before = sign_in(cast.aigul), NonTeachingPeriod.objects.count()
    answers = [aigul.post(NEW, typed(school=cast.school.pk)).status_code for _click in range(2)]
    assert answers == [302, 422]
    assert NonTeachingPeriod.objects.count() == before + 1
    with pytest.raises(Refused) as caught:
        services.keep_period(period=period(name_en="", school=cast.school), by=cast.aigul)
    assert caught.value.codes == ["already_there"]


def test_changed_and_removed(cast, sign_in):
    made = services.keep_period(period=period(school=cast.school), by=cast.aigul)
    aigul, page = sign_in(cast.aigul), f"{LIST}{made.pk}/"
    form = typed(school=cast.school.pk, last_day=day(9).isoformat(), name_en="Flu", name_kk="Тұмау", name_ru="Грипп")
    assert aigul.post(page, form).status_code == 302
    assert NonTeachingPeriod.objects.get(pk=made.pk).name_en == "Flu"
    assert aigul.post(page, form | {"last_day": day(1).isoformat()}).status_code == 422
    assert "Flu" in aigul.get(page).content.decode()
    assert aigul.post(f"{page}remove/").url == LIST
    assert not NonTeachingPeriod.objects.filter(pk=made.pk).exists()
    assert aigul.post(f"{page}remove/").status_code == 404
    assert LogEntry.objects.filter(action="remove_period").count() == 1


def test_own_district_and_the_whole_oblast(cast, sign_in):
    """Aigul keeps the days of Taraz; those of the oblast she reads; those of another district she does not see."""
    aigul, holiday = sign_in(cast.aigul), NonTeachingPeriod.objects.filter(district=None, school=None)[0]
    page = f"{LIST}{holiday.pk}/"
    assert 'data-testid="move-keep"' not in aigul.get(page).content.decode()
    own = typed(kind=holiday.kind, district=cast.taraz.pk)
    assert aigul.post(page, own).status_code == 403
    assert aigul.post(f"{page}remove/").status_code == 403
    far = services.keep_period(period=period(school=cast.far_school), by=cast.bolat)
    for address in (f"{LIST}{far.pk}/", f"{LIST}{far.pk}/remove/"):
        assert aigul.post(address, typed()).status_code == 404
    for place in ({"school": cast.far_school.pk}, {"district": cast.zhambyl.pk}):
        assert aigul.post(NEW, typed(**place)).status_code == 422
    with pytest.raises(NotAllowed):
        services.keep_period(period=period(), by=cast.aigul)
    far.school = cast.school
    with pytest.raises(NonTeachingPeriod.DoesNotExist):
        services.keep_period(period=far, by=cast.aigul)
    chief = builders.make_user("zhanna", Role.COORDINATOR, family="Ж", given="Ж")
    assert sign_in(chief).post(NEW, typed()).status_code == 302
    assert NonTeachingPeriod.objects.filter(first_day=day(6), district=None, school=None).exists()
    for user in (cast.gulnara, cast.dana, cast.nurlan.user, cast.raushan, cast.root):
        assert sign_in(user).get(LIST).status_code == 403


def test_the_list_of_a_school_year(cast, sign_in):
    assert school_year(date(2026, 8, 31)) == 2025
    assert school_year(date(2026, 9, 1)) == 2026
    year = school_year(day(0))
    made = services.keep_period(period=period(first_day=day(0), last_day=day(0), school=cast.school), by=cast.aigul)
    aigul = sign_in(cast.aigul)
    for address in (LIST, f"{LIST}?year={year}", f"{LIST}?year=", f"{LIST}?kind=remote&page=99"):
        assert f'data-pk="{made.pk}"' in aigul.get(address).content.decode(), address
    assert f'data-pk="{made.pk}"' not in aigul.get(f"{LIST}?year={year - 1}").content.decode()
    assert aigul.get(f"{LIST}?year=x&kind=y").status_code == 200


def test_one_row_and_thirty_cost_the_same(cast, sign_in):
    aigul = sign_in(cast.aigul)

    def cost() -> int:
        aigul.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            aigul.get(LIST)
        return len(queries)

    NonTeachingPeriod.objects.all().delete()
    period(first_day=day(0), last_day=day(0), school=cast.school).save()
    before = cost()
    for number in range(20):
        period(first_day=day(0), last_day=day(0), school=cast.school, name_en=f"Q{number}").save()
    assert cost() == before


def test_the_page_shows_whom_it_touches_and_no_more(cast, sign_in):
    """An oblast-wide period: each coordinator is shown the sessions of his own districts."""
    make_session(cast), make_session(cast, school=cast.far_school)
    chief = builders.make_user("zhanna", Role.COORDINATOR, family="Ж", given="Ж")
    made = services.keep_period(period=period(), by=chief)
    for user, number in ((cast.aigul, 1), (cast.bolat, 1), (chief, 2)):
        page = sign_in(user).get(f"{LIST}{made.pk}/").content.decode()
        assert f'data-number="{number}"' in page
    assert StaffTask.objects.filter(kind=StaffTask.Kind.NO_LESSONS).count() == 2
    services.keep_period(period=made, by=chief)
    assert StaffTask.objects.filter(kind=StaffTask.Kind.NO_LESSONS).count() == 2
    later = make_session(cast, starts_at=at(7, 12))
    assert later in clashing(made, at(7, 11))
    assert later not in clashing(made, at(7, 12) + timedelta(minutes=1))
