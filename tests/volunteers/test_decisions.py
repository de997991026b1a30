import json
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from portal import audit
from portal.access import Role
from portal.management.demo import builders
from portal.models import OutgoingMessage
from portal.refusals import NotAllowed, Refused
from portal.services import grant_role
from tests.people import make_cast
from tests.racing import attempt, together
from tests.volunteers.cases import check_of, complete, days_ago, in_assessment, in_screening, verify
from tests.volunteers.test_checks import PDF, refusal
from volunteers.models import (
    Application,
    Approval,
    CheckEvidence,
    Decision,
    Membership,
    Organisation,
    RefereeRequest,
    ReferenceResponse,
)
from volunteers.services import checks, decisions, guards, references, training
from volunteers.states import ApplicationState, RefereeState


def propose(application, by) -> Decision:
    return decisions.propose(application=application, by=by, rationale="All is in order.", no_conflict=True)


def confirm(application, by) -> Approval:
    return decisions.confirm(application=application, by=by, no_conflict=True)


def state_of(application) -> str:
    return Application.objects.get(pk=application.pk).state


@pytest.fixture
def proposed(cast):
    """Complete, and proposed by Aigul, who verified the certificate as well."""
    application = complete(cast, ApplicationState.DECISION)
    propose(application, cast.aigul)
    return application


class TestAccept:
    def test_the_checks_are_asked_for_and_everybody_gets_his_letter(self, cast):
        application = in_screening(cast)
        RefereeRequest.objects.create(
            application=application, name="Referee", relation="colleague", email="referee@demo.example"
        )

        decisions.accept(application=application, by=cast.aigul, interviewer=cast.ivan, no_conflict=True)

        application.refresh_from_db()
        assert application.state == ApplicationState.ASSESSMENT
        assert (application.owner, application.interviewer) == (cast.aigul, cast.ivan)
        assert application.checks.count() == 6
        assert application.referees.get().state == RefereeState.SENT
        letter = OutgoingMessage.objects.get(letter="volunteers/accepted")
        assert letter.recipient == cast.serik and letter.language == "kk"
        assert cast.aigul.display_name not in letter.text

    def test_nothing_happens_without_the_word_that_nothing_ties(self, cast):
        application = in_screening(cast)
        codes = refusal(decisions.accept, application=application, by=cast.aigul, no_conflict=False)
        assert codes == ["conflict_undeclared"]
        assert state_of(application) == ApplicationState.SCREENING and not application.checks.exists()

    def test_an_interviewer_has_that_role_and_is_not_the_applicant(self, cast):
        application = in_screening(cast)
        call = {"application": application, "by": cast.aigul, "no_conflict": True}
        assert refusal(decisions.accept, **call, interviewer=cast.bolat) == ["interviewer_role"]
        grant_role(user=cast.serik, role=Role.INTERVIEWER, by=None)
        assert refusal(decisions.accept, **call, interviewer=cast.serik) == ["interviewer_role"]

    def test_nobody_takes_the_case_of_a_fellow_of_his_organisation(self, cast):
        application = in_screening(cast)
        school = Organisation.objects.create(kind="school", district=cast.taraz, endorser=cast.aigul)
        Membership.objects.create(person=application.person, organisation=school)
        with pytest.raises(NotAllowed) as caught:
            decisions.accept(application=application, by=cast.aigul, no_conflict=True)
        assert caught.value.codes == ["same_organisation"]

    def test_nobody_decides_about_himself(self, cast):
        application = in_screening(cast)
        grant_role(user=cast.serik, role=Role.COORDINATOR, by=None)
        with pytest.raises(NotAllowed) as caught:
            decisions.accept(application=application, by=cast.serik, no_conflict=True)
        assert caught.value.codes == ["subject"]

    def test_a_referee_of_the_applicant_takes_no_part(self, cast):
        application = in_screening(cast)
        RefereeRequest.objects.create(
            application=application, name="Aigul", relation="neighbour", email=cast.aigul.email.upper()
        )
        with pytest.raises(NotAllowed) as caught:
            decisions.accept(application=application, by=cast.aigul, no_conflict=True)
        assert caught.value.codes == ["referee"]

    def test_nor_does_a_referee_of_a_former_application(self, cast):
        first = in_screening(cast)
        first.referees.create(name="Marat", relation="neighbour", email=cast.marat.email)
        Application.objects.filter(pk=first.pk).update(state=ApplicationState.APPROVED)
        renewal = builders.make_application(first.person, ApplicationState.SCREENING)
        assert [reason.code for reason in guards.may_decide(renewal, cast.marat)] == ["referee"]
        assert [reason.code for reason in guards.may_act_on(first.person, cast.marat)] == ["referee"]
        assert guards.may_decide(renewal, cast.dana) == []


class TestMissing:
    def test_one_reference_and_a_failed_training_are_told_in_one_list(self, cast):
        application = complete(cast)
        response = ReferenceResponse.objects.filter(request__application=application).last()
        response.request.state = RefereeState.SENT
        response.request.save()
        response.delete()
        module = cast.nurlan.training.get().module
        training.record_training(
            person=application.person, module=module, by=cast.ivan, held_on=days_ago(1), result="failed", note="Quiz"
        )

        assert refusal(decisions.ready, application=application, by=cast.aigul) == [
            "missing:references",
            "training_failed",
        ]
        assert refusal(propose, application, cast.aigul) == [
            "wrong_state",
            "missing:references",
            "training_failed",
        ]
        assert state_of(application) == ApplicationState.ASSESSMENT

    @pytest.mark.parametrize(
        "code", ["identity", "criminal_record", "court_ban", "offenders_register", "self_disclosure", "interview"]
    )
    def test_each_check_is_needed(self, cast, code):
        application = complete(cast)
        check_of(application, code).delete()
        assert refusal(decisions.ready, application=application, by=cast.aigul) == [f"missing:{code}"]

    def test_a_check_that_ended_yesterday_is_named(self, cast):
        application = complete(cast)
        check = check_of(application, "criminal_record")
        check.issued_on, check.expires_on = days_ago(366), days_ago(1)
        check.save()
        assert refusal(decisions.ready, application=application, by=cast.aigul) == ["expired:criminal_record"]

    def test_a_failed_check_stands_in_the_way(self, cast):
        application = complete(cast)
        fresh = checks.renew(check=check_of(application, "identity"), by=cast.aigul)
        checks.fail(check=fresh, by=cast.aigul, reason="Another person.")
        assert refusal(decisions.ready, application=application, by=cast.aigul) == ["failed:identity"]

    def test_one_referee_saw_him_with_children_and_one_was_called_back(self, cast):
        application = complete(cast)
        application.referees.update(saw_with_children=False)
        for response in ReferenceResponse.objects.filter(request__application=application):
            response.answers, response.called_back = json.dumps({"saw_with_children": "no"}), False
            response.save()
        assert refusal(decisions.ready, application=application, by=cast.aigul) == [
            "references_children",
            "references_call_back",
        ]

    def test_the_referees_own_word_beats_what_the_applicant_said_of_him(self, cast):
        application = complete(cast)
        response = ReferenceResponse.objects.get(request__application=application, request__saw_with_children=True)
        response.answers = '{"saw_with_children": "no"}'
        response.save()
        assert refusal(decisions.ready, application=application, by=cast.aigul) == ["references_children"]

    def test_an_answer_that_nobody_has_judged_stands_in_the_way_without_saying_why(self, cast):
        application = complete(cast)
        request = RefereeRequest.objects.create(
            application=application, name="x", relation="colleague", phone="+77000000000", state=RefereeState.COMPLETED
        )
        response = ReferenceResponse(request=request, names_a_reason=True)
        response.answers = "{}"
        response.save()
        assert refusal(decisions.ready, application=application, by=cast.aigul) == ["lead_looking"]
        references.assess(response=response, by=cast.dana, result="concern", called_back=False)
        assert refusal(decisions.ready, application=application, by=cast.aigul) == ["lead_looking"]


class TestTwoPeople:
    def test_the_proposer_does_not_confirm_and_another_lead_does(self, cast):
        application = complete(cast)
        decisions.ready(application=application, by=cast.aigul)
        propose(application, cast.dana)

        with pytest.raises(NotAllowed) as caught:
            confirm(application, cast.dana)
        assert caught.value.codes == ["same_person"]
        with pytest.raises(Application.DoesNotExist):
            confirm(application, cast.root)

        approval = confirm(application, cast.marat)
        assert state_of(application) == ApplicationState.APPROVED
        assert approval.valid_from == timezone.localdate()
        assert approval.valid_to == timezone.localdate() + timedelta(days=settings.PROGRAMME["approval_days"])
        names = set(audit.history(application).values_list("actor_name", flat=True))
        assert {cast.dana.display_name, cast.marat.display_name} <= names

    def test_a_superuser_with_every_role_is_refused(self, cast, proposed):
        for role in (Role.SAFEGUARDING_LEAD, Role.COORDINATOR):
            grant_role(user=cast.root, role=role, by=None)
        cast.root.__dict__.pop("grants", None)
        with pytest.raises(NotAllowed) as caught:
            confirm(proposed, cast.root)
        assert caught.value.codes == ["administrator"]
        assert state_of(proposed) == ApplicationState.PROPOSED

    def test_the_verifier_of_a_deciding_check_does_not_confirm(self, cast):
        application = in_assessment(cast)
        complete_by_lead(cast, application)
        propose(application, cast.aigul)
        with pytest.raises(NotAllowed) as caught:
            confirm(application, cast.dana)
        assert caught.value.codes == ["verifier"]
        confirm(application, cast.marat)

    def test_the_interviewer_does_not_confirm(self, cast, proposed):
        grant_role(user=cast.ivan, role=Role.SAFEGUARDING_LEAD, by=None)
        cast.ivan.__dict__.pop("grants", None)
        with pytest.raises(NotAllowed) as caught:
            confirm(proposed, cast.ivan)
        assert caught.value.codes == ["interviewer"]

    def test_a_coordinator_confirms_nothing(self, cast, proposed):
        with pytest.raises(NotAllowed):
            confirm(proposed, cast.aigul)

    def test_the_database_refuses_one_person_in_both_places(self, cast, proposed):
        decision = proposed.decisions.get()
        decision.confirmed_by = decision.proposed_by
        with pytest.raises(IntegrityError):
            decision.save()


def complete_by_lead(cast, application) -> None:
    """Dana searches the register, the rest as usual; then the case is ready."""
    builders.give_references(application, cast.dana, days_ago(1))
    for check in application.checks.select_related("check_type"):
        verify(cast, check, by=cast.dana if check.check_type.code == "offenders_register" else None)
    decisions.ready(application=application, by=cast.aigul)


class TestConfirm:
    def test_the_letter_says_what_is_left_and_papers_get_their_last_day(self, cast):
        application = complete(cast, ApplicationState.DECISION)
        identity = check_of(application, "identity")
        checks.provide(check=identity, by=cast.serik, number="1", issuer="", issued_on=days_ago(1), upload=PDF)
        verify(cast, identity)
        propose(application, cast.aigul)

        confirm(application, cast.marat)

        letter = OutgoingMessage.objects.get(letter="volunteers/approved")
        assert letter.recipient == cast.serik
        for name in ("Кіріспе оқыту", "Мінез-құлық кодексі"):
            assert name in letter.text
        assert CheckEvidence.objects.get().purge_after == timezone.localdate() + timedelta(days=180)

    def test_what_changed_since_the_proposal_stops_the_confirmation(self, cast, proposed):
        references_answer = ReferenceResponse.objects.filter(request__application=proposed, called_back=False).get()
        references.assess(response=references_answer, by=cast.marat, result="accepted", called_back=True)
        assert refusal(confirm, proposed, cast.marat) == ["changed"]

    def test_a_paper_that_lost_its_verification_stops_it_too(self, cast, proposed):
        check = check_of(proposed, "identity")
        checks.provide(check=check, by=cast.serik, number="1", issuer="", issued_on=days_ago(1), upload=PDF)
        assert refusal(confirm, proposed, cast.marat) == ["missing:identity", "changed"]
        assert state_of(proposed) == ApplicationState.PROPOSED and not Approval.objects.filter(person=proposed.person)

    def test_sent_back_it_can_be_proposed_again_and_the_proposer_has_a_letter(self, cast, proposed):
        assert refusal(decisions.send_back, application=proposed, by=cast.marat, reason="") == ["reason_missing"]
        decisions.send_back(application=proposed, by=cast.marat, reason="Call the second referee.")
        assert state_of(proposed) == ApplicationState.DECISION
        letter = OutgoingMessage.objects.get(letter="volunteers/sent_back")
        assert letter.recipient == cast.aigul and "referee" not in letter.text
        propose(proposed, cast.aigul)
        confirm(proposed, cast.marat)
        assert proposed.decisions.count() == 2

    def test_a_refused_confirmation_sends_no_letter(self, cast, proposed):
        with pytest.raises(Refused):
            confirm(proposed, cast.aigul)
        assert not OutgoingMessage.objects.filter(letter="volunteers/approved").exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_confirm_at_once_one_wins():
    cast = make_cast()
    application = complete(cast, ApplicationState.DECISION)
    propose(application, cast.aigul)
    acts = (attempt(confirm, application, user) for user in (cast.dana, cast.marat))
    assert sorted(together(*acts)) == ["done", "wrong_state"]
    assert Approval.objects.filter(person=application.person).count() == 1
    assert OutgoingMessage.objects.filter(letter="volunteers/approved").count() == 1
