"""What both sides say of a visit: once, after it was confirmed, for the coordinators' eyes (S58, S59)."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events import services
from events.models import Feedback
from events.services.feedback import awaited_of_mentor, awaited_of_school
from portal.access import Role
from portal.models import LogEntry, OutgoingMessage
from portal.refusals import NotAllowed, Refused
from portal.services import grant_role
from tests.events.builders import at, make_session
from tests.events.visits import attended, hold

pytestmark = pytest.mark.django_db

ANSWERS = {"mark": "4", "prepared": "True", "again": "True", "text": "More time for questions"}


@pytest.fixture
def visit(cast):
    return attended(cast)


def give(booking, by, mark=3, **more):
    return services.give_feedback(booking=booking, by=by, mark=mark, prepared=True, again=True, **more)


def test_both_sides_are_asked_once_after_a_confirmed_visit(cast, visit):
    services.confirm_attendance(booking=visit, by=cast.gulnara, result="attended")
    asked = OutgoingMessage.objects.filter(letter__endswith="feedback_wanted")
    assert sorted(asked.values_list("letter", "recipient_id")) == sorted(
        [("events/feedback_wanted", cast.nurlan.user_id), ("events/to_school_feedback_wanted", cast.gulnara.pk)]
    )
    assert list(awaited_of_mentor(cast.nurlan.user)) == [visit]
    assert list(awaited_of_school(cast.gulnara)) == [visit]


def test_a_school_with_two_mentors_gets_one_letter(cast):
    session = make_session(cast, starts_at=at(-1), seats_max=2)
    for seat_no, person in enumerate((cast.nurlan, cast.yerbol), start=1):
        booking = hold(person, session, seat_no=seat_no)
        services.confirm_attendance(booking=booking, by=cast.gulnara, result="attended")
    assert OutgoingMessage.objects.filter(letter="events/to_school_feedback_wanted").count() == 1
    assert OutgoingMessage.objects.filter(letter="events/feedback_wanted").count() == 2


@pytest.mark.parametrize("result", ["no_show", "excused"])
def test_nobody_is_asked_about_a_visit_that_was_none(cast, result):
    booking = hold(cast.nurlan, make_session(cast, starts_at=at(-1)))
    services.confirm_attendance(booking=booking, by=cast.gulnara, result=result)
    assert not OutgoingMessage.objects.filter(letter__endswith="feedback_wanted").exists()
    for by in (cast.nurlan.user, cast.gulnara):
        with pytest.raises(Refused) as refusal:
            give(booking, by)
        assert refusal.value.codes == ["not_confirmed"]


def test_each_side_answers_on_its_page_once(cast, sign_in, visit):
    for user, url, side in (
        (cast.nurlan.user, f"/en/bookings/{visit.uuid}/feedback/", "mentor"),
        (cast.gulnara, f"/en/school/visits/{visit.uuid}/feedback/", "school"),
    ):
        client = sign_in(user)
        page = client.get(url).content.decode()
        assert 'data-testid="move-feedback"' in page
        assert "The coordinators and the safeguarding leads read it" in page
        assert client.post(url, ANSWERS).status_code == 302
        assert client.post(url, ANSWERS | {"mark": "1", "text": "Changed my mind"}).status_code == 302
        said = Feedback.objects.get(side=side)
        assert (said.mark, said.text, said.given_by) == (4, "More time for questions", user)
        assert 'data-testid="said"' in client.get(url).content.decode()
    assert not awaited_of_mentor(cast.nurlan.user).exists()
    assert not awaited_of_school(cast.gulnara).exists()
    assert "questions" not in str(LogEntry.objects.filter(action="feedback").values_list("data", "reason"))


@pytest.mark.parametrize(
    "wrong", [{"mark": ""}, {"mark": "5"}, {"mark": "x"}, {"prepared": ""}, {"again": "maybe"}, {"text": "x" * 501}]
)
def test_a_wrong_answer_is_answered_at_its_field_and_kept(cast, sign_in, visit, wrong):
    response = sign_in(cast.gulnara).post(f"/en/school/visits/{visit.uuid}/feedback/", ANSWERS | wrong)
    assert response.status_code == 422
    assert (wrong.get("text") or "More time for questions") in response.content.decode()
    assert not Feedback.objects.exists()


def test_nobody_else_answers(cast, sign_in, visit):
    for user in (cast.yerbol.user, cast.aigul, cast.dana):
        assert sign_in(user).get(f"/en/bookings/{visit.uuid}/feedback/").status_code == 404
        assert sign_in(user).post(f"/en/school/visits/{visit.uuid}/feedback/", ANSWERS).status_code == 403
    for by in (cast.aigul, cast.dana):
        with pytest.raises(NotAllowed):
            give(visit, by)
    far = attended(cast, school=cast.far_school, starts_at=at(-2))
    assert sign_in(cast.gulnara).get(f"/en/school/visits/{far.uuid}/feedback/").status_code == 404


def test_neither_side_reads_the_others_words(cast, sign_in, visit):
    give(visit, cast.gulnara, text="He spoke too quietly")
    give(visit, cast.nurlan.user, text="The room was cold")
    mentor, school = sign_in(cast.nurlan.user), sign_in(cast.gulnara)
    pages = {
        mentor: ["/en/my/bookings/", "/en/my/hours/", f"/en/sessions/{visit.session.uuid}/"],
        school: [
            "/en/school/",
            "/en/school/past/",
            "/en/school/feedback/",
            f"/en/staff/sessions/{visit.session.uuid}/",
        ],
    }
    hidden = {mentor: "He spoke too quietly", school: "The room was cold"}
    for client, urls in pages.items():
        for url in urls:
            response = client.get(url)
            assert response.status_code == 200
            assert hidden[client] not in response.content.decode()
    assert school.get("/en/staff/feedback/").status_code == 403


def test_coordinators_and_leads_read_both_on_the_sessions_page_and_in_the_list(cast, sign_in, visit):
    give(visit, cast.gulnara, text="He spoke too quietly")
    give(visit, cast.nurlan.user, text="The room was cold")
    urls = [f"/en/staff/sessions/{visit.session.uuid}/", f"/en/staff/visits/{visit.uuid}/", "/en/staff/feedback/"]
    for user in (cast.aigul, cast.dana):
        for url in urls:
            page = sign_in(user).get(url).content.decode()
            assert "He spoke too quietly" in page
            assert "The room was cold" in page
    assert "too quietly" not in sign_in(cast.bolat).get("/en/staff/feedback/").content.decode()
    assert "cold" not in sign_in(cast.aigul).get("/en/staff/feedback/?side=school").content.decode()


def test_a_coordinator_who_is_the_mentor_does_not_read_what_is_said_of_him(cast, sign_in, visit):
    give(visit, cast.gulnara, text="He spoke too quietly")
    grant_role(user=cast.nurlan.user, role=Role.COORDINATOR, by=None, district=cast.taraz)
    client = sign_in(cast.nurlan.user)
    assert client.get(f"/en/staff/visits/{visit.uuid}/").status_code == 404
    for url in ("/en/staff/feedback/", f"/en/staff/sessions/{visit.session.uuid}/"):
        assert "too quietly" not in client.get(url).content.decode()


def test_means_of_fewer_than_five_answers_are_not_shown(cast, sign_in):
    for days in range(1, 5):
        give(attended(cast, starts_at=at(-days)), cast.gulnara, mark=2)
    page = sign_in(cast.aigul).get("/en/staff/feedback/").content.decode()
    assert page.count("fewer than 5") == 2  # by school, by topic
    assert "2.0" not in page
    give(attended(cast, starts_at=at(-6)), cast.gulnara, mark=4)
    page = sign_in(cast.aigul).get("/en/staff/feedback/").content.decode()
    assert "fewer than 5" not in page
    assert page.count("2.4") == 2


def test_the_form_says_what_does_not_belong_and_where_it_goes(cast, sign_in, visit):
    school = sign_in(cast.gulnara).get(f"/en/school/visits/{visit.uuid}/feedback/").content.decode()
    mentor = sign_in(cast.nurlan.user).get(f"/en/bookings/{visit.uuid}/feedback/").content.decode()
    assert "Nothing about pupils belongs here." in school
    assert f"/en/staff/people/{cast.nurlan.uuid}/concern" in school
    assert "/en/help/" in mentor


def test_the_list_costs_the_same_for_one_row_and_for_many(cast, sign_in, visit):
    give(visit, cast.gulnara)
    client = sign_in(cast.aigul)
    client.get("/en/staff/feedback/")
    counts = []
    for days in (2, 3, 4):
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/en/staff/feedback/").status_code == 200
        counts.append(len(queries))
        for side in (cast.gulnara, cast.nurlan.user):
            give(attended(cast, starts_at=at(-days, hour=12 if side == cast.gulnara else 16)), side)
    assert len(set(counts)) == 1
