import pytest
from django.contrib.sessions.models import Session

from tests.people import Cast
from tests.volunteers.drafts import ABOUT
from volunteers.models import Application, Person, ProgrammeRole
from volunteers.services import applications

ADDRESS = "/en/become-a-mentor/school_mentor/eligibility/"
GOOD = {"age": "70", "oblast": "yes", "conviction_bar": "no", "two_adults": "yes", "checks": "yes"}


@pytest.fixture(autouse=True)
def reference(cast: Cast):
    return cast


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_roles_and_a_role_say_what_is_checked_and_who_cannot(client, language):
    page = client.get(f"/{language}/become-a-mentor/")
    assert page.status_code == 200
    role = ProgrammeRole.objects.get(code="school_mentor")
    assert page.content.decode().count('data-testid="role"') == ProgrammeRole.objects.filter(is_open=True).count()
    detail = client.get(f"/{language}/become-a-mentor/school_mentor/").content.decode()
    for key in ("benefits", "demands", "checked", "disqualifiers"):
        assert role.texts[key][language][0].split("«")[0].split("'")[0][:40] in detail
    assert role.texts["time"][language][:30] in detail


def test_seventeen_is_told_why_and_nothing_is_stored(client):
    page = client.post(ADDRESS, {**GOOD, "age": "17"})
    text = page.content.decode()
    assert page.status_code == 200
    assert 'data-testid="not-eligible"' in text and 'data-code="adult"' in text
    assert "coordinator" in text
    assert "<input" not in text
    assert not Application.objects.filter(state="draft").exists()
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    ("answer", "code"),
    [({"oblast": "no"}, "oblast"), ({"conviction_bar": "yes"}, "conviction_bar"), ({"checks": "no"}, "checks")],
)
def test_each_answer_that_stops_has_its_own_words(client, answer, code):
    assert f'data-code="{code}"' in client.post(ADDRESS, {**GOOD, **answer}).content.decode()


def test_an_answer_left_out_shows_the_form_again_with_what_was_typed(client):
    page = client.post(ADDRESS, {"age": "44"}).content.decode()
    assert 'data-testid="error-summary"' in page and 'value="44"' in page


@pytest.mark.parametrize("age", ["", "x", "-3", "17.5", "9999999999999999999999"])
def test_an_odd_age_is_a_field_error(client, age):
    page = client.post(ADDRESS, {**GOOD, "age": age})
    assert page.status_code == 200 and 'data-testid="field-error"' in page.content.decode()


def test_eighteen_goes_on_to_sign_up_and_then_to_the_application(client):
    answer = client.post(ADDRESS, {**GOOD, "age": "18"})
    assert answer.status_code == 302
    assert answer.url == "/en/account/signup/?next=/en/apply/start/school_mentor/"
    assert not Person.objects.filter(applications__state="draft").exists()


def test_the_form_does_not_open_without_the_questions(sign_in, cast):
    client = sign_in(cast.serik)
    for answer in (client.get("/en/apply/start/school_mentor/"), client.post("/en/apply/start/school_mentor/")):
        assert answer.status_code == 302 and answer.url == ADDRESS
    assert not Application.objects.filter(person__user=cast.serik).exists()


def test_who_passed_begins_a_draft_with_a_button(sign_in, cast):
    client = sign_in(cast.serik)
    assert client.post(ADDRESS, GOOD).url == "/en/apply/start/school_mentor/"
    assert 'data-testid="move-start"' in client.get("/en/apply/start/school_mentor/").content.decode()
    assert not Application.objects.filter(person__user=cast.serik).exists()
    answer = client.post("/en/apply/start/school_mentor/")
    application = Application.objects.get(person__user=cast.serik)
    assert answer.url == f"/en/apply/{application.uuid}/about/"
    assert application.policy.number == 1


def test_a_second_draft_and_a_closed_role_are_refused(sign_in, cast):
    client = sign_in(cast.serik)
    for _time in range(2):
        client.post(ADDRESS, GOOD)
        answer = client.post("/en/apply/start/school_mentor/")
    assert answer.status_code == 409 and 'data-code="already_open"' in answer.content.decode()
    assert Application.objects.filter(person__user=cast.serik).count() == 1
    ProgrammeRole.objects.filter(code="teacher_mentor").update(is_open=False)
    assert client.get("/en/become-a-mentor/teacher_mentor/eligibility/").status_code == 404


def test_an_approved_mentor_does_not_begin_anew(sign_in, cast):
    client = sign_in(cast.nurlan.user)
    client.post(ADDRESS, GOOD)
    answer = client.post("/en/apply/start/school_mentor/")
    assert answer.status_code == 409 and 'data-code="already_approved"' in answer.content.decode()


@pytest.mark.parametrize("field", ["district", "languages", "birth_date", "iin", "family_name"])
def test_a_null_character_is_a_field_error_on_both_engines(sign_in, cast, field):
    application = applications.start(by=cast.serik, role=ProgrammeRole.objects.get(code="school_mentor"))
    page = sign_in(cast.serik).post(f"/en/apply/{application.uuid}/about/", {**ABOUT, field: "a\0b"})
    assert page.status_code == 200 and f'<a href="#id_{field}' in page.content.decode()
