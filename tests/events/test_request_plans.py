"""From a request to its sessions: what is proposed, what is planned, and what comes back."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from events import services
from events.models import SchoolSession, SessionBatch, SessionRequest, SessionTemplate
from events.services import requests
from events.services.session_templates import template_from
from portal.models import NonTeachingPeriod, OutgoingMessage, Topic
from portal.refusals import Refused
from tests.events.asking import days_ahead, make_request, new_request, window
from tests.events.builders import at, make_session

pytestmark = pytest.mark.django_db


def plan_page(asked) -> str:
    return f"/en/staff/requests/{asked.uuid}/plan/"


def close(day) -> None:
    NonTeachingPeriod.objects.create(
        name_kk="К", name_ru="К", name_en="Quarantine", kind="remote", first_day=day, last_day=day
    )


def proposed_days(asked, **more) -> list:
    return [row.day for row in requests.suggest(asked, **more) if row.ok]


def test_one_visit_is_proposed_at_the_beginning_of_the_first_time(cast):
    later, first = window(days_ahead(2)[1], time(9), time(11)), window(days_ahead(2)[0], time(10), time(12))
    (row,) = requests.suggest(make_request(cast, "accepted", [later, first]))
    begins, ends = timezone.localtime(row.session.starts_at), timezone.localtime(row.session.ends_at)
    assert (begins.date(), begins.time(), ends.time()) == (first.day, time(10), time(10, 45))


def test_a_short_window_is_not_overrun(cast):
    asked = make_request(cast, "accepted", [window(starts=time(12, 30), ends=time(13))])
    (row,) = requests.suggest(asked)
    assert timezone.localtime(row.session.ends_at).time() == time(13)


def test_a_series_is_weekly_and_leaves_out_days_without_lessons(cast):
    day = days_ahead()[0]
    close(day + timedelta(days=7))
    asked = make_request(cast, "accepted", [window(day)], visits=3)
    rows = requests.suggest(asked)
    days = [row.day for row in rows if row.ok]
    assert len(days) == 3
    assert days[0] == day
    assert day + timedelta(days=7) not in days
    assert {day.weekday() for day in days} == {days[0].weekday()}
    assert "no_lessons" in {reason.code for row in rows for reason in row.reasons}


def test_a_time_that_has_passed_is_not_proposed(cast):
    past, ahead = window(timezone.localdate() - timedelta(days=3)), window()
    asked = make_request(cast, "accepted", [past, ahead])
    assert proposed_days(asked) == [ahead.day]
    assert proposed_days(asked, window=ahead) == [ahead.day]


def filled(page, **more) -> dict:
    """The form as the browser would send it back."""
    form = page.context["form"]
    names = [field.name for field in form.other_fields()] + [name for name in form.fields if name[0].isdigit()]
    values = {name: form[name].value() for name in names}
    times = {name: value.strftime("%H:%M") for name, value in values.items() if isinstance(value, time)}
    return {name: value for name, value in (values | times).items() if value not in (None, False)} | more


def test_the_page_is_filled_in_and_plans_what_was_asked(cast, sign_in):
    """Scenario of the request: three visits, one letter with the days, mentors see them."""
    asked = make_request(cast, "accepted", visits=3, adult_name="Есімова Бағдат")
    client = sign_in(cast.aigul)
    data = filled(client.get(plan_page(asked)), seats_max=2)
    for _double_click in range(2):
        assert client.post(plan_page(asked), data).status_code == 302
    asked.refresh_from_db()
    sessions = list(asked.sessions.order_by("starts_at"))
    assert asked.state == "scheduled"
    assert len(sessions) == 3
    for session in sessions:
        assert (session.school, session.topic, session.grade, session.group_size) == (
            asked.school,
            asked.topic,
            asked.grade,
            asked.group_size,
        )
        assert (session.state, session.seats_max, session.school_adult_name) == ("published", 2, "Есімова Бағдат")
        assert timezone.localtime(session.starts_at).time() == time(9)
    assert SessionBatch.objects.get().sessions.count() == 3
    letter = OutgoingMessage.objects.get(letter="events/to_school_scheduled")
    assert letter.text.count("9:45") == 3
    assert str(asked.uuid) in client.get(f"/en/staff/sessions/{sessions[0].uuid}/").content.decode()
    page = sign_in(cast.gulnara).get(f"/en/school/requests/{asked.uuid}/").content.decode()
    assert all(str(session.uuid) in page for session in sessions)


def test_drafts_are_planned_and_mentors_do_not_see_them(cast, sign_in):
    asked = make_request(cast, "accepted")
    client = sign_in(cast.aigul)
    data = filled(client.get(plan_page(asked)), then="keep")
    assert client.post(plan_page(asked), data).status_code == 302
    session = asked.sessions.get()
    assert session.state == "draft"
    assert not SchoolSession.objects.visible_to(cast.nurlan.user).filter(pk=session.pk).exists()


def test_what_is_taken_back_is_told_to_the_school_and_to_be_planned_again(cast, sign_in):
    """In the same step, and drafts too: their days were sent."""
    for published in (True, False):
        asked = make_request(cast, "accepted", visits=2)
        sessions = plan(cast, at(7), at(9))
        requests.schedule_request(request=asked, sessions=sessions, by=cast.aigul, published=published)
        undo = f"/en/staff/batches/{asked.sessions.first().batch.uuid}/undo/"
        assert sign_in(cast.aigul).post(undo).status_code == 302
        letter = OutgoingMessage.objects.get(letter="events/to_school_sessions_off")
        assert letter.recipient == cast.gulnara
        assert letter.text.count("10:00") == 2
        assert f"/school/requests/{asked.uuid}/" in letter.text
        letter.delete()
        assert 'data-testid="move-withdraw"' in sign_in(cast.gulnara).get(f"/en/school/requests/{asked.uuid}/").text
        assert sign_in(cast.aigul).get(plan_page(asked)).status_code == 200
        SchoolSession.objects.update(request=None)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"1-day": "2020-01-01"}, "1-day"),
        ({"1-day": ""}, "1-day"),
        ({"1-ends": "08:00"}, "1-ends"),
        ({"1-starts": "07:00"}, "1-starts"),
        ({"seats_max": "0"}, "seats_max"),
        ({"seats_min": "abc"}, "seats_min"),
        ({"adults_min": "1"}, "adults_min"),
        ({"notes_for_mentor": "x" * 1001}, "notes_for_mentor"),
        ({"school_adult_name": "x" * 201}, "school_adult_name"),
    ],
)
def test_a_bad_plan_comes_back_and_writes_nothing(cast, sign_in, more, field):
    asked = make_request(cast, "accepted", visits=2)
    client = sign_in(cast.aigul)
    response = client.post(plan_page(asked), filled(client.get(plan_page(asked)), **more))
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not SchoolSession.objects.exists()
    assert not SessionBatch.objects.exists()
    asked.refresh_from_db()
    assert asked.state == "accepted"


def test_a_day_without_lessons_needs_a_reason(cast, sign_in):
    asked = make_request(cast, "accepted")
    client = sign_in(cast.aigul)
    data = filled(client.get(plan_page(asked)))
    close(asked.windows.get().day)
    response = client.post(plan_page(asked), data)
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["1-day"])
    assert client.post(plan_page(asked), data | {"calendar_reason": "An open day"}).status_code == 302
    assert asked.sessions.get().calendar_reason == "An open day"


def test_no_day_and_one_day_twice(cast, sign_in):
    asked = make_request(cast, "accepted", visits=2)
    client = sign_in(cast.aigul)
    data = filled(client.get(plan_page(asked)))
    nothing = {name: value for name, value in data.items() if not name[0].isdigit()}
    assert "1-day" in client.post(plan_page(asked), nothing).context["form"].errors
    twice = data | {f"2-{part}": data[f"1-{part}"] for part in ("day", "starts", "ends")}
    assert "2-starts" in client.post(plan_page(asked), twice).context["form"].errors
    assert not SchoolSession.objects.exists()


def plan(cast, *starts) -> list[SchoolSession]:
    sessions = [make_session(cast, starts_at=moment) for moment in starts]
    SchoolSession.objects.all().delete()
    for session in sessions:
        session.pk, session._state.adding = None, True
    return sessions


def test_all_or_none(cast):
    """One bad day of three: nothing is planned, and the reason says which."""
    asked = make_request(cast, "accepted", visits=3)
    with pytest.raises(Refused) as refusal:
        requests.schedule_request(request=asked, sessions=plan(cast, at(7), at(-1), at(9)), by=cast.aigul)
    assert "past" in refusal.value.codes
    assert not SchoolSession.objects.exists()
    for sessions, code in [([], "visits"), (plan(cast, *map(at, range(7, 12))), "visits"),
                           (plan(cast, at(7), at(7, 10, 30)), "twice")]:  # fmt: skip
        with pytest.raises(Refused) as refusal:
            requests.schedule_request(request=asked, sessions=sessions, by=cast.aigul)
        assert refusal.value.codes == [code]
    assert SessionRequest.objects.get().state == "accepted"


def test_the_sessions_are_those_of_the_request_whatever_was_typed(cast):
    day = days_ahead()[0]
    (session,) = plan(cast, at((day - timezone.localdate()).days))
    session.school, session.grade, session.group_size = cast.far_school, 11, 60
    asked = requests.schedule_request(request=make_request(cast, "accepted"), sessions=[session], by=cast.aigul)
    made = asked.sessions.get()
    assert (made.school, made.grade, made.group_size) == (cast.school, 7, 24)


def test_whoever_may_not_plan_is_led_to_the_request(cast, sign_in):
    for state in ("submitted", "scheduled", "declined"):
        asked = make_request(cast, state)
        response = sign_in(cast.aigul).get(plan_page(asked))
        assert (response.status_code, response.url) == (302, f"/en/staff/requests/{asked.uuid}/")
    assert sign_in(cast.aigul).get(plan_page(make_request(cast, "accepted")) + "?window=abc").status_code == 200


class TestOutsideItsTimes:
    """What the school did not name is a warning at its row, never a refusal."""

    def test_the_first_press_warns_at_the_row_and_the_second_plans(self, cast, sign_in):
        asked = make_request(cast, "accepted", visits=2)
        client = sign_in(cast.aigul)
        data = filled(client.get(plan_page(asked))) | {"2-starts": "15:00", "2-ends": "15:45"}
        page = client.post(plan_page(asked), data)
        html = page.content.decode()
        assert page.status_code == 200
        assert html.count('data-testid="outside"') == 1
        assert 'data-testid="warned"' in html
        assert not asked.sessions.exists()
        moved = data | {"warned": page.context["warned"], "2-starts": "16:00", "2-ends": "16:45"}
        assert client.post(plan_page(asked), moved).status_code == 200  # another time is another slip
        assert client.post(plan_page(asked), data | {"warned": page.context["warned"]}).status_code == 302
        assert asked.sessions.count() == 2

    def test_a_series_follows_its_time_weekly_and_one_visit_does_not(self, cast):
        first = window(starts=time(9), ends=time(12))
        for visits, outside in ((3, False), (1, True)):
            asked = make_request(cast, "accepted", [window(first.day, time(9), time(12))], visits=visits)
            session = make_session(cast, starts_at=timezone.make_aware(datetime.combine(first.day, time(10))))
            assert not requests.is_outside(asked, session)
            session.starts_at, session.ends_at = (
                at + timedelta(weeks=2) for at in (session.starts_at, session.ends_at)
            )
            assert requests.is_outside(asked, session) is outside
            session.ends_at += timedelta(hours=2)
            assert requests.is_outside(asked, session)

    def test_the_same_when_a_session_is_moved(self, cast, sign_in):
        asked = make_request(cast, "accepted")
        client = sign_in(cast.aigul)
        client.post(plan_page(asked), filled(client.get(plan_page(asked))))
        session = asked.sessions.get()
        address = f"/en/staff/sessions/{session.uuid}/change/"
        form = client.get(address).context["form"]
        values = {name: form[name].value() for name in form.fields}
        times = {name: values[name].strftime("%H:%M") for name in ("starts", "ends")}
        data = {name: value for name, value in (values | times).items() if value not in (None, False)}
        assert client.post(address, data | {"group_size": 20}).status_code == 302  # not moved: nothing to warn of
        late = data | {"group_size": 20, "starts": "17:00", "ends": "17:45"}
        page = client.post(address, late)
        assert page.status_code == 200
        assert 'data-testid="warned"' in page.content.decode()
        assert client.post(address, late | {"warned": page.context["warned"]}).status_code == 302
        session.refresh_from_db()
        assert timezone.localtime(session.starts_at).time() == time(17)


class TestStaffing:
    """How many mentors and adults a plan begins with."""

    NUMBERS = ("seats_min", "seats_max", "adults_min", "needs_lead")

    def keep(self, cast, title: str, by=None, **more) -> SessionTemplate:
        made = template_from(make_session(cast, topic=new_request(cast).topic, **more))
        made.title = title
        return services.keep_template(template=made, by=by or cast.aigul)

    def begun(self, client, asked, query: str = "") -> tuple:
        page = client.get(plan_page(asked) + query)
        return tuple(page.context["form"][name].value() for name in self.NUMBERS)

    def test_it_is_that_of_the_newest_template_of_the_topic_and_another_can_be_chosen(self, cast, sign_in):
        old = self.keep(cast, "Two and two", seats_min=2, seats_max=3)
        self.keep(cast, "Three", seats_min=3, seats_max=4, adults_min=3, needs_lead=True)
        others = Topic.objects.exclude(pk=old.topic_id).filter(grade_to__gte=7)
        other_topic = self.keep(cast, "Of another topic", seats_max=9)
        SessionTemplate.objects.filter(pk=other_topic.pk).update(topic=others.first())
        asked, client = make_request(cast, "accepted", [window(), window(days_ahead(2)[1])]), sign_in(cast.aigul)
        assert self.begun(client, asked) == (3, 4, 3, True)
        assert self.begun(client, asked, f"?window=2&template={old.uuid}") == (2, 3, 2, False)
        for nothing in ("", "x", other_topic.uuid):
            assert self.begun(client, asked, f"?template={nothing}") == (1, 1, 2, False)
        page = client.get(plan_page(asked) + f"?template={old.uuid}&window=2").content.decode()
        assert "Two and two”" in page  # where the numbers come from
        assert f"?window=1&amp;template={old.uuid}" in page and '<input type="hidden" name="window" value="2"' in page
        assert "Of another topic" not in page

    def test_a_template_of_another_district_or_out_of_use_is_none(self, cast, sign_in):
        far = self.keep(cast, "Far", seats_max=5)
        SessionTemplate.objects.filter(pk=far.pk).update(district=cast.far_school.district)
        gone = self.keep(cast, "Gone", seats_max=6)
        services.retire_template(template=gone, by=cast.aigul)
        asked, client = make_request(cast, "accepted"), sign_in(cast.aigul)
        for query in ("", f"?template={far.uuid}", f"?template={gone.uuid}"):
            assert self.begun(client, asked, query) == (1, 1, 2, False)

    def test_the_districts_own_goes_before_that_of_the_whole_oblast(self, cast, sign_in):
        self.keep(cast, "Ours", seats_max=2)
        everywhere = self.keep(cast, "Everywhere", seats_max=7)
        SessionTemplate.objects.filter(pk=everywhere.pk).update(district=None)
        assert self.begun(sign_in(cast.aigul), make_request(cast, "accepted")) == (1, 2, 2, False)

    def test_a_new_session_begins_with_a_template_that_is_chosen(self, cast, sign_in):
        kept = self.keep(cast, "Phones", seats_min=2, seats_max=3)
        client = sign_in(cast.aigul)
        page = client.get("/en/staff/sessions/new/")
        assert "Phones" in page.content.decode()
        assert page.context["form"]["seats_max"].value() == 1
        form = client.get(f"/en/staff/sessions/new/?template={kept.uuid}").context["form"]
        assert (form["seats_min"].value(), form["seats_max"].value()) == (2, 3)
        assert form["topic"].value() in (kept.topic, kept.topic_id)
        assert client.get("/en/staff/sessions/new/?template=x").status_code == 200
        copy = client.get(f"/en/staff/sessions/{make_session(cast).uuid}/clone/?template={kept.uuid}")
        assert copy.context["form"]["seats_max"].value() == 1
