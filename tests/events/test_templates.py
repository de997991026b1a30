"""Templates of sessions: kept from a session, used for many classes, never twice for one (scenario 31)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events import services
from events.models import SchoolSession, SessionBatch, SessionTemplate
from events.services.session_templates import template_from
from portal.access import Role
from portal.management.demo import builders
from portal.models import LogEntry, NonTeachingPeriod
from portal.refusals import NotAllowed, Refused
from tests.events.builders import make_session
from tests.events.test_series import tuesday

pytestmark = pytest.mark.django_db

LIST = "/en/staff/templates/"


@pytest.fixture(autouse=True)
def ordinary_weeks(db):
    NonTeachingPeriod.objects.all().delete()


@pytest.fixture
def template(cast) -> SessionTemplate:
    made = template_from(make_session(cast, seats_max=2, notes_for_mentor="Bring the film"))
    made.title = "Phone and money"
    services.keep_template(template=made, by=cast.aigul)
    SchoolSession.objects.all().delete()
    return made


def moment(hour: int = 10) -> datetime:
    return timezone.make_aware(datetime.combine(tuesday(), time(hour)))


def apply(cast, template, *places, **more):
    plan = {"template": template, "places": places, "starts_at": moment(), "by": cast.aigul, "key": uuid4()}
    return services.apply_template(**(plan | more))


def typed(cast, **more) -> dict:
    return {
        "key": str(uuid4()),
        "day": tuesday().isoformat(),
        "starts": "10:00",
        "grades": [7, 8],
        "schools": [cast.school.pk, cast.other_school.pk],
    } | more


def kept(template, **more) -> dict:
    """What the form of a template posts."""
    fields = ["title", "grade", "group_size", "minutes", "seats_min", "seats_max", "adults_min", "notes_for_mentor"]
    foreign = {"district": template.district_id, "topic": template.topic_id, "language": template.language_id}
    return {name: getattr(template, name) for name in fields} | foreign | more


def test_a_template_is_applied_to_schools_and_classes(cast, template, sign_in):
    aigul, page = sign_in(cast.aigul), f"{LIST}{template.uuid}/use/"
    assert 'data-testid="apply"' in aigul.get(LIST).content.decode()
    look = aigul.post(page, typed(cast))
    assert [row.ok for row in look.context["form"].rows] == [True] * 4
    assert not SchoolSession.objects.exists()
    marks = [mark for mark, _row, _ticked in look.context["form"].listed()]
    form = typed(cast, make="1", rows=marks[:3], at_once="on")
    addresses = {aigul.post(page, form).url for _click in range(3)}
    assert len(addresses) == 1
    made = SchoolSession.objects.all()
    assert {(row.school_id, row.grade, row.state) for row in made} == {
        (cast.school.pk, 7, "published"), (cast.school.pk, 8, "published"), (cast.other_school.pk, 7, "published"),
    }  # fmt: skip
    assert {(row.minutes, row.seats_max, row.notes_for_mentor) for row in made} == {(45, 2, "Bring the film")}


def test_applied_twice_there_are_no_duplicates(cast, template, sign_in):
    """Scenario 31."""
    places = [(cast.school, 7), (cast.other_school, 7)]
    first = apply(cast, template, places[0])
    again = apply(cast, template, *places)
    assert (first.made, again.made, again.already) == (1, 1, 1)
    nothing = apply(cast, template, *places, *places)
    assert (nothing.batch, nothing.made, nothing.already) == (None, 0, 2)
    assert SchoolSession.objects.count() == 2
    look = sign_in(cast.aigul).post(f"{LIST}{template.uuid}/use/", typed(cast, grades=[7]))
    assert look.content.decode().count('data-code="already_there"') == 2


def test_the_same_form_sent_twice(cast, template):
    key = uuid4()
    first, second = (apply(cast, template, (cast.school, 7), key=key) for _click in range(2))
    assert first.batch == second.batch
    assert SessionBatch.objects.count() == 1


def test_a_cancelled_one_may_be_made_again(cast, template):
    first = apply(cast, template, (cast.school, 7))
    services.undo_batch(batch=first.batch, by=cast.aigul)
    assert apply(cast, template, (cast.school, 7)).made == 1


def test_another_one_is_not_moved_onto_it(cast, template):
    apply(cast, template, (cast.school, 7))
    later = apply(cast, template, (cast.school, 7), starts_at=moment(12)).batch.sessions.get()
    with pytest.raises(Refused) as caught:
        services.change_session(
            session=later,
            by=cast.aigul,
            values={"starts_at": moment(), "ends_at": moment() + timedelta(minutes=45)},
        )
    assert caught.value.codes == ["already_there"]


def test_closed_schools_are_struck(cast, template, sign_in):
    NonTeachingPeriod.objects.create(
        kind="remote",
        first_day=tuesday(),
        last_day=tuesday(),
        name_kk="Q",
        name_ru="Q",
        name_en="Q",
        school=cast.school,
    )
    look = sign_in(cast.aigul).post(f"{LIST}{template.uuid}/use/", typed(cast, grades=[7]))
    assert [row.ok for row in look.context["form"].rows] == [False, True]
    with pytest.raises(Refused) as caught:
        apply(cast, template, (cast.school, 7), (cast.other_school, 7))
    assert caught.value.codes == ["no_lessons"]
    assert not SchoolSession.objects.exists()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"day": ""}, "day"),
        ({"starts": "x"}, "starts"),
        ({"grades": []}, "grades"),
        ({"grades": [99]}, "grades"),
        ({"schools": []}, "schools"),
        ({"schools": [0]}, "schools"),
        ({"key": ""}, "key"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(cast, template, sign_in, more, field):
    response = sign_in(cast.aigul).post(f"{LIST}{template.uuid}/use/", typed(cast) | {"make": "1"} | more)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not SchoolSession.objects.exists()


def test_a_day_that_has_passed_makes_nothing(cast, template, sign_in):
    for day in ("2020-02-04", "0001-01-01", "9999-12-31"):
        look = sign_in(cast.aigul).post(f"{LIST}{template.uuid}/use/", typed(cast, day=day))
        assert not any(row.ok for row in look.context["form"].rows)


def test_a_template_is_kept_from_a_session_and_changed(cast, sign_in):
    session, aigul = make_session(cast, seats_max=2), sign_in(cast.aigul)
    page = f"/en/staff/sessions/{session.uuid}/template/"
    assert aigul.get(page).context["form"]["minutes"].value() == 45
    form = kept(template_from(session), title="Phone and money")
    assert aigul.post(page, form).url == LIST
    template = SessionTemplate.objects.get()
    assert (template.title, template.created_by) == ("Phone and money", cast.aigul)
    made = apply(cast, template, (cast.school, 7)).batch.sessions.get()
    assert aigul.post(f"{LIST}{template.uuid}/", kept(template, seats_max=3)).url == LIST
    assert SessionTemplate.objects.get().seats_max == 3
    assert SchoolSession.objects.get(pk=made.pk).seats_max == 2
    assert LogEntry.objects.filter(action="keep_template").count() == 2


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 200}, "title"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 500}, "minutes"),
        ({"group_size": 900}, "group_size"),
        ({"group_size": 0}, "group_size"),
        ({"seats_min": 5}, "seats_max"),
        ({"seats_max": 99}, "seats_max"),
        ({"adults_min": 1}, "adults_min"),
        ({"grade": 15}, "grade"),
        ({"district": ""}, "district"),
        ({"notes_for_mentor": "x" * 1001}, "notes_for_mentor"),
    ],
)
def test_a_template_that_cannot_be(cast, template, sign_in, more, field):
    response = sign_in(cast.aigul).post(f"{LIST}{template.uuid}/", kept(template) | more)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert SessionTemplate.objects.get().title == "Phone and money"


def test_a_retired_template_is_offered_no_more(cast, template, sign_in):
    aigul = sign_in(cast.aigul)
    for _click in range(2):
        assert aigul.post(f"{LIST}{template.uuid}/retire/").url == LIST
    assert LogEntry.objects.filter(action="retire_template").count() == 1
    assert template.title not in aigul.get(LIST).content.decode()
    assert aigul.get(f"{LIST}{template.uuid}/use/").status_code == 404
    with pytest.raises(Refused) as caught:
        apply(cast, template, (cast.school, 7))
    assert caught.value.codes == ["retired"]


def test_templates_of_a_district_and_of_the_oblast(cast, template, sign_in):
    """A coordinator of another district sees none of Taraz; one of the oblast is everybody's to use and not to change."""
    bolat = sign_in(cast.bolat)
    assert template.title not in bolat.get(LIST).content.decode()
    for address in ("", "use/", "retire/"):
        assert bolat.post(f"{LIST}{template.uuid}/{address}").status_code == 404
    for user in (cast.gulnara, cast.dana, cast.nurlan.user, cast.raushan):
        assert sign_in(user).get(LIST).status_code == 403
    chief = builders.make_user("zhanna", Role.COORDINATOR, family="Ж", given="Ж")
    template.district = None
    with pytest.raises(NotAllowed):
        services.keep_template(template=template, by=cast.aigul)
    services.keep_template(template=template, by=chief)
    page = bolat.get(LIST).content.decode()
    assert template.title in page
    assert 'data-testid="move-retire"' not in page
    with pytest.raises(NotAllowed):
        services.retire_template(template=template, by=cast.bolat)
    with pytest.raises(NotAllowed):
        apply(cast, template, (cast.school, 7), by=cast.bolat)
    assert apply(cast, template, (cast.far_school, 7), by=cast.bolat).made == 1


def test_a_look_costs_the_same_for_any_number_of_classes(cast, template, sign_in):
    aigul, page = sign_in(cast.aigul), f"{LIST}{template.uuid}/use/"

    def cost(**more) -> int:
        form = typed(cast, **more)
        aigul.post(page, form)
        with CaptureQueriesContext(connection) as queries:
            aigul.post(page, form)
        return len(queries)

    assert cost(schools=[cast.school.pk], grades=[7]) == cost()
