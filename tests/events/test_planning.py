"""Planning and publishing: what a coordinator types, rightly and wrongly (I10)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from django.utils import timezone, translation
from django.utils.formats import date_format

from events import services
from events.models import SchoolSession
from portal.models import Language, NonTeachingPeriod, Topic
from portal.refusals import NotAllowed, Refused
from tests.events.builders import at, make_session

pytestmark = pytest.mark.django_db

NEW = "/en/staff/sessions/new/"


def teaching_day() -> date:
    """A working day in the coming weeks that nothing closes."""
    day = timezone.localdate() + timedelta(days=7)
    while day.weekday() > 4 or NonTeachingPeriod.objects.on(day).exists():
        day += timedelta(days=1)
    return day


@pytest.fixture
def plan(cast) -> dict:
    """What Aigul types for an ordinary session."""
    return {
        "school": cast.school.pk,
        "topic": Topic.objects.filter(grade_from__lte=7, grade_to__gte=7).first().pk,
        "grade": 7,
        "group_size": 24,
        "language": Language.objects.get(code="kk").pk,
        "day": teaching_day().isoformat(),
        "starts": "10:00",
        "ends": "10:45",
        "seats_min": 1,
        "seats_max": 1,
        "adults_min": 2,
    }


def test_planned_then_published(cast, sign_in, plan):
    client = sign_in(cast.aigul)
    response = client.post(NEW, plan)
    session = SchoolSession.objects.get()
    assert response.url == f"/en/staff/sessions/{session.uuid}/"
    assert (session.state, session.created_by) == ("draft", cast.aigul)
    assert timezone.localtime(session.starts_at).hour == 10  # typed in Almaty, kept in UTC
    assert session.starts_at.astimezone(timezone.get_fixed_timezone(0)).hour == 5
    assert 'data-testid="move-publish"' in client.get(response.url).content.decode()
    assert str(session.uuid) not in sign_in(cast.nurlan.user).get("/en/sessions/?show=all").content.decode()
    for _click in range(2):
        assert client.post(f"/en/staff/sessions/{session.uuid}/publish/").status_code == 302
    assert str(session.uuid) in sign_in(cast.nurlan.user).get("/en/sessions/?show=all").content.decode()
    page = client.get(response.url).content.decode()
    assert page.count('data-testid="log-action">Publish<') == 1
    assert cast.aigul.get_full_name() in page


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"day": "2020-02-03"}, "day"),
        ({"day": "2062-02-03"}, "day"),
        ({"day": "9999-12-31"}, "day"),
        ({"day": "0001-01-01"}, "day"),
        ({"school_adult_name": "x" * 201}, "school_adult_name"),
        ({"notes_for_mentor": "x" * 1001}, "notes_for_mentor"),
        ({"topic": "x" * 200}, "topic"),
        ({"grade": 99999999999}, "grade"),
        ({"ends": "09:30"}, "ends"),
        ({"ends": "10:00"}, "ends"),
        ({"starts": "07:30"}, "starts"),
        ({"starts": "19:30", "ends": "20:15"}, "starts"),
        ({"starts": "23:30", "ends": "00:15"}, "ends"),
        ({"group_size": 0}, "group_size"),
        ({"group_size": 900}, "group_size"),
        ({"group_size": -3}, "group_size"),
        ({"group_size": "many"}, "group_size"),
        ({"grade": 15}, "grade"),
        ({"seats_max": 0}, "seats_max"),
        ({"seats_max": 50}, "seats_max"),
        ({"adults_min": 1}, "adults_min"),
        ({"adults_min": 9}, "adults_min"),
        ({"closes_at": "2031-01-01T10:00"}, "closes_at"),
        ({"day": ""}, "day"),
        ({"day": "31.02.2027"}, "day"),
        ({"school": 0}, "school"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(cast, sign_in, plan, typed, field):
    response = sign_in(cast.aigul).post(NEW, plan | typed)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert f'href="#id_{field}"' in response.content.decode()  # the summary leads to it
    assert not SchoolSession.objects.exists()


def test_all_problems_at_once(cast, sign_in, plan):
    response = sign_in(cast.aigul).post(
        NEW, plan | {"group_size": 900, "grade": 15, "starts": "07:00", "ends": "07:45"}
    )
    assert set(response.context["form"].errors) == {"group_size", "grade", "starts"}


def test_a_day_without_lessons_needs_a_reason(cast, sign_in, plan):
    day = teaching_day()
    NonTeachingPeriod.objects.create(
        kind="holiday", first_day=day, last_day=day, name_en="Day of the test", name_kk="Сынақ күні", name_ru="День"
    )
    client = sign_in(cast.aigul)
    response = client.post(NEW, plan)
    assert "Day of the test" in str(response.context["form"].errors["day"])
    assert client.post(NEW, plan | {"calendar_reason": "A summer camp"}).status_code == 302


def test_sunday_has_no_lessons(cast, sign_in, plan):
    sunday = timezone.localdate() + timedelta(days=7)
    while sunday.weekday() != 6:
        sunday += timedelta(days=1)
    response = sign_in(cast.aigul).post(NEW, plan | {"day": sunday.isoformat()})
    assert "day" in response.context["form"].errors
    with translation.override("ru"):  # in a sentence it is written small, at the beginning of a date it is not
        assert [date_format(sunday + timedelta(days=number), "l")[0].isupper() for number in range(7)] == [True] * 7


def test_another_schools_quarantine_closes_nothing_here(cast, sign_in, plan):
    day = teaching_day()
    NonTeachingPeriod.objects.create(
        kind="remote", first_day=day, last_day=day, name_en="Q", name_kk="Q", name_ru="Q", school=cast.other_school
    )
    assert sign_in(cast.aigul).post(NEW, plan).status_code == 302


def test_a_holiday_declared_after_the_draft_stops_the_publishing(cast, sign_in, plan):
    client = sign_in(cast.aigul)
    client.post(NEW, plan)
    day = teaching_day()
    NonTeachingPeriod.objects.create(kind="remote", first_day=day, last_day=day, name_en="Q", name_kk="Q", name_ru="Q")
    response = client.post(f"/en/staff/sessions/{SchoolSession.objects.get().uuid}/publish/")
    assert response.status_code == 409
    assert 'data-code="no_lessons"' in response.content.decode()


def test_schools_of_another_district_cannot_be_chosen(cast, sign_in, plan):
    response = sign_in(cast.aigul).post(NEW, plan | {"school": cast.far_school.pk})
    assert "school" in response.context["form"].errors
    far = make_session(cast, school=cast.far_school, state="draft")
    far.pk = None
    with pytest.raises(NotAllowed):
        services.plan_session(session=far, by=cast.aigul)


def test_the_service_refuses_what_the_form_refuses(cast):
    over_midnight = make_session(cast, state="draft")
    over_midnight.pk, over_midnight.starts_at, over_midnight.ends_at = None, at(7, 19), at(8, 9)
    with pytest.raises(Refused) as refusal:
        services.plan_session(session=over_midnight, by=cast.aigul)
    assert "over_midnight" in refusal.value.codes


def test_the_school_and_the_lead_do_not_plan(cast, sign_in, plan):
    for user in (cast.gulnara, cast.dana, cast.nurlan.user, cast.raushan, cast.root):
        client = sign_in(user)
        assert client.get(NEW).status_code == 403
        assert client.post(NEW, plan).status_code == 403
    draft = make_session(cast, state="draft")
    assert sign_in(cast.gulnara).post(f"/en/staff/sessions/{draft.uuid}/publish/").status_code == 403
    assert SchoolSession.objects.get().state == "draft"


def test_the_day_is_the_one_in_almaty(cast):
    """01:00 on the 15th in Almaty is 20:00 on the 14th in UTC."""
    almaty = timezone.get_default_timezone()
    early = SchoolSession(starts_at=datetime(2027, 4, 15, 1, 0, tzinfo=almaty))
    assert early.day == date(2027, 4, 15)
    assert early.starts_at.astimezone(timezone.get_fixed_timezone(0)).time() == time(20, 0)
