"""Refusing and deferring: proposed by one, confirmed by another, with notice, an answer, and a fair end."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from portal import mail, nightly
from portal.models import OutgoingMessage, StaffTask
from portal.refusals import NotAllowed
from tests.people import make_cast
from tests.racing import attempt, together
from tests.volunteers.cases import complete, days_ago, in_assessment, in_screening
from tests.volunteers.test_checks import refusal
from volunteers.models import Application, ConflictDeclaration, Decision, ReasonCode
from volunteers.services import applications, conflicts, decisions, information, objections
from volunteers.states import ApplicationState, CheckState

INTERNAL = "He shouted at the coordinator on the phone."


def code(name: str) -> ReasonCode:
    return ReasonCode.objects.get(code=name)


def undisclosed() -> ReasonCode:
    return ReasonCode.objects.filter(disclosable=False).first()


def propose_decline(application, by, *codes, **changes) -> Decision:
    values = {
        "rationale": INTERNAL,
        "reason_codes": codes or [code("papers_incomplete")],
        "applicant_text": "Please come back with the papers.",
        "no_conflict": True,
    } | changes
    return decisions.propose_decline(application=application, by=by, **values)


def propose_defer(application, by, **changes) -> Decision:
    values = {
        "rationale": "He moves in spring.",
        "defer_until": timezone.localdate() + timedelta(days=90),
        "applicant_text": "Come back when you live here.",
        "no_conflict": True,
    } | changes
    return decisions.propose_defer(application=application, by=by, **values)


def state_of(application) -> str:
    return Application.objects.get(pk=application.pk).state


def letter_of(kind: str) -> OutgoingMessage:
    return OutgoingMessage.objects.get(letter=f"volunteers/{kind}")


def days_over(decision: Decision) -> None:
    """The applicant's last day was yesterday."""
    Decision.objects.filter(pk=decision.pk).update(answer_until=days_ago(1))


@pytest.fixture
def case(cast):
    return in_assessment(cast)


@pytest.fixture
def noticed(cast, case):
    """Aigul proposed the refusal, Dana confirmed the notice."""
    propose_decline(case, cast.aigul)
    decisions.confirm_decline(application=case, by=cast.dana, no_conflict=True)
    case.refresh_from_db()
    return case


class TestProposing:
    def test_scenario_8_decline_while_waiting(self, cast, case):
        information.ask(application=case, by=cast.aigul, items=[{"step": "question", "text": "2011–2014?"}])
        assert state_of(case) == ApplicationState.MORE_INFO
        propose_decline(case, cast.aigul)
        decisions.confirm_decline(application=case, by=cast.dana, no_conflict=True)
        assert state_of(case) == ApplicationState.NOTICE

    def test_everything_that_is_missing_is_told_at_once(self, cast, case):
        codes = refusal(propose_decline, case, cast.aigul, reason_codes=[], rationale=" ", no_conflict=False)
        assert codes == ["reason_missing", "conflict_undeclared", "reason_code_missing"]
        assert state_of(case) == ApplicationState.ASSESSMENT and not case.decisions.exists()

    def test_he_must_have_something_to_read(self, cast, case):
        silent = {"reason_codes": [undisclosed()], "applicant_text": ""}
        assert refusal(propose_decline, case, cast.aigul, **silent) == ["applicant_text_missing"]

    def test_the_leads_get_a_task_that_settles_itself(self, cast, case):
        propose_decline(case, cast.aigul)
        task = StaffTask.objects.visible_to(cast.dana).open().get(kind=StaffTask.Kind.TO_CONFIRM)
        assert task.about == case.code and not StaffTask.objects.visible_to(cast.aigul).filter(pk=task.pk).exists()
        decisions.confirm_decline(application=case, by=cast.dana, no_conflict=True)
        task.refresh_from_db()
        assert task.done_by == cast.dana

    def test_the_snapshot_says_what_both_had_before_them(self, cast, case):
        decision = propose_decline(case, cast.aigul)
        assert decision.snapshot["policy"] == case.policy.number and decision.snapshot["revision"] == 1
        assert decision.snapshot_hash == decisions.hash_of(decision.snapshot)

    @pytest.mark.parametrize("start", [ApplicationState.MORE_INFO, ApplicationState.ASSESSMENT])
    def test_sent_back_it_stands_where_it_was_proposed(self, cast, case, start):
        if start == ApplicationState.MORE_INFO:
            information.ask(application=case, by=cast.aigul, items=[{"step": "question", "text": "?"}])
        propose_decline(case, cast.aigul)
        decisions.send_back(application=case, by=cast.marat, reason="Ask once more.")
        assert state_of(case) == start

    def test_a_deferral_has_a_day_to_come_and_words(self, cast, case):
        codes = refusal(propose_defer, case, cast.aigul, defer_until=timezone.localdate(), applicant_text=" ")
        assert codes == ["defer_in_past", "applicant_text_missing"]


class TestConfirming:
    def test_the_notice_tells_what_may_be_told_and_waits_a_while(self, cast, case):
        secret = undisclosed()
        propose_decline(case, cast.aigul, code("papers_incomplete"), secret)
        decision = decisions.confirm_decline(application=case, by=cast.dana, no_conflict=True)

        assert decision.answer_until == timezone.localdate() + timedelta(days=settings.PROGRAMME["notice_days"])
        letter = letter_of("notice")
        assert letter.recipient == cast.serik and code("papers_incomplete").text_kk in letter.text
        assert decision.applicant_text in letter.text
        for hidden in (INTERNAL, secret.text_kk, cast.aigul.display_name, cast.dana.display_name):
            assert hidden not in letter.text + letter.html
        waits = letter.due_at - timezone.now()
        assert timedelta(0) < waits <= timedelta(minutes=settings.PROGRAMME["letter_hold_minutes"])
        mail.sweep()
        letter.refresh_from_db()
        assert letter.state == OutgoingMessage.State.SCHEDULED

    def test_the_proposer_does_not_confirm(self, cast, case):
        propose_decline(case, cast.dana)
        with pytest.raises(NotAllowed) as caught:
            decisions.confirm_decline(application=case, by=cast.dana, no_conflict=True)
        assert caught.value.codes == ["same_person"] and state_of(case) == ApplicationState.PROPOSED

    def test_what_was_proposed_is_what_is_confirmed(self, cast, case):
        propose_decline(case, cast.aigul)
        call = {"application": case, "by": cast.marat, "no_conflict": True}
        assert refusal(decisions.confirm, **call) == ["other_outcome"]
        assert refusal(decisions.confirm_defer, **call) == ["other_outcome"]
        assert state_of(case) == ApplicationState.PROPOSED

    def test_without_notice_only_by_a_rule_on_age_or_place(self, cast, case):
        propose_decline(case, cast.aigul, code("outside_oblast"), code("papers_incomplete"))
        call = {"application": case, "by": cast.marat, "no_conflict": True}
        assert refusal(decisions.decline_at_once, **call) == ["notice_needed"]

        decisions.send_back(application=case, by=cast.marat, reason="Only the place counts.")
        propose_decline(case, cast.aigul, code("outside_oblast"))
        decision = decisions.decline_at_once(**call)
        assert state_of(case) == ApplicationState.DECLINED
        assert decision.appeal_until == timezone.localdate() + timedelta(days=settings.PROGRAMME["appeal_days"])
        assert code("outside_oblast").text_kk in letter_of("declined").text
        assert not OutgoingMessage.objects.filter(letter="volunteers/notice").exists()

    def test_a_deferral_rests_until_its_day(self, cast, case):
        decision = propose_defer(case, cast.aigul)
        decisions.confirm_defer(application=case, by=cast.marat, no_conflict=True)
        case.refresh_from_db()
        assert (case.state, case.deferred_until) == (ApplicationState.DEFERRED, decision.defer_until)
        assert decision.applicant_text in letter_of("deferred").text

    def test_a_proposer_who_turns_out_to_be_tied_is_sent_back(self, cast, case):
        propose_decline(case, cast.aigul)
        conflicts.declare(application=case, by=cast.aigul, kind=ConflictDeclaration.Kind.FRIEND)
        call = {"application": case, "by": cast.marat, "no_conflict": True}
        assert refusal(decisions.confirm_decline, **call) == ["proposer_tied"]


class TestTheEnd:
    def test_not_before_he_answered_or_his_days_are_over(self, cast, noticed):
        call = {"application": noticed, "by": cast.marat, "reason": "Read."}
        assert refusal(decisions.decline, **call) == ["answer_awaited"]

        objections.answer_notice(application=noticed, by=cast.serik, text="I was ill.")
        decisions.decline(**call)

        decision = noticed.decisions.get()
        assert state_of(noticed) == ApplicationState.DECLINED
        assert (decision.closed_by, decision.closing_note) == (cast.marat, "Read.")
        assert "Read." not in letter_of("declined").text

    def test_on_his_last_day_he_may_still_answer(self, cast, noticed):
        decision = noticed.decisions.get()
        Decision.objects.filter(pk=decision.pk).update(answer_until=timezone.localdate())
        call = {"application": noticed, "by": cast.marat, "reason": "Read."}
        assert refusal(decisions.decline, **call) == ["answer_awaited"]
        days_over(decision)
        decisions.decline(**call)
        assert state_of(noticed) == ApplicationState.DECLINED

    def test_somebody_else_than_the_proposer_closes(self, cast, case):
        days_over(_noticed_by(case, cast.dana, cast.marat))
        with pytest.raises(NotAllowed) as caught:
            decisions.decline(application=case, by=cast.dana, reason="Read.")
        assert caught.value.codes == ["same_person"]
        decisions.decline(application=case, by=cast.marat, reason="Read.")
        assert state_of(case) == ApplicationState.DECLINED

    def test_the_database_refuses_the_proposer_too(self, cast, noticed):
        with pytest.raises(IntegrityError):
            noticed.decisions.update(closed_by=cast.aigul)

    def test_nothing_is_waited_for_any_more(self, cast, noticed):
        days_over(noticed.decisions.get())
        decisions.decline(application=noticed, by=cast.marat, reason="Read.")
        assert set(noticed.checks.values_list("state", flat=True)) == {CheckState.CANCELLED}

    def test_considered_anew_the_letter_stays_and_the_next_decision_takes_its_place(self, cast, noticed):
        first = noticed.decisions.get()
        decisions.reconsider(application=noticed, by=cast.marat, reason="The papers came.")
        assert state_of(noticed) == ApplicationState.DECISION
        assert letter_of("notice").state == OutgoingMessage.State.CANCELLED
        assert propose_defer(noticed, cast.aigul).supersedes == first

    def test_withdrawn_in_time_he_gets_no_notice(self, cast, noticed):
        applications.withdraw(application=noticed, by=cast.serik)
        assert letter_of("notice").state == OutgoingMessage.State.CANCELLED

    def test_a_notice_that_never_left_ends_in_no_refusal(self, cast, noticed):
        decision = noticed.decisions.get()
        mail.stop(letter_of("notice"))
        days_over(decision)
        call = {"application": noticed, "by": cast.marat, "reason": "Read."}
        assert refusal(decisions.decline, **call) == ["notice_stopped"]

    def test_at_night_the_leads_are_told_once_that_his_days_are_over(self, cast, noticed):
        assert decisions.notices_over(timezone.localdate()) == []
        days_over(noticed.decisions.get())
        assert decisions.notices_over(timezone.localdate()) == [noticed.code]
        assert decisions.notices_over(timezone.localdate()) == []
        assert StaffTask.objects.visible_to(cast.marat).open().filter(kind=StaffTask.Kind.NOTICE_OVER).count() == 1
        assert any(noticed.code in line.codes for line in nightly.run(trial=True)) is False


def _noticed_by(case, proposer, confirmer) -> Decision:
    propose_decline(case, proposer)
    return decisions.confirm_decline(application=case, by=confirmer, no_conflict=True)


class TestApproving:
    def test_the_first_visits_of_somebody_new_are_on_probation(self, cast):
        case = complete(cast, ApplicationState.DECISION)
        decisions.propose(application=case, by=cast.aigul, rationale="x", no_conflict=True)
        approval = decisions.confirm(application=case, by=cast.marat, no_conflict=True)
        assert approval.probation_visits == settings.PROGRAMME["probation_visits"]
        assert approval.valid_from == timezone.localdate()

    def test_a_renewal_begins_when_the_running_approval_ends_and_asks_the_supervisor(self, cast):
        case = complete(cast, ApplicationState.DECISION)
        decisions.propose(application=case, by=cast.aigul, rationale="x", no_conflict=True)
        running = decisions.confirm(application=case, by=cast.marat, no_conflict=True)
        ends = timezone.localdate() + timedelta(days=20)
        type(running).objects.filter(pk=running.pk).update(valid_to=ends)
        renewal = Application.objects.create(
            person=case.person, role=case.role, policy=case.policy, kind=Application.Kind.RENEWAL,
            state=ApplicationState.DECISION, submitted_at=timezone.now(),
        )  # fmt: skip
        call = {"application": renewal, "by": cast.aigul, "rationale": "x", "no_conflict": True}
        assert refusal(decisions.propose, **call) == ["opinion_missing"]

        Application.objects.filter(pk=renewal.pk).update(
            opinion_at=timezone.now(), opinion_by=cast.aigul, supports_renewal=True
        )
        decisions.propose(**call)
        renewed = decisions.confirm(application=renewal, by=cast.marat, no_conflict=True)
        assert renewed.valid_from == ends + timedelta(days=1) and renewed.probation_visits == 0

    def test_what_ends_before_the_new_term_does_not_count_for_it(self, cast):
        case = complete(cast, ApplicationState.DECISION)
        decisions.propose(application=case, by=cast.aigul, rationale="x", no_conflict=True)
        running = decisions.confirm(application=case, by=cast.marat, no_conflict=True)
        type(running).objects.filter(pk=running.pk).update(valid_to=timezone.localdate() + timedelta(days=20))
        case.checks.filter(check_type__code="criminal_record").update(
            expires_on=timezone.localdate() + timedelta(days=10)
        )
        renewal = Application.objects.create(
            person=case.person, role=case.role, policy=case.policy, kind=Application.Kind.RENEWAL,
            state=ApplicationState.DECISION, submitted_at=timezone.now(), opinion_at=timezone.now(),
        )  # fmt: skip
        codes = refusal(decisions.propose, application=renewal, by=cast.aigul, rationale="x", no_conflict=True)
        assert codes == ["expired:criminal_record"]


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_of_two_proposals_at_once_one_stands(self):
        cast = make_cast()
        case = complete(cast, ApplicationState.DECISION)
        results = together(
            attempt(propose_decline, case, cast.aigul),
            attempt(decisions.propose, application=case, by=cast.dana, rationale="x", no_conflict=True),
        )
        assert sorted(results) == ["done", "wrong_state"] and case.decisions.count() == 1

    def test_a_confirmation_and_a_sending_back_at_once_leave_one_of_them(self):
        cast = make_cast()
        case = in_screening(cast)
        propose_decline(case, cast.aigul)
        results = together(
            attempt(decisions.confirm_decline, application=case, by=cast.dana, no_conflict=True),
            attempt(decisions.send_back, application=case, by=cast.marat, reason="Wait."),
        )
        assert sorted(results) == ["done", "wrong_state"]
        decision = case.decisions.get()
        assert (decision.confirmed_at is None) != (decision.sent_back_at is None)

    def test_of_two_who_close_a_notice_at_once_one_wins(self):
        cast = make_cast()
        case = in_screening(cast)
        days_over(_noticed_by(case, cast.aigul, cast.dana))
        results = together(
            attempt(decisions.decline, application=case, by=cast.dana, reason="x"),
            attempt(decisions.reconsider, application=case, by=cast.marat, reason="x"),
        )
        assert sorted(results) == ["done", "wrong_state"]
