from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from portal import audit
from portal.access import Role
from portal.models import OutgoingMessage, StaffTask
from portal.refusals import NotAllowed
from portal.services import grant_role
from tests.volunteers.cases import days_ago, in_assessment, inquiry
from tests.volunteers.test_checks import refusal
from volunteers import clearance
from volunteers.models import (
    Acceptance,
    AgreementVersion,
    DoNotEngage,
    Membership,
    Organisation,
    ReasonCode,
    Suspension,
    TrainingModule,
    TrainingRecord,
)
from volunteers.services import agreements, standing, training


def train(cast, person, by, **changes) -> None:
    induction = TrainingModule.objects.get(code="induction")
    record = {"module": induction, "held_on": days_ago(1), "result": "passed", "note": "", "in_person": True}
    training.record_training(person=person, by=by, **record | changes)


class TestTraining:
    def test_the_trainer_records_it_and_the_log_has_no_words(self, cast):
        person = in_assessment(cast).person
        train(cast, person, cast.ivan, result="repeat", note="The quiz.")
        assert TrainingRecord.objects.get(person=person).recorded_by == cast.ivan
        entry = audit.history(person).get()
        assert entry.data == {"module": "induction", "result": "repeat"}

    def test_nobody_records_his_own(self, cast):
        grant_role(user=cast.nurlan.user, role=Role.TRAINER, by=None)
        assert refusal(train, cast, cast.nurlan, cast.nurlan.user) == ["own_training"]

    @pytest.mark.parametrize("name", ["bolat", "dana", "gulnara", "root", "raushan"])
    def test_others_may_not(self, cast, name):
        with pytest.raises(NotAllowed):
            train(cast, cast.nurlan, getattr(cast, name))

    def test_a_day_to_come_and_a_failure_without_a_note_are_refused(self, cast):
        assert refusal(train, cast, cast.nurlan, cast.ivan, held_on=days_ago(-1), result="failed") == [
            "held_in_future",
            "note_missing",
        ]

    def test_a_failure_tells_the_apps_above(self, cast, monkeypatch):
        told = []
        monkeypatch.setattr(clearance, "_listeners", [told.append])
        train(cast, cast.nurlan, cast.ivan, result="failed", note="Quiz.")
        assert told == [cast.nurlan]


class TestAgreement:
    def test_twice_is_once_until_the_year_is_half_over(self, cast):
        version = AgreementVersion.objects.get(agreement__code="code_of_conduct")
        accept = {"person": cast.nurlan, "version": version, "by": cast.nurlan.user, "language": "ru"}
        agreements.accept_agreement(**accept)
        assert Acceptance.objects.filter(person=cast.nurlan, version=version).count() == 1

        Acceptance.objects.filter(person=cast.nurlan).update(at=timezone.now() - timedelta(days=350))
        agreements.accept_agreement(**accept)

        assert Acceptance.objects.filter(person=cast.nurlan, version=version).count() == 2
        assert clearance.clearance(cast.nurlan, on=timezone.localdate() + timedelta(days=20)).ok

    def test_nobody_accepts_for_another(self, cast):
        version = AgreementVersion.objects.get(agreement__code="code_of_conduct")
        call = {"person": cast.nurlan, "version": version, "by": cast.aigul, "language": "kk"}
        assert refusal(agreements.accept_agreement, **call) == ["not_yours"]

    def test_a_text_that_was_replaced_is_refused(self, cast):
        old = AgreementVersion.objects.get(agreement__code="code_of_conduct")
        AgreementVersion.objects.create(agreement=old.agreement, number=2, valid_from=days_ago(1), title_kk="2")
        call = {"person": cast.nurlan, "version": old, "by": cast.nurlan.user, "language": "kk"}
        assert refusal(agreements.accept_agreement, **call) == ["superseded"]


def suspend(cast, by=None, reason=None) -> Suspension:
    return standing.suspend(
        person=cast.nurlan, by=by or cast.aigul, reason_code=reason or inquiry(), note="A call from the school."
    )


class TestSuspension:
    def test_one_person_suspends_at_once_and_the_letter_is_neutral(self, cast, monkeypatch):
        told = []
        monkeypatch.setattr(clearance, "_listeners", [told.append])
        suspend(cast)
        assert clearance.clearance(cast.nurlan).standing == "suspended"
        assert told == [cast.nurlan]
        letter = OutgoingMessage.objects.get(letter="volunteers/suspended")
        assert letter.recipient == cast.nurlan.user
        for word in ("school.", inquiry().text_kk, cast.aigul.display_name):
            assert word not in letter.text

    def test_a_reason_that_may_be_disclosed_is_told(self, cast):
        reason = ReasonCode.objects.get(code="code_breach")
        suspend(cast, reason=reason)
        assert reason.text_kk in OutgoingMessage.objects.get(letter="volunteers/suspended").text

    def test_the_note_is_not_in_the_log(self, cast):
        suspend(cast)
        assert "call" not in str(list(audit.history(cast.nurlan).values()))

    def test_what_an_app_above_refuses_is_not_done_at_all(self, cast, monkeypatch):
        def break_down(person):
            raise RuntimeError

        monkeypatch.setattr(clearance, "_listeners", [break_down])
        with pytest.raises(RuntimeError):
            suspend(cast)
        assert not Suspension.objects.exists() and not OutgoingMessage.objects.filter(letter="volunteers/suspended")

    def test_it_is_opened_once(self, cast):
        suspend(cast)
        assert refusal(suspend, cast, by=cast.dana) == ["already_suspended"]

    @pytest.mark.parametrize("name", ["bolat", "gulnara", "root", "ivan"])
    def test_others_may_not(self, cast, name):
        with pytest.raises(NotAllowed):
            suspend(cast, by=getattr(cast, name))

    def test_two_leads_lift_it(self, cast):
        suspension = suspend(cast, by=cast.dana)
        assert refusal(standing.confirm_lift, suspension=suspension, by=cast.marat) == ["not_proposed"]
        standing.propose_lift(suspension=suspension, by=cast.dana)
        assert clearance.clearance(cast.nurlan).standing == "suspended"
        assert refusal(standing.propose_lift, suspension=suspension, by=cast.marat) == ["already_proposed"]
        with pytest.raises(NotAllowed) as caught:
            standing.confirm_lift(suspension=suspension, by=cast.dana)
        assert caught.value.codes == ["same_person"]

        standing.confirm_lift(suspension=suspension, by=cast.marat)

        assert clearance.clearance(cast.nurlan).ok
        assert OutgoingMessage.objects.filter(letter="volunteers/suspension_lifted").count() == 1
        assert refusal(standing.confirm_lift, suspension=suspension, by=cast.marat) == ["already_lifted"]

    def test_a_coordinator_lifts_nothing_and_a_superuser_neither(self, cast):
        suspension = suspend(cast)
        with pytest.raises(NotAllowed):
            standing.propose_lift(suspension=suspension, by=cast.aigul)
        grant_role(user=cast.root, role=Role.SAFEGUARDING_LEAD, by=None)
        cast.root.__dict__.pop("grants", None)
        with pytest.raises(NotAllowed) as caught:
            standing.propose_lift(suspension=suspension, by=cast.root)
        assert caught.value.codes == ["administrator"]

    def test_the_database_refuses_one_person_in_both_places(self, cast):
        suspension = suspend(cast)
        suspension.lift_proposed_by = suspension.lifted_by = cast.dana
        with pytest.raises(IntegrityError):
            suspension.save()

    def test_somebody_tied_to_him_lifts_nothing(self, cast):
        suspension = suspend(cast)
        organisation = Organisation.objects.create(kind="veterans", district=cast.taraz, endorser=cast.marat)
        Membership.objects.create(person=cast.nurlan, organisation=organisation)
        assert refusal(standing.propose_lift, suspension=suspension, by=cast.marat) == ["same_organisation"]
        standing.propose_lift(suspension=suspension, by=cast.dana)
        assert refusal(standing.confirm_lift, suspension=suspension, by=cast.marat) == ["same_organisation"]

    def test_the_other_leads_get_a_task(self, cast):
        suspension = suspend(cast)
        standing.propose_lift(suspension=suspension, by=cast.dana)
        assert StaffTask.objects.visible_to(cast.marat).filter(kind="to_confirm", about=suspension.code).exists()

    def test_the_suspended_reads_a_neutral_text_and_whom_to_ask(self, cast, sign_in):
        suspend(cast)
        text = sign_in(cast.nurlan.user).get("/en/my/").content.decode()
        assert 'data-testid="standing" data-state="suspended"' in text and 'data-testid="neutral"' in text
        for word in ("A call from the school.", inquiry().text_en, cast.aigul.display_name, "/en/my/badge.svg"):
            assert word not in text

    def test_somebody_on_the_do_not_engage_list_reads_the_same(self, cast, sign_in):
        DoNotEngage.objects.create(
            iin_hash=cast.nurlan.iin_hash,
            reason_code=inquiry(),
            decided_by=cast.dana,
            confirmed_by=cast.marat,
            confirmed_at=timezone.now(),
            review_on=timezone.localdate(),
        )
        for client, address in (
            (sign_in(cast.nurlan.user), "/en/my/"),
            (sign_in(cast.aigul), reverse("staff_person", args=[cast.nurlan.uuid])),
            (sign_in(cast.aigul), reverse("staff_people")),
        ):
            text = client.get(address).content.decode()
            assert 'data-state="suspended"' in text and "barred" not in text
