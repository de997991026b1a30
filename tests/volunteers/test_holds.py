"""A case on hold: released by one lead or by two, and nobody else learns why."""

import pytest
from django.db import IntegrityError
from django.utils import timezone

from portal import audit
from portal.models import OutgoingMessage, StaffTask
from portal.refusals import NotAllowed
from tests.volunteers.cases import complete, in_assessment
from tests.volunteers.test_checks import refusal
from tests.volunteers.test_refusals import state_of
from volunteers.models import Application, Hold
from volunteers.services import applications, decisions, guards, holds, information
from volunteers.staff.history import timeline
from volunteers.states import OPEN, UNSEEN_BY_STAFF, ApplicationState

SECRET = "A former head rang us."


@pytest.fixture
def case(cast):
    return in_assessment(cast)


def hold(case, by=None, reason=Hold.Reason.OTHER, note=SECRET) -> Hold | None:
    return holds.hold(application=case, by=by, reason=reason, note=note)


@pytest.mark.parametrize("state", sorted(OPEN - UNSEEN_BY_STAFF - {ApplicationState.ON_HOLD}))
def test_released_it_goes_on_where_it_was(cast, case, state):
    Application.objects.filter(pk=case.pk).update(state=state)
    opened = hold(case)
    assert case.state == state_of(case) == ApplicationState.ON_HOLD
    assert holds.release(hold=opened, by=cast.dana, note="Cleared up.") is True
    assert state_of(case) == state


def test_a_hold_within_a_question_comes_back_to_the_question_and_then_to_the_checks(cast, case):
    information.ask(application=case, by=cast.aigul, items=[{"step": "question", "text": "?"}])
    opened = hold(case)
    holds.release(hold=opened, by=cast.dana, note="Cleared up.")
    case.refresh_from_db()
    assert (case.state, case.return_to) == (ApplicationState.MORE_INFO, ApplicationState.ASSESSMENT)


@pytest.mark.parametrize("state", sorted(set(ApplicationState) - (OPEN - UNSEEN_BY_STAFF)))
def test_nothing_happens_to_what_was_not_sent_or_is_closed(case, state):
    Application.objects.filter(pk=case.pk).update(state=state)
    assert hold(case) is None and state_of(case) == state


def test_a_second_hold_is_the_first_one_unless_it_is_graver(cast, case):
    first = hold(case)
    assert hold(case, reason=Hold.Reason.CONCERN) == first and case.holds.get().reason == Hold.Reason.OTHER
    assert hold(case, reason=Hold.Reason.DO_NOT_ENGAGE) == first
    assert case.holds.get().reason == Hold.Reason.DO_NOT_ENGAGE


def test_scenario_5_a_match_with_the_list_takes_two_leads(cast, case):
    opened = hold(case, reason=Hold.Reason.DO_NOT_ENGAGE)
    assert holds.release(hold=opened, by=cast.dana, note="A namesake.") is False
    assert state_of(case) == ApplicationState.ON_HOLD
    with pytest.raises(NotAllowed) as caught:
        holds.release(hold=opened, by=cast.dana, note="A namesake.")
    assert caught.value.codes == ["same_person"]
    assert holds.release(hold=opened, by=cast.marat, note="I saw both papers.") is True
    opened.refresh_from_db()
    assert opened.release_note == "A namesake.\n\nI saw both papers."
    assert state_of(case) == ApplicationState.ASSESSMENT


def test_the_button_says_that_two_are_needed(cast, case, sign_in):
    opened = hold(case, reason=Hold.Reason.DO_NOT_ENGAGE)
    path = f"/en/staff/applications/{case.uuid}/"
    assert "Propose to release the case" in sign_in(cast.dana).get(path).content.decode()
    sign_in(cast.dana).post(f"{path}release/", {"note": "A namesake."})
    assert "Confirm: release the case" in sign_in(cast.marat).get(path).content.decode()
    assert 'data-testid="move-release"' not in sign_in(cast.dana).get(path).content.decode()
    sign_in(cast.marat).post(f"{path}release/", {"note": "I saw both papers."})
    opened.refresh_from_db()
    assert opened.released_by == cast.marat


def test_the_database_refuses_one_person_alone(cast, case):
    opened = hold(case, reason=Hold.Reason.DO_NOT_ENGAGE)
    with pytest.raises(IntegrityError):
        Hold.objects.filter(pk=opened.pk).update(released_by=cast.dana, released_at=timezone.now())


def test_a_release_has_a_reason_and_happens_once(cast, case):
    opened = hold(case)
    assert refusal(holds.release, hold=opened, by=cast.dana, note=" ") == ["reason_missing"]
    holds.release(hold=opened, by=cast.dana, note="Cleared up.")
    assert refusal(holds.release, hold=opened, by=cast.marat, note="Again.") == ["already_released"]


@pytest.mark.parametrize("name", ["aigul", "root"])
def test_others_neither_hold_nor_release(cast, case, name):
    user = getattr(cast, name)
    with pytest.raises((NotAllowed, Application.DoesNotExist)):
        hold(case, by=user)
    opened = hold(case)
    with pytest.raises((NotAllowed, Application.DoesNotExist)):
        holds.release(hold=opened, by=user, note="x")
    assert state_of(case) == ApplicationState.ON_HOLD


def test_the_words_are_the_leads_alone_and_each_look_is_in_the_log(cast, case, sign_in):
    opened = hold(case, by=cast.dana, reason=Hold.Reason.CONCERN)
    case_page, note = f"/en/staff/applications/{case.uuid}/", f"/en/staff/holds/{opened.uuid}/"

    lead = sign_in(cast.marat)
    assert "a concern was raised" in lead.get(case_page).content.decode()
    assert SECRET in lead.get(note).content.decode()
    assert audit.history(opened, "view").get().actor == cast.marat

    for name in ("aigul", "ivan"):
        client = sign_in(getattr(cast, name))
        page = client.get(case_page).content.decode()
        assert 'data-state="on_hold"' in page
        assert "a concern was raised" not in page and SECRET not in page and opened.code not in page
        assert client.get(note).status_code == 403
    entries = [(entry.action, entry.reason) for entry in timeline(case.person, case)]
    assert all(SECRET not in reason for _action, reason in entries)
    assert not StaffTask.objects.visible_to(cast.aigul).filter(about=case.code, kind=StaffTask.Kind.HOLD).exists()
    assert StaffTask.objects.visible_to(cast.marat).filter(about=case.code, kind=StaffTask.Kind.HOLD).exists()


def test_the_applicant_reads_the_stage_it_came_from_and_gets_no_letter(cast, case, sign_in):
    letters = OutgoingMessage.objects.count()
    before = sign_in(cast.serik).get("/en/my/").content.decode()
    hold(case, reason=Hold.Reason.CONCERN)
    after = sign_in(cast.serik).get("/en/my/").content.decode()
    assert 'data-state="assessment"' in before and 'data-state="assessment"' in after
    assert "hold" not in after.lower() and "concern" not in after.lower()
    assert OutgoingMessage.objects.count() == letters


def test_withdrawing_does_not_end_the_hold_and_it_bars_the_next_approval(cast):
    case = complete(cast, ApplicationState.DECISION)
    opened = hold(case)
    applications.withdraw(application=case, by=cast.serik)
    Application.objects.filter(pk=case.pk).update(state=ApplicationState.DECISION)
    assert "lead_looking" in [reason.code for reason in guards.missing_for_approval(case)]

    Application.objects.filter(pk=case.pk).update(state=ApplicationState.WITHDRAWN)
    holds.release(hold=opened, by=cast.dana, note="Cleared up.")
    assert state_of(case) == ApplicationState.WITHDRAWN
    assert guards.missing_for_approval(case) == []


def test_a_proposal_survives_a_hold(cast):
    case = complete(cast, ApplicationState.DECISION)
    decision = decisions.propose(application=case, by=cast.aigul, rationale="x", no_conflict=True)
    opened = hold(case)
    assert refusal(decisions.confirm, application=case, by=cast.marat, no_conflict=True) == [
        "wrong_state",
        "lead_looking",
    ]
    holds.release(hold=opened, by=cast.dana, note="Cleared up.")
    decisions.confirm(application=case, by=cast.marat, no_conflict=True)
    decision.refresh_from_db()
    assert decision.confirmed_by == cast.marat
