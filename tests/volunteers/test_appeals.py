"""An appeal is decided by somebody who took no part in the refusal (T19, scenario 32)."""

import pytest
from django.db import IntegrityError

from portal import audit
from portal.access import Role
from portal.models import OutgoingMessage, StaffTask
from portal.refusals import NotAllowed
from portal.services import grant_role
from tests.volunteers.cases import in_assessment
from tests.volunteers.test_checks import refusal
from tests.volunteers.test_refusals import INTERNAL, days_over, propose_decline, state_of, undisclosed
from volunteers.models import Appeal, Application, Check, Membership, Organisation
from volunteers.services import appeals, decisions, objections
from volunteers.states import ApplicationState, CheckState

WORDS = "I had no chance to explain."


@pytest.fixture
def case(cast):
    return in_assessment(cast)


@pytest.fixture
def appeal(cast, case) -> Appeal:
    """Aigul proposed, Dana confirmed and closed; Serik appeals."""
    decision = propose_decline(case, cast.aigul)
    decisions.confirm_decline(application=case, by=cast.dana, no_conflict=True)
    days_over(decision)
    decisions.decline(application=case, by=cast.dana, reason="No answer.")
    case.refresh_from_db()
    return objections.appeal(application=case, by=cast.serik, text=WORDS)


def decide(appeal, by, outcome=Appeal.Outcome.ACCEPTED, **changes) -> None:
    values = {"applicant_text": "We look again.", "reason": "He was ill."} | changes
    appeals.decide(appeal=appeal, by=by, outcome=outcome, **values)


def test_accepted_the_case_is_decided_anew_and_what_is_missing_is_asked_for_again(cast, case, appeal):
    assert not Check.objects.filter(application=case).exclude(state=CheckState.CANCELLED).exists()
    decide(appeal, cast.saule)

    appeal.refresh_from_db()
    assert state_of(case) == ApplicationState.DECISION and appeal.decided_by == cast.saule
    assert case.checks.filter(state=CheckState.REQUESTED).exists()
    letter = OutgoingMessage.objects.get(letter="volunteers/appeal_decided")
    assert letter.recipient == cast.serik and "We look again." in letter.text and "He was ill." not in letter.text
    assert not StaffTask.objects.open().filter(kind=StaffTask.Kind.APPEAL).exists()


def test_rejected_the_refusal_stands(cast, case, appeal):
    decide(appeal, cast.saule, Appeal.Outcome.REJECTED)
    assert state_of(case) == ApplicationState.DECLINED
    assert refusal(decide, appeal, cast.saule) == ["already_decided"]


def test_the_next_decision_takes_the_place_of_the_first(cast, case, appeal):
    decide(appeal, cast.saule)
    second = propose_decline(case, cast.aigul)
    assert second.supersedes == appeal.decision


@pytest.mark.parametrize("name", ["aigul", "dana", "ivan", "bolat", "root", "raushan", "serik"])
def test_scenario_32_neither_of_the_two_people_decides_nor_anybody_without_the_role(cast, case, appeal, name):
    with pytest.raises(Appeal.DoesNotExist):
        decide(appeal, getattr(cast, name))
    assert state_of(case) == ApplicationState.DECLINED


def test_nor_who_closed_it_nor_who_is_tied_nor_who_runs_the_system(cast, case, appeal):
    type(appeal.decision).objects.filter(pk=appeal.decision_id).update(closed_by=cast.marat)
    with pytest.raises(Appeal.DoesNotExist):
        decide(appeal, cast.marat)

    grant_role(user=cast.saule, role=Role.ADMINISTRATOR, by=None)
    with pytest.raises(NotAllowed) as caught:
        decide(appeal, cast.saule)
    assert caught.value.codes == ["administrator"]


def test_nor_a_fellow_of_his_organisation(cast, case, appeal):
    organisation = Organisation.objects.create(name_kk="Кеңес", kind="veterans", district=cast.taraz)
    Application.objects.filter(pk=case.pk).update(organisation=organisation)
    grant_role(user=cast.nurlan.user, role=Role.APPEAL_MEMBER, by=None)
    Membership.objects.create(person=cast.nurlan, organisation=organisation)
    with pytest.raises(NotAllowed) as caught:
        decide(appeal, cast.nurlan.user)
    assert caught.value.codes == ["same_organisation"]


def test_the_database_refuses_the_two_people(cast, appeal):
    with pytest.raises(IntegrityError):
        Appeal.objects.filter(pk=appeal.pk).update(decided_by=cast.dana)


def test_everything_missing_is_told_at_once(cast, appeal):
    assert refusal(decide, appeal, cast.saule, applicant_text="", reason="") == [
        "reason_missing",
        "applicant_text_missing",
    ]
    assert refusal(decide, appeal, cast.saule, "perhaps") == ["outcome_unknown"]


def test_a_newer_application_is_decided_on_its_own(cast, case, appeal):
    Application.objects.create(person=case.person, role=case.role, policy=case.policy)
    assert refusal(decide, appeal, cast.saule) == ["already_open"]


class TestPages:
    def test_saule_reads_the_appeal_and_nothing_else_of_the_case(self, cast, case, appeal, sign_in):
        client = sign_in(cast.saule)
        assert str(appeal.uuid) in client.get("/en/staff/appeals/").content.decode()
        page = client.get(f"/en/staff/appeals/{appeal.uuid}/").content.decode()
        assert WORDS in page and INTERNAL in page
        assert audit.history(appeal, "view").get().actor == cast.saule
        assert client.get(f"/en/staff/applications/{case.uuid}/").status_code == 403

    def test_she_decides_by_the_form_which_keeps_what_she_typed(self, cast, case, appeal, sign_in):
        client, path = sign_in(cast.saule), f"/en/staff/appeals/{appeal.uuid}/decide/"
        response = client.post(path, {"outcome": "accepted", "reason": "He was ill."})
        assert response.status_code == 422 and "He was ill." in response.content.decode()
        data = {"outcome": "accepted", "reason": "He was ill.", "applicant_text": "We look again."}
        assert client.post(path, data, follow=True).status_code == 200
        assert state_of(case) == ApplicationState.DECISION

    def test_dana_does_not_find_it(self, cast, appeal, sign_in):
        client = sign_in(cast.dana)
        assert str(appeal.uuid) not in client.get("/en/staff/appeals/").content.decode()
        assert client.get(f"/en/staff/appeals/{appeal.uuid}/").status_code == 404

    def test_the_applicant_never_reads_the_internal_part(self, cast, case, sign_in):
        secret = undisclosed()
        propose_decline(case, cast.aigul, secret)
        decisions.confirm_decline(application=case, by=cast.dana, no_conflict=True)
        page = sign_in(cast.serik).get("/en/my/").content.decode()
        letters = "".join(OutgoingMessage.objects.filter(about=case.code).values_list("text", flat=True))
        for hidden in (INTERNAL, secret.text_en, secret.text_kk, cast.dana.display_name):
            assert hidden not in page and hidden not in letters
