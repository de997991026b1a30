"""The life of a school's request: every state, move and person; letters and tasks; replays."""

from __future__ import annotations

from datetime import time

import pytest

from events.models import SchoolSession, SessionRequest
from events.services import requests
from events.states import REQUEST_MOVES, DeclineCode, RequestState
from portal import moves
from portal.access import Role
from portal.models import LogEntry, OutgoingMessage, RoleGrant, StaffTask
from portal.refusals import NotAllowed, Refused
from portal.services import grant_role
from tests.events.asking import days_ahead, make_request, new_request, window
from tests.events.builders import at, make_session

pytestmark = pytest.mark.django_db


def sessions_for(cast):
    day = days_ahead()[0]
    starts = at(0).replace(year=day.year, month=day.month, day=day.day, hour=9)
    made = make_session(cast, starts_at=starts)
    plan = SchoolSession(
        school=made.school, topic=made.topic, grade=7, group_size=24, language=made.language,
        starts_at=made.starts_at, ends_at=made.ends_at,
    )  # fmt: skip
    made.delete()
    return [plan]


MAKE = {
    "submit": lambda cast, asked, by: requests.submit_request(request=asked, by=by),
    "ask_school": lambda cast, asked, by: requests.ask_school(request=asked, by=by, text="How many pupils?"),
    "answer": lambda cast, asked, by: requests.answer_request(request=asked, by=by, text="Twenty"),
    "accept": lambda cast, asked, by: requests.accept_request(request=asked, by=by),
    "decline": lambda cast, asked, by: requests.decline_request(request=asked, by=by, code="no_mentors"),
    "withdraw": lambda cast, asked, by: requests.withdraw_request(request=asked, by=by),
    "schedule": lambda cast, asked, by: requests.schedule_request(request=asked, sessions=sessions_for(cast), by=by),
}
PEOPLE = ["gulnara", "aigul", "bolat", "dana", "nurlan", "root"]
BY_PEOPLE = [move for move in REQUEST_MOVES if move.name in MAKE]


def test_every_move_of_a_person_is_tried_below():
    assert {move.name for move in REQUEST_MOVES if move.permission != moves.SYSTEM} == set(MAKE)


@pytest.mark.parametrize("state", RequestState.values)
@pytest.mark.parametrize("move", BY_PEOPLE, ids=lambda move: move.name)
def test_every_state_and_move_by_every_person(cast, move, state):
    for name in PEOPLE:
        asked = make_request(cast, state)
        by = getattr(getattr(cast, name), "user", getattr(cast, name))
        before = LogEntry.objects.filter(model="events.SessionRequest", object_id=str(asked.pk)).count()
        may = state in move.sources and moves.may_make(move, asked, by)
        try:
            MAKE[move.name](cast, asked, by)
            made = True
        except (Refused, SessionRequest.DoesNotExist):
            made = False
        changed = LogEntry.objects.filter(model="events.SessionRequest", object_id=str(asked.pk)).count() > before
        asked.refresh_from_db()
        assert changed == may, (name, state)
        assert asked.state == (move.target if may else state)
        assert made or not may
        asked.sessions.all().delete()
        SessionRequest.objects.filter(pk=asked.pk).update(state=RequestState.WITHDRAWN, decline_code="")


def test_a_request_from_draft_to_its_sessions(cast):
    """The whole way, with who is told what, once."""
    asked = requests.keep_request(request=new_request(cast), windows=[window()], by=cast.gulnara)
    assert asked.state == RequestState.DRAFT
    assert not OutgoingMessage.objects.exists()
    assert not SessionRequest.objects.visible_to(cast.aigul).exists()  # a draft is the school's alone
    assert not SessionRequest.objects.visible_to(cast.dana).exists()
    for _again in range(2):
        requests.submit_request(request=asked, by=cast.gulnara)
    task = StaffTask.objects.get(kind=StaffTask.Kind.SESSION_REQUEST)
    assert (task.role, task.district, task.done_at) == (Role.COORDINATOR, cast.taraz, None)
    assert OutgoingMessage.objects.get(letter="events/to_coordinator_request").recipient == cast.aigul
    for _again in range(2):
        requests.ask_school(request=asked, by=cast.aigul, text="Which entrance?")
    task.refresh_from_db()
    assert task.done_at
    question = OutgoingMessage.objects.get(letter="events/to_school_question")
    assert question.recipient == cast.gulnara
    assert "Which entrance?" in question.text
    for _again in range(2):
        requests.answer_request(request=asked, by=cast.gulnara, text="The one at the back")
    assert StaffTask.objects.get(kind=StaffTask.Kind.REQUEST_ANSWERED).done_at is None
    assert OutgoingMessage.objects.get(letter="events/to_coordinator_answered").recipient == cast.aigul
    for _again in range(2):
        requests.accept_request(request=asked, by=cast.aigul)
    assert not StaffTask.objects.open().exists()
    assert "Есімова" in OutgoingMessage.objects.get(letter="events/to_school_request_accepted").text
    asked.refresh_from_db()
    assert asked.owner == cast.aigul
    for _again in range(2):
        asked = requests.schedule_request(request=asked, sessions=sessions_for(cast), by=cast.aigul)
    assert asked.state == RequestState.SCHEDULED
    session = asked.sessions.get()
    assert session.state == "published"
    assert OutgoingMessage.objects.get(letter="events/to_school_scheduled").recipient == cast.gulnara


def test_the_log_keeps_codes_and_counts_and_no_words(cast):
    notes = "Please ring the bell twice"
    asked = requests.keep_request(request=new_request(cast, notes=notes), windows=[window()], by=cast.gulnara)
    requests.submit_request(request=asked, by=cast.gulnara)
    requests.ask_school(request=asked, by=cast.aigul, text="Secret question")
    requests.decline_request(request=asked, by=cast.aigul, code=DeclineCode.OTHER, text="Secret reason")
    for entry in LogEntry.objects.all():
        assert not any(word in f"{entry.data} {entry.reason}" for word in ("bell", "Secret"))


def test_declining_says_why(cast):
    asked = make_request(cast)
    for code, text, refused in [("nonsense", "", "code"), (DeclineCode.OTHER, "  ", "text_missing"),
                                (DeclineCode.OTHER, "x" * 1001, "text_long")]:  # fmt: skip
        with pytest.raises(Refused) as refusal:
            requests.decline_request(request=asked, by=cast.aigul, code=code, text=text)
        assert refusal.value.codes == [refused]
    for _again in range(2):
        requests.decline_request(request=asked, by=cast.aigul, code=DeclineCode.OTHER, text="The hall is closed")
    letter = OutgoingMessage.objects.get(letter="events/to_school_request_declined")
    assert "The hall is closed" in letter.text
    asked.refresh_from_db()
    assert (asked.decline_code, asked.messages.count()) == (DeclineCode.OTHER, 1)


def test_an_empty_question_or_answer_is_refused(cast):
    with pytest.raises(Refused) as refusal:
        requests.ask_school(request=make_request(cast), by=cast.aigul, text=" \n ")
    assert refusal.value.codes == ["text_missing"]
    with pytest.raises(Refused) as refusal:
        requests.answer_request(request=make_request(cast, "needs_info"), by=cast.gulnara, text="")
    assert refusal.value.codes == ["text_missing"]


def test_a_withdrawn_request_tells_its_owner_once(cast):
    asked = make_request(cast, "accepted")
    for _again in range(2):
        requests.withdraw_request(request=asked, by=cast.gulnara)
    assert OutgoingMessage.objects.get(letter="events/to_coordinator_withdrawn").recipient == cast.aigul
    unowned = make_request(cast)
    requests.withdraw_request(request=unowned, by=cast.gulnara)
    assert OutgoingMessage.objects.filter(letter="events/to_coordinator_withdrawn").count() == 1


def test_an_owner_who_has_left_is_not_written_to(cast):
    """Saule owned it and is a coordinator no more: the answer goes to whoever is."""
    asked = make_request(cast, "needs_info", owner=cast.saule)
    requests.answer_request(request=asked, by=cast.gulnara, text="Room 12")
    assert OutgoingMessage.objects.get(letter="events/to_coordinator_answered").recipient == cast.aigul
    requests.withdraw_request(request=asked, by=cast.gulnara)
    assert not OutgoingMessage.objects.filter(letter="events/to_coordinator_withdrawn").exists()


def test_handing_over_to_a_colleague(cast):
    asked = make_request(cast, "accepted")
    with pytest.raises(Refused) as refusal:
        requests.hand_request(request=asked, by=cast.aigul, to=cast.bolat)  # of another district
    assert refusal.value.codes == ["coordinator_role"]
    grant_role(user=cast.saule, role=Role.COORDINATOR, by=None, district=cast.taraz)
    for _again in range(2):
        requests.hand_request(request=asked, by=cast.aigul, to=cast.saule)
    asked.refresh_from_db()
    assert asked.owner == cast.saule
    assert OutgoingMessage.objects.get(letter="events/to_coordinator_handed").recipient == cast.saule
    for by in (cast.gulnara, cast.dana):
        with pytest.raises(NotAllowed):
            requests.hand_request(request=asked, by=by, to=cast.aigul)
    with pytest.raises(SessionRequest.DoesNotExist):
        requests.hand_request(request=asked, by=cast.bolat, to=cast.aigul)
    requests.decline_request(request=asked, by=cast.saule, code="no_mentors")
    with pytest.raises(Refused) as refusal:
        requests.hand_request(request=asked, by=cast.saule, to=cast.aigul)
    assert refusal.value.codes == ["closed"]


def test_nobody_decides_about_his_own_request(cast):
    """A contact person who is a coordinator of the district as well."""
    grant_role(user=cast.gulnara, role=Role.COORDINATOR, by=None, district=cast.taraz)
    asked = make_request(cast)
    for name in ("ask_school", "accept", "decline"):
        with pytest.raises(NotAllowed) as refusal:
            MAKE[name](cast, asked, cast.gulnara)
        assert refusal.value.codes == ["own_request"]
    requests.accept_request(request=asked, by=cast.aigul)
    with pytest.raises(NotAllowed):
        MAKE["schedule"](cast, asked, cast.gulnara)


def test_too_many_requests_of_one_school(cast, settings):
    most = settings.PROGRAMME["requests_at_most"]
    states = ["submitted", "needs_info", "accepted"]
    waiting = [make_request(cast, states[number % 3]) for number in range(most)]
    make_request(cast, "scheduled")
    make_request(cast, school=cast.other_school)
    draft = make_request(cast, "draft")
    with pytest.raises(Refused) as refusal:
        requests.submit_request(request=draft, by=cast.gulnara)
    assert refusal.value.codes == ["too_many"]
    requests.withdraw_request(request=waiting[0], by=cast.gulnara)
    requests.submit_request(request=draft, by=cast.gulnara)
    draft.refresh_from_db()
    assert draft.state == RequestState.SUBMITTED


def test_a_draft_is_thrown_away_and_what_was_sent_is_not(cast):
    draft, sent = make_request(cast, "draft"), make_request(cast)
    with pytest.raises(SessionRequest.DoesNotExist):
        requests.discard_request(request=draft, by=cast.aigul)
    requests.discard_request(request=draft, by=cast.gulnara)
    with pytest.raises(Refused):
        requests.discard_request(request=sent, by=cast.gulnara)
    assert list(SessionRequest.objects.all()) == [sent]
    with pytest.raises(NotAllowed):
        requests.discard_request(request=sent, by=cast.aigul)


def test_the_same_form_twice_makes_one_request(cast):
    first = new_request(cast)
    kept = requests.keep_request(request=first, windows=[window()], by=cast.gulnara)
    again = requests.keep_request(
        request=new_request(cast, uuid=first.uuid, grade=7, group_size=20), windows=[window()], by=cast.gulnara
    )
    assert (again.pk, again.group_size) == (kept.pk, 20)  # still a draft: the later word counts
    requests.submit_request(request=kept, by=cast.gulnara)
    sent = requests.keep_request(
        request=new_request(cast, uuid=first.uuid, group_size=10), windows=[window()], by=cast.gulnara
    )
    assert (sent.pk, sent.group_size) == (kept.pk, 20)  # what was sent stays
    assert SessionRequest.objects.count() == 1


def test_while_the_coordinator_asks_the_school_may_change_its_request(cast):
    asked = make_request(cast, "needs_info")
    later = window(days_ahead(3)[2], time(10), time(12))
    asked.visits = 2
    requests.keep_request(request=asked, windows=[later], by=cast.gulnara)
    asked.refresh_from_db()
    assert (asked.visits, asked.state) == (2, RequestState.NEEDS_INFO)
    assert asked.windows.get().day == later.day
    with pytest.raises(Refused) as refusal:
        requests.keep_request(request=asked, windows=[], by=cast.gulnara)
    assert refusal.value.codes == ["windows_missing"]
    requests.answer_request(request=asked, by=cast.gulnara, text="Other days, please see above")
    with pytest.raises(Refused) as refusal:
        requests.keep_request(request=asked, windows=[later], by=cast.gulnara)
    assert refusal.value.codes == ["wrong_state"]


def test_nobody_writes_for_another_school(cast):
    for by in (cast.aigul, cast.dana, cast.nurlan.user, cast.root):
        with pytest.raises(NotAllowed):
            requests.keep_request(request=new_request(cast), windows=[window()], by=by)
    with pytest.raises(NotAllowed):
        requests.keep_request(request=new_request(cast, school=cast.other_school), windows=[], by=cast.gulnara)
    theirs = make_request(cast, "draft", school=cast.other_school)
    with pytest.raises(NotAllowed):
        requests.keep_request(request=new_request(cast, uuid=theirs.uuid), windows=[window()], by=cast.gulnara)
    assert SessionRequest.objects.count() == 1


def test_a_contact_of_two_schools_writes_for_both(cast):
    grant_role(user=cast.gulnara, role=Role.SCHOOL_CONTACT, by=None, school=cast.other_school)
    kept = requests.keep_request(
        request=new_request(cast, school=cast.other_school), windows=[window()], by=cast.gulnara
    )
    assert kept.school == cast.other_school
    RoleGrant.objects.filter(user=cast.gulnara, school=cast.other_school).delete()
    cast.gulnara.__dict__.pop("grants")
    assert not SessionRequest.objects.visible_to(cast.gulnara).exists()
