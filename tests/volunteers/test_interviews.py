"""The interview with a protocol (C13): who records it, what follows, who reads it."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from portal import audit
from portal.access import Role
from portal.models import StaffTask
from portal.refusals import NotAllowed, Refused
from portal.services import grant_role
from tests.volunteers.cases import by_today, check_of, days_ago, hold_interview, in_assessment
from volunteers.models import Application, Interview
from volunteers.reference import interview_protocol
from volunteers.services import checks
from volunteers.states import CheckState

SAID = "He says: a secret about harm is never kept."
QUESTIONS = [question["code"] for question in interview_protocol()["question"]]


@pytest.fixture
def case(cast) -> Application:
    return in_assessment(cast)


@pytest.fixture
def check(case):
    return check_of(case, "interview")


def refusal(call, *args, **kwargs) -> list[str]:
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    return caught.value.codes


def form(**changes) -> dict:
    answers = dict.fromkeys(QUESTIONS, SAID)
    return {"held_on": timezone.localdate(), "place": "Library", "recommendation": "yes", **answers, **changes}


def address(case) -> str:
    return f"/en/staff/applications/{case.uuid}/interview/"


def test_the_questions_are_the_same_in_three_languages():
    assert len(QUESTIONS) == len(set(QUESTIONS)) == 8
    for question in interview_protocol()["question"]:
        for words in (question["text"], question["listen"]):
            assert set(words) == {"kk", "ru", "en"} and all(words.values())


class TestVerdict:
    @pytest.mark.parametrize(
        ("recommendation", "state"),
        [("yes", CheckState.VERIFIED), ("unsure", CheckState.INCONCLUSIVE), ("no", CheckState.FAILED)],
    )
    def test_follows_from_the_recommendation(self, cast, check, recommendation, state):
        interview = hold_interview(cast, check, recommendation=recommendation)
        check.refresh_from_db()
        assert (check.state, check.issued_on, check.verified_by) == (state, timezone.localdate(), cast.ivan)
        assert interview.protocol_version == interview_protocol()["version"]

    def test_recommended_it_counts_for_three_years_by_the_method_of_a_meeting(self, cast, check):
        hold_interview(cast, check)
        check.refresh_from_db()
        assert check.method == "meeting_held"
        assert check.expires_on == timezone.localdate() + timedelta(days=1095)

    def test_not_recommended_is_a_task_of_the_lead_without_any_words(self, cast, check):
        hold_interview(cast, check, recommendation="no", answers=dict.fromkeys(QUESTIONS, SAID))
        check.refresh_from_db()
        task = StaffTask.objects.visible_to(cast.dana).get(kind=StaffTask.Kind.CHECK_FAILED)
        assert task.about == check.code and check.result_note == ""
        assert "secret" not in str(list(audit.history(check).values()))

    def test_unsure_is_talked_over_again(self, cast, check):
        hold_interview(cast, check, recommendation="unsure")
        checks.ask_again(check=check, by=cast.aigul)
        hold_interview(cast, check)
        check.refresh_from_db()
        assert check.state == CheckState.VERIFIED and check.interviews.count() == 2

    def test_the_words_lie_encrypted(self, cast, check):
        interview = hold_interview(cast, check, answers=dict.fromkeys(QUESTIONS, SAID))
        assert b"secret" not in bytes(Interview.objects.get().answers_sealed)
        assert set(json.loads(interview.answers)) == set(QUESTIONS)

    def test_a_protocol_is_never_changed(self, cast, check):
        interview = hold_interview(cast, check)
        with pytest.raises(TypeError):
            interview.save()


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "codes"),
        [
            ({"held_on": None}, ["date_missing"]),
            ({"held_on": -1}, ["issued_in_future"]),
            ({"place": " "}, ["place_missing"]),
            ({"answers": dict.fromkeys(QUESTIONS[1:], SAID)}, ["unanswered"]),
            ({"recommendation": "perhaps"}, ["recommendation_missing"]),
            ({"place": "", "recommendation": ""}, ["place_missing", "recommendation_missing"]),
        ],
    )
    def test_what_is_missing_is_told_at_once(self, cast, check, changes, codes):
        assert refusal(hold_interview, cast, check, **by_today(changes)) == codes
        assert not Interview.objects.exists()

    def test_the_interviewer_was_appointed_on_that_day(self, cast, check):
        cast.ivan.role_grants.filter(role=Role.INTERVIEWER).update(starts_at=timezone.now() - timedelta(days=3))
        assert refusal(hold_interview, cast, check, held_on=days_ago(4)) == ["not_appointed"]
        assert hold_interview(cast, check, held_on=days_ago(3))

    def test_once_it_is_recorded_it_waits_for_nobody(self, cast, check):
        hold_interview(cast, check)
        assert refusal(hold_interview, cast, check) == ["wrong_state"]

    def test_the_interviewer_of_the_case_and_nobody_else(self, cast, check):
        assert refusal(hold_interview, cast, check, by=cast.aigul) == ["not_verifier"]
        grant_role(user=cast.dana, role=Role.INTERVIEWER, by=None)
        cast.dana.__dict__.pop("grants", None)
        with pytest.raises(NotAllowed) as caught:
            hold_interview(cast, check, by=cast.dana)
        assert caught.value.codes == ["not_interviewer"]

    def test_whoever_runs_the_system_interviews_nobody(self, cast, case, check):
        grant_role(user=cast.root, role=Role.INTERVIEWER, by=None)
        cast.root.__dict__.pop("grants", None)
        Application.objects.filter(pk=case.pk).update(interviewer=cast.root)
        assert refusal(hold_interview, cast, check, by=cast.root) == ["administrator"]


class TestPage:
    def test_the_interviewer_records_it(self, cast, case, check, sign_in):
        client = sign_in(cast.ivan)
        page = client.get(f"/en/staff/applications/{case.uuid}/").content.decode()
        assert 'data-testid="interview"' in page and 'data-testid="move-verify"' not in page
        assert "Listen for" in client.get(address(case)).content.decode()
        refused = client.post(address(case), form(place=""))
        assert refused.status_code == 422 and SAID in refused.content.decode()
        assert client.post(address(case), form())["Location"] == f"/en/staff/applications/{case.uuid}/"
        check.refresh_from_db()
        assert check.state == CheckState.VERIFIED

    @pytest.mark.parametrize("name", ["ivan", "dana"])
    def test_he_and_the_lead_read_it_and_the_log_knows(self, cast, case, check, sign_in, name):
        interview = hold_interview(cast, check, answers=dict.fromkeys(QUESTIONS, SAID))
        assert SAID in sign_in(getattr(cast, name)).get(address(case)).content.decode()
        assert audit.history(interview, "view").get().actor == getattr(cast, name)

    @pytest.mark.parametrize("name", ["aigul", "bolat", "saule", "gulnara", "raushan", "asel", "root", "serik"])
    def test_nobody_else_does(self, cast, case, check, sign_in, name):
        interview = hold_interview(cast, check, answers=dict.fromkeys(QUESTIONS, SAID))
        assert sign_in(getattr(cast, name)).get(address(case)).status_code in {403, 404}
        assert not audit.history(interview, "view").exists()

    def test_the_coordinator_sees_the_outcome_only(self, cast, case, check, sign_in):
        hold_interview(cast, check, answers=dict.fromkeys(QUESTIONS, SAID))
        page = sign_in(cast.aigul).get(f"/en/staff/applications/{case.uuid}/").content.decode()
        assert SAID not in page and 'data-testid="read-interview"' not in page and "meeting held" in page

    def test_the_lead_does_not_record_it(self, cast, case, check, sign_in):
        response = sign_in(cast.dana).post(address(case), form())
        assert response.status_code == 403
        assert not Interview.objects.exists()

    def test_the_next_interviewer_does_not_read_the_former_ones(self, cast, case, check, sign_in):
        hold_interview(cast, check, recommendation="unsure", answers=dict.fromkeys(QUESTIONS, SAID))
        grant_role(user=cast.saule, role=Role.INTERVIEWER, by=None)
        Application.objects.filter(pk=case.pk).update(interviewer=cast.saule)
        response = sign_in(cast.saule).get(address(case))
        assert response.status_code == 200 and SAID not in response.content.decode()
        assert sign_in(cast.ivan).get(address(case)).status_code == 404
