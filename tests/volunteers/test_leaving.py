"""Pause and exit: what the mentor does himself, what staff do, and what stays (scenarios 41 and 42)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal import audit
from portal.access import Role
from portal.management.demo import builders
from portal.models import OutgoingMessage, StaffTask
from portal.refusals import NotAllowed, Refused
from portal.services import grant_role
from tests.volunteers.cases import days_ago, inquiry
from tests.volunteers.test_checks import refusal
from volunteers import clearance
from volunteers.models import Application, Concern, Decision, ExitRecord, Pause, ProgrammeRole, RefereeRequest
from volunteers.services import applications, leaving, pauses, standing
from volunteers.services.own_data import deleting


def in_days(count: int):
    return timezone.localdate() + timedelta(days=count)


def leave(cast, by=None, **changes) -> ExitRecord:
    call = {"person": cast.nurlan, "by": by or cast.nurlan.user, "reason": "moved"}
    return leaving.leave(**call | changes)


class TestPause:
    def pause(self, cast, first=1, last=30, by=None):
        return pauses.pause(
            person=cast.yerbol, by=by or cast.yerbol.user, starts_on=in_days(first), ends_on=in_days(last)
        )

    def test_it_covers_its_days_and_no_others(self, cast, monkeypatch):
        told = []
        monkeypatch.setattr(clearance, "_listeners", [told.append])
        self.pause(cast, 5, 9)
        answers = {number: clearance.clearance(cast.yerbol, on=in_days(number)) for number in (0, 4, 5, 9, 10)}
        assert [number for number, answer in answers.items() if not answer.ok] == [5, 9]
        assert answers[0].until == in_days(4) and answers[5].standing == "paused"
        assert told == [cast.yerbol]

    def test_what_is_wrong_is_told_at_once(self, cast, settings):
        assert refusal(self.pause, cast, -1, -2) == ["pause_order", "pause_past"]
        assert refusal(self.pause, cast, 0, settings.PROGRAMME["pause_days"]) == ["pause_too_long"]
        self.pause(cast, 0, settings.PROGRAMME["pause_days"] - 1)
        assert refusal(self.pause, cast, 3, 4) == ["pause_overlap"]
        cast.yerbol.approvals.update(valid_to=days_ago(1))
        assert refusal(self.pause, cast, 400, 401) == ["not_serving"]

    def test_one_made_by_the_wish_to_be_deleted_lasts_as_long_as_the_wish(self, cast, client):
        deleting.ask(user=cast.yerbol.user)
        (made,) = pauses.not_over(cast.yerbol)
        assert refusal(pauses.end_pause, pause=made, by=cast.yerbol.user) == ["deletion_waits"]
        client.force_login(cast.yerbol.user)
        page = client.get("/ru/my/pause/").content.decode()
        assert "move-end_pause" not in page and "/ru/my/data/" in page
        deleting.cancel(user=cast.yerbol.user)
        assert not pauses.not_over(cast.yerbol).exists()

    @pytest.mark.parametrize("name", ["aigul", "dana", "root"])
    def test_nobody_makes_or_ends_one_for_another(self, cast, name):
        made = self.pause(cast)
        with pytest.raises(NotAllowed):
            self.pause(cast, 40, 41, by=getattr(cast, name))
        with pytest.raises(NotAllowed):
            pauses.end_pause(pause=made, by=getattr(cast, name))

    @pytest.mark.parametrize(("begun", "cancelled"), [(0, True), (-3, False)])
    def test_ended_early_he_comes_again_today(self, cast, begun, cancelled):
        made = self.pause(cast, 0, 9)
        Pause.objects.filter(pk=made.pk).update(starts_on=in_days(begun))
        pauses.end_pause(pause=made, by=cast.yerbol.user)
        made.refresh_from_db()
        assert bool(made.cancelled_at) is cancelled and (cancelled or made.ends_on == days_ago(1))
        assert clearance.clearance(cast.yerbol).ok
        assert refusal(pauses.end_pause, pause=made, by=cast.yerbol.user) == ["pause_over"]

    def test_scenario_41_pause(self, cast, sign_in):
        client = sign_in(cast.yerbol.user)
        wrong = client.post(reverse("my_pause"), {"starts_on": in_days(-2), "ends_on": in_days(9)})
        assert wrong.status_code == 422 and str(in_days(9)) in wrong.content.decode()
        saved = client.post(reverse("my_pause"), {"starts_on": in_days(1), "ends_on": in_days(30)})
        assert saved.status_code == 302
        assert 'data-testid="pause"' in client.get(reverse("my_home")).content.decode()
        made = Pause.objects.get()
        end = reverse("my_pause_end", args=[made.uuid])
        assert end in client.get(reverse("my_pause")).content.decode()
        assert sign_in(cast.nurlan.user).post(end).status_code == 404
        assert client.post(end).status_code == 302
        assert clearance.clearance(cast.yerbol, on=in_days(5)).ok
        assert 'data-testid="pause"' not in client.get(reverse("my_home")).content.decode()


class TestExit:
    def test_it_ends_service_from_today_and_what_runs_with_it(self, cast, monkeypatch):
        told = []
        monkeypatch.setattr(clearance, "_listeners", [told.append])
        pauses.pause(person=cast.nurlan, by=cast.nurlan.user, starts_on=in_days(2), ends_on=in_days(4))
        renewal = builders.make_application(cast.nurlan, "assessment")
        Application.objects.filter(pk=renewal.pk).update(kind="renewal")
        referee = builders.give_references(renewal, cast.dana, timezone.localdate(), count=1)[0]
        RefereeRequest.objects.filter(pk=referee.pk).update(state="sent", token_hash="t")

        record = leave(cast, note="To Almaty.")

        renewal.refresh_from_db()
        referee.refresh_from_db()
        assert renewal.state == "withdrawn" and referee.state == "cancelled"
        assert record.note == "To Almaty." and b"Almaty" not in bytes(record.note_sealed)
        assert clearance.clearance(cast.nurlan).standing == "exited"
        assert clearance.clearance(cast.nurlan, on=days_ago(1)).ok
        assert not pauses.not_over(cast.nurlan).exists()
        assert not cast.nurlan.supervision.filter(ends_on=None).exists()
        assert told[-1] == cast.nurlan
        assert OutgoingMessage.objects.filter(letter="volunteers/left", recipient=cast.nurlan.user).count() == 1
        assert StaffTask.objects.visible_to(cast.aigul).filter(kind="left").count() == 1
        assert audit.history(cast.nurlan).get(action="exit").data["reason_code"] == "moved"

    def test_twice_is_refused_and_so_is_somebody_never_approved(self, cast):
        leave(cast)
        assert refusal(leave, cast) == ["already_left"]
        person = builders.make_person(cast.serik, number=50, district=cast.taraz, family="Ә", given="С")
        assert refusal(leaving.leave, person=person, by=cast.serik, reason="inactive") == [
            "not_serving",
            "reason_unknown",
        ]

    @pytest.mark.parametrize("name", ["bolat", "ivan", "gulnara", "raushan", "root"])
    def test_others_may_not(self, cast, name):
        with pytest.raises(NotAllowed):
            leave(cast, by=getattr(cast, name))

    def test_an_administrator_records_none_whatever_else_he_is(self, cast):
        grant_role(user=cast.dana, role=Role.ADMINISTRATOR, by=None)
        assert refusal(leave, cast, by=cast.dana) == ["administrator"]

    def test_staff_record_it_and_whoever_died_gets_no_letter(self, cast):
        record = leave(cast, by=cast.aigul, reason="deceased", conversation_held=True, may_reapply=False)
        assert not record.may_reapply and record.conversation_held and record.recorded_by == cast.aigul
        assert not OutgoingMessage.objects.filter(letter="volunteers/left").exists()
        assert not StaffTask.objects.filter(kind="left").exists()

    def test_an_approval_decided_before_counts_no_more_though_it_begins_later(self, cast):
        first = cast.nurlan.approvals.get()
        decision = Decision.objects.create(
            application=first.decision.application,
            outcome="approve",
            rationale="x",
            proposed_by=cast.aigul,
            confirmed_by=cast.marat,
            confirmed_at=timezone.now(),
            snapshot_hash="x",
        )
        cast.nurlan.approvals.create(role=first.role, decision=decision, valid_from=in_days(1), valid_to=in_days(700))
        leave(cast)
        assert clearance.clearance(cast.nurlan, on=in_days(5)).standing == "exited"
        Decision.objects.filter(pk=decision.pk).update(confirmed_at=timezone.now())
        assert clearance.clearance(cast.nurlan).standing == "exited"
        assert "exited" not in [reason.code for reason in clearance.clearance(cast.nurlan, on=in_days(5)).reasons]

    def test_scenario_42_exit(self, cast, sign_in):
        """Moved: sessions are dealt with in tests/events; here what he sees, and that he may come back."""
        client = sign_in(cast.nurlan.user)
        unsure = client.post(reverse("my_leave"), {"reason": "moved", "note": "To Almaty."})
        assert unsure.status_code == 422 and "To Almaty." in unsure.content.decode()
        assert not ExitRecord.objects.exists()
        client.post(reverse("my_leave"), {"reason": "moved", "sure": "on"})

        page = client.get(reverse("my_home")).content.decode()
        assert 'data-testid="standing" data-state="exited"' in page and reverse("my_service_letter") in page
        assert cast.nurlan.full_name in page
        for name in ("session_list", "my_pause", "badge_qr", "my_card"):
            assert reverse(name) not in page
        letter = client.get(reverse("my_service_letter")).content.decode()
        assert cast.nurlan.full_name in letter and 'data-testid="visits">0<' in letter
        for name in ("my_pause", "my_leave", "my_stay", "my_card", "my_photo", "badge_qr"):
            assert client.get(reverse(name)).status_code == 404

        again = applications.start(by=cast.nurlan.user, role=ProgrammeRole.objects.get(code="school_mentor"))
        assert again.state == "draft"
        assert again.code in client.get(reverse("my_home")).content.decode()

    def test_scenario_42_a_suspended_person_leaves_and_the_concern_stays_open(self, cast):
        suspension = standing.suspend(person=cast.nurlan, by=cast.aigul, reason_code=inquiry(), note="x")
        concern = Concern.objects.create(person=cast.nurlan, source="staff", level="serious", raised_by=cast.aigul)
        record = leave(cast)
        concern.refresh_from_db()
        suspension.refresh_from_db()
        assert record.while_suspended and suspension.ended_in_exit_at and not suspension.lifted_at
        assert concern.closed_at is None
        assert refusal(standing.propose_lift, suspension=suspension, by=cast.dana) == ["already_lifted"]

    def test_who_came_back_can_be_suspended_again(self, cast):
        standing.suspend(person=cast.nurlan, by=cast.aigul, reason_code=inquiry(), note="x")
        leave(cast)
        again = builders.make_application(cast.nurlan, "decision")
        builders.approve(again, cast.aigul, cast.marat, timezone.localdate())
        Decision.objects.filter(application=again).update(confirmed_at=timezone.now())
        assert clearance.clearance(cast.nurlan).standing != "exited"
        standing.suspend(person=cast.nurlan, by=cast.aigul, reason_code=inquiry(), note="y")
        assert clearance.clearance(cast.nurlan).standing == "suspended"

    def test_who_may_not_come_back_is_told_nothing_and_the_leads_hear_of_it(self, cast, sign_in):
        leave(cast, by=cast.dana, reason="standards", may_reapply=False)
        role = ProgrammeRole.objects.get(code="school_mentor")
        for _attempt in range(2):
            with pytest.raises(Refused) as caught:
                applications.start(by=cast.nurlan.user, role=role)
            assert caught.value.codes == ["cannot_accept"]
        assert StaffTask.objects.visible_to(cast.marat).filter(kind="return").count() == 1
        assert not StaffTask.objects.visible_to(cast.aigul).filter(kind="return").exists()
        assert (
            reverse("roles")
            not in sign_in(cast.nurlan.user)
            .get(reverse("my_home"))
            .content.decode()
            .split("</main>")[0]
            .split("<main")[1]
        )

    def test_by_the_page_of_the_person_and_the_note_is_the_leads(self, cast, sign_in):
        address = reverse("staff_person_exit", args=[cast.nurlan.uuid])
        client = sign_in(cast.aigul)
        wrong = client.post(address, {"note": "Moved away."})
        assert wrong.status_code == 422 and "Moved away." in wrong.content.decode()
        assert client.post(address, {"reason": "moved", "note": "Moved away.", "may_reapply": "on"}).status_code == 302
        page = reverse("staff_person", args=[cast.nurlan.uuid])
        record = ExitRecord.objects.get()
        note = reverse("staff_exit", args=[record.uuid])
        assert 'data-reason="moved"' in client.get(page).content.decode()
        assert note not in client.get(page).content.decode() and client.get(note).status_code == 403
        assert note in sign_in(cast.dana).get(page).content.decode()
        assert "Moved away." in sign_in(cast.dana).get(note).content.decode()
        assert audit.history(record, "view").get().action == "exit_note"
