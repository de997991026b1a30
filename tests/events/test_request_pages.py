"""The pages of requests: the school's form and its own page, the coordinator's list and decisions."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from django.utils.translation import gettext

from events.models import Attendance, Booking, SessionRequest
from events.states import RequestState
from portal.access import Role
from portal.models import Language, LogEntry, OutgoingMessage
from portal.services import grant_role
from tests.events.asking import days_ahead, make_request, typed
from tests.events.builders import at, make_session

pytestmark = pytest.mark.django_db
NEW = "/en/school/requests/new/"


def school_page(asked, move: str = "") -> str:
    return f"/en/school/requests/{asked.uuid}/" + (f"{move}/" if move else "")


def staff_page(asked, move: str = "") -> str:
    return f"/en/staff/requests/{asked.uuid}/" + (f"{move}/" if move else "")


def reasons(response) -> set[str]:
    return set(re.findall(r'data-testid="reason" data-code="(\w+)"', response.content.decode()))


def states_shown(response) -> list[str]:
    return re.findall(r'data-testid="state" data-state="(\w+)"', response.content.decode())


def a_row() -> tuple[str, str, str]:
    return days_ahead()[0].isoformat(), "09:00", "11:00"


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_an_hour_is_not_asked_for_in_the_words_of_a_date(cast, sign_in, language):
    with translation.override(language):
        of_dates = {f">{gettext(word)}<" for word in ("From", "Until")}
    for user, page in ((cast.gulnara, "school/requests/new/"), (cast.nurlan.user, "my/times/")):
        shown = sign_in(user).get(f"/{language}/{page}").content.decode()
        assert not [words for words in of_dates if words in shown.replace("\n", "")]


def test_a_school_asks_for_three_visits(cast, sign_in):
    client = sign_in(cast.gulnara)
    page = client.get(NEW)
    form = page.context["form"]
    assert len(form.rows()) == 5
    assert "school" not in form.fields  # there is only one
    token = form["token"].value()
    sent = typed(rows=[a_row()], token=token, then="send", adult_name="  Есімова   Бағдат ")
    for _double_click in range(2):
        response = client.post(NEW, sent)
        assert response.status_code == 302
    asked = SessionRequest.objects.get()
    assert (asked.state, asked.visits, asked.adult_name) == (RequestState.SUBMITTED, 3, "Есімова Бағдат")
    assert response.url == school_page(asked)
    assert OutgoingMessage.objects.filter(letter="events/to_coordinator_request").count() == 1
    assert states_shown(client.get("/en/school/requests/")) == ["submitted"]
    assert str(asked.uuid) in client.get("/en/school/").content.decode()


def test_the_languages_and_shifts_of_the_school_come_first(cast, sign_in):
    russian = Language.objects.get(code="ru")
    cast.school.languages.set([russian])
    cast.school.shifts = 2
    cast.school.save()
    form = sign_in(cast.gulnara).get(NEW).context["form"]
    assert form.fields["language"].queryset.first() == russian
    assert form["language"].value() == russian.pk
    assert [value for value, _label in form.fields["shift"].choices] == [1, 2]


def test_the_contact_of_two_schools_chooses_one(cast, sign_in):
    grant_role(user=cast.gulnara, role=Role.SCHOOL_CONTACT, by=None, school=cast.other_school)
    client = sign_in(cast.gulnara)
    page = client.get("/en/school/").content.decode()
    assert cast.school.name_en in page
    assert cast.other_school.name_en in page
    assert client.post(NEW, typed(rows=[a_row()], then="keep")).status_code == 422  # which of them?
    kept = typed(rows=[a_row()], then="keep", school=cast.other_school.pk)
    assert client.post(NEW, kept).status_code == 302
    assert SessionRequest.objects.get().school == cast.other_school
    strange = typed(rows=[a_row()], then="keep", school=cast.far_school.pk)
    assert client.post(NEW, strange).status_code == 422


def test_a_draft_is_changed_sent_and_thrown_away(cast, sign_in):
    client = sign_in(cast.gulnara)
    assert client.post(NEW, typed(then="keep")).status_code == 302  # times may follow
    draft = SessionRequest.objects.get()
    page = client.get(school_page(draft))
    assert reasons(page) == {"windows_missing"}
    assert 'data-testid="move-submit"' not in page.content.decode()
    response = client.post(school_page(draft, "send"))
    assert (response.status_code, reasons(response)) == (409, {"windows_missing"})
    assert client.post(school_page(draft, "edit"), typed(rows=[a_row()], then="keep", visits=2)).status_code == 302
    draft.refresh_from_db()
    assert (draft.visits, draft.windows.count(), draft.state) == (2, 1, "draft")
    edited = client.get(school_page(draft, "edit")).context["form"]
    assert edited["1-day"].value() == days_ahead()[0]
    for _double_click in range(2):
        assert client.post(school_page(draft, "send")).status_code == 302
    for _double_click in range(2):
        response = client.post(school_page(draft, "edit"), typed(rows=[a_row()], then="keep"))
        assert (response.status_code, reasons(response)) == (422, {"wrong_state"})
    assert client.get(school_page(draft, "edit")).status_code == 302
    another = make_request(cast, "draft")
    for _double_click in range(2):
        assert client.post(school_page(another, "discard")).status_code == 302
    assert SessionRequest.objects.get() == draft


def test_a_question_is_read_and_answered(cast, sign_in):
    asked = make_request(cast, "needs_info")
    client = sign_in(cast.gulnara)
    home = client.get("/en/school/").content.decode()
    assert 'data-testid="waits-questions"' in home
    assert "Which room?" in client.get(school_page(asked)).content.decode()
    response = client.post(school_page(asked, "answer"), {"text": " "})
    assert response.status_code == 422
    response = client.post(school_page(asked, "answer"), {"text": "x" * 1001})
    assert response.status_code == 422
    assert "x" * 1001 in response.content.decode()
    for _double_click in range(2):
        assert client.post(school_page(asked, "answer"), {"text": "Room 12"}).status_code == 302
    asked.refresh_from_db()
    assert (asked.state, asked.messages.count()) == ("submitted", 2)
    assert "Room 12" in sign_in(cast.aigul).get(staff_page(asked)).content.decode()


def test_words_are_shown_as_words(cast, sign_in):
    asked = make_request(cast, "needs_info", notes="<script>alert(1)</script>")
    client = sign_in(cast.gulnara)
    client.post(school_page(asked, "answer"), {"text": "<b onclick=x>bold</b>"})
    for page in (client.get(school_page(asked)), sign_in(cast.aigul).get(staff_page(asked))):
        assert "<script>alert" not in page.content.decode()
        assert "<b onclick" not in page.content.decode()


def test_another_school_and_another_district_see_nothing(cast, sign_in):
    theirs = make_request(cast, school=cast.far_school)
    draft = make_request(cast, "draft")
    gulnara, aigul = sign_in(cast.gulnara), sign_in(cast.aigul)
    assert gulnara.get(school_page(theirs)).status_code == 404
    for move in ("edit", "send", "answer", "withdraw"):
        assert gulnara.post(school_page(theirs, move), {"text": "x"}).status_code == 404
    gulnara.post(school_page(theirs, "discard"))
    assert SessionRequest.objects.filter(pk=theirs.pk).exists()
    for asked in (theirs, draft):
        assert aigul.get(staff_page(asked)).status_code == 404
        for move in ("accept", "ask", "decline", "owner", "plan"):
            assert aigul.post(staff_page(asked, move), {"text": "x"}).status_code == 404
    assert "data-uuid" not in aigul.get("/en/staff/requests/?tab=all").content.decode()
    assert str(theirs.uuid) in sign_in(cast.bolat).get("/en/staff/requests/").content.decode()
    assert gulnara.get("/en/staff/requests/").status_code == 403


def test_the_lead_reads_and_decides_nothing(cast, sign_in):
    asked = make_request(cast)
    client = sign_in(cast.dana)
    page = client.get(staff_page(asked))
    assert page.status_code == 200
    assert "move-accept" not in page.content.decode()
    assert client.post(staff_page(asked, "accept")).status_code == 403
    assert client.post(staff_page(asked, "plan")).status_code == 403


def test_the_coordinator_accepts_asks_and_declines(cast, sign_in):
    first, second, third = (make_request(cast) for _number in range(3))
    client = sign_in(cast.aigul)
    for _double_click in range(2):
        assert client.post(staff_page(first, "accept")).status_code == 302
    assert 'data-testid="move-schedule"' in client.get(staff_page(first)).content.decode()
    response = client.post(staff_page(second, "ask"), {"text": ""})
    assert response.status_code == 422
    assert client.post(staff_page(second, "ask"), {"text": "Which grade?"}).status_code == 302
    response = client.post(staff_page(third, "decline"), {"code": "other", "text": ""})
    assert response.status_code == 422
    assert response.context["wrong"] == {"decline"}
    response = client.post(staff_page(third, "decline"), {"code": "because"})
    assert response.status_code == 422
    assert client.post(staff_page(third, "decline"), {"code": "no_mentors"}).status_code == 302
    states = set(SessionRequest.objects.values_list("state", flat=True))
    assert states == {"accepted", "needs_info", "declined"}
    page = sign_in(cast.gulnara).get(school_page(third)).content.decode()
    assert 'data-testid="decline-reason" data-code="no_mentors"' in page
    response = client.post(staff_page(third, "accept"))
    assert (response.status_code, reasons(response)) == (409, {"wrong_state"})


def test_the_tabs_and_filters_of_the_list(cast, sign_in):
    for state in ("submitted", "needs_info", "accepted", "scheduled", "declined", "draft"):
        make_request(cast, state)
    make_request(cast, school=cast.other_school)
    client = sign_in(cast.aigul)
    tabs = {tab.name: tab.count for tab in client.get("/en/staff/requests/").context["tabs"]}
    assert tabs == {"": 2, "mine": 3, "school": 1, "accepted": 1, "all": 6}
    assert states_shown(client.get("/en/staff/requests/")) == ["submitted"] * 2
    assert states_shown(client.get("/en/staff/requests/?tab=school")) == ["needs_info"]
    assert len(states_shown(client.get("/en/staff/requests/?tab=mine"))) == 3
    assert len(states_shown(client.get("/en/staff/requests/?tab=all"))) == 6
    assert states_shown(client.get("/en/staff/requests/?state=declined")) == ["declined"]
    assert len(states_shown(client.get(f"/en/staff/requests/?school={cast.other_school.pk}"))) == 1
    for nonsense in ("?tab=nonsense", "?state=draft", "?school=abc", "?page=abc", "?page=900", "?district=%00"):
        assert client.get(f"/en/staff/requests/{nonsense}").status_code == 200


def test_the_history_is_written_in_words(cast, sign_in):
    asked = make_request(cast)
    client = sign_in(cast.aigul)
    client.post(staff_page(asked, "accept"))
    page = client.get(staff_page(asked)).content.decode()
    assert re.search(r'data-testid="log-action">Accept<', page)
    assert LogEntry.objects.get(action="accept").object_code == asked.code


def test_what_waits_for_the_school_is_counted(cast, sign_in):
    client = sign_in(cast.gulnara)
    assert 'data-testid="outstanding"' not in client.get("/en/school/").content.decode()
    without = make_session(cast, school_adult_name="", starts_at=at(9))
    asked_for = make_session(cast)
    past = make_session(cast, starts_at=at(-2))
    held = make_session(cast, starts_at=at(-3))
    make_session(cast, school=cast.other_school, school_adult_name="")  # of another school
    for session, state in [(asked_for, "pending"), (past, "confirmed"), (held, "completed")]:
        hold(cast.nurlan, session, state)
    Attendance.objects.create(booking=held.bookings.get(), state="attended", confirmed_by=cast.gulnara)
    make_request(cast, "needs_info")
    page = client.get("/en/school/")
    numbers = page.context["outstanding"]
    assert (numbers.adults, numbers.visits, numbers.attendance, numbers.questions, numbers.feedback) == (1, 1, 1, 1, 1)
    assert [row["session"] for row in client.get("/en/school/?show=adult").context["rows"]] == [without]
    assert [row["session"] for row in client.get("/en/school/?show=confirm").context["rows"]] == [asked_for]
    assert len(client.get("/en/school/?show=nonsense").context["rows"]) == 2


def hold(person, session, state) -> Booking:
    return Booking.objects.create(
        session=session, person=person, seat_no=1, state=state, starts_at=session.starts_at, ends_at=session.ends_at
    )


def test_past_visits_and_a_page_that_is_not_there(cast, sign_in):
    hold(cast.nurlan, make_session(cast, starts_at=at(-2)), "no_show")
    hold(cast.yerbol, make_session(cast, starts_at=at(-4)), "revoked")  # the school is not told
    make_session(cast, starts_at=at(-5))  # nobody came
    client = sign_in(cast.gulnara)
    page = client.get("/en/school/past/").content.decode()
    assert states_shown(client.get("/en/school/past/")) == ["no_show"]
    assert cast.yerbol.full_name not in page
    for address in ("/en/school/?page=abc", "/en/school/past/?page=900", "/en/school/requests/?page=-1"):
        assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    ("address", "who"),
    [
        ("/en/staff/requests/?tab=all", "aigul"),
        ("/en/school/requests/", "gulnara"),
        ("/en/school/", "gulnara"),
        ("/en/school/past/", "gulnara"),
    ],
)
def test_a_list_costs_the_same_for_one_row_and_for_many(cast, sign_in, address, who):
    client = sign_in(getattr(cast, who))

    def fill(number):
        for index in range(number):
            make_request(cast, ("submitted", "accepted", "needs_info")[index % 3])
            hold(cast.nurlan, make_session(cast, starts_at=at(5 + index + number)), "confirmed")
            hold(cast.nurlan, make_session(cast, starts_at=at(-5 - index - number)), "completed")

    fill(1)
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    fill(10)
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(one)


def test_a_far_day_is_typed(cast, sign_in):
    far = (timezone.localdate() + timedelta(days=4000)).isoformat()
    response = sign_in(cast.gulnara).post(NEW, typed(rows=[(far, "09:00", "10:00")], then="keep"))
    assert response.status_code == 422
