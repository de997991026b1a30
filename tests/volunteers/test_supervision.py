from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal import audit
from portal.access import Role
from portal.management.demo import builders
from portal.models import StaffTask
from portal.refusals import NotAllowed
from portal.services import end_role, grant_role
from tests.volunteers.cases import days_ago
from tests.volunteers.test_checks import refusal
from volunteers import clearance
from volunteers.models import Application, SupervisorAssignment
from volunteers.services import supervision


def in_days(count: int):
    return timezone.localdate() + timedelta(days=count)


class TestSupervisor:
    def test_the_new_one_takes_the_place_of_the_old_one(self, cast):
        supervision.assign_supervisor(person=cast.nurlan, supervisor=cast.dana, by=cast.aigul)
        assert cast.nurlan.supervision.get(ends_on=None).supervisor == cast.dana
        assert cast.nurlan.supervision.count() == 2
        assert clearance.clearance(cast.nurlan).ok

    def test_the_same_one_again_changes_nothing(self, cast):
        supervision.assign_supervisor(person=cast.nurlan, supervisor=cast.aigul, by=cast.aigul)
        assert cast.nurlan.supervision.count() == 1

    def test_nobody_supervises_himself(self, cast):
        grant_role(user=cast.nurlan.user, role=Role.TRAINER, by=None)
        call = {"person": cast.nurlan, "supervisor": cast.nurlan.user, "by": cast.aigul}
        assert refusal(supervision.assign_supervisor, **call) == ["own_supervisor"]

    @pytest.mark.parametrize("name", ["bolat", "gulnara", "root", "serik", "raushan"])
    def test_the_supervisor_has_a_fitting_role_there(self, cast, name):
        call = {"person": cast.nurlan, "supervisor": getattr(cast, name), "by": cast.aigul}
        assert refusal(supervision.assign_supervisor, **call) == ["supervisor_role"]

    def test_a_coordinator_of_another_district_names_nobody(self, cast):
        with pytest.raises(NotAllowed):
            supervision.assign_supervisor(person=cast.nurlan, supervisor=cast.bolat, by=cast.bolat)

    def test_an_administrator_names_nobody(self, cast):
        grant_role(user=cast.root, role=Role.COORDINATOR, by=None)
        call = {"person": cast.nurlan, "supervisor": cast.dana, "by": cast.root}
        assert refusal(supervision.assign_supervisor, **call) == ["administrator"]


class TestCover:
    def cover(self, cast, **changes):
        call = {
            "person": cast.nurlan,
            "cover": cast.ivan,
            "by": cast.aigul,
            "starts_on": in_days(0),
            "ends_on": in_days(9),
        }
        return supervision.assign_cover(**call | changes)

    def test_somebody_stands_in_for_the_one_who_is_gone(self, cast):
        self.cover(cast)
        end_role(user=cast.aigul, role=Role.COORDINATOR, by=None, district=cast.taraz)
        answer = clearance.clearance(cast.nurlan)
        assert answer.ok and answer.until == in_days(9)

    def test_he_is_supervisor_only_on_his_days(self, cast):
        self.cover(cast, starts_on=in_days(2))
        assert not supervision.supervises(cast.ivan, cast.nurlan)
        assert supervision.supervises(cast.ivan, cast.nurlan, in_days(2))
        assert not supervision.supervises(cast.ivan, cast.nurlan, in_days(10))

    def test_ended_early_he_is_none_and_nobody_is_left(self, cast):
        assignment = self.cover(cast)
        end_role(user=cast.aigul, role=Role.COORDINATOR, by=None, district=cast.taraz)
        supervision.end_cover(assignment=assignment, by=cast.dana)
        assert [reason.code for reason in clearance.clearance(cast.nurlan).reasons] == ["no_supervisor"]
        assert refusal(supervision.end_cover, assignment=assignment, by=cast.dana) == ["no_cover"]

    def test_all_that_is_wrong_is_told_at_once(self, cast):
        reasons = refusal(self.cover, cast, cover=cast.aigul, starts_on=in_days(0), ends_on=in_days(-1))
        assert reasons == ["covers_himself", "cover_order", "cover_past"]
        cast.nurlan.supervision.all().delete()
        assert refusal(self.cover, cast, cover=cast.gulnara) == ["supervisor_role", "nobody_to_cover"]
        with pytest.raises(NotAllowed):
            self.cover(cast, by=cast.bolat)

    def test_by_the_page(self, cast, sign_in):
        client = sign_in(cast.aigul)
        address = reverse("staff_person_cover", args=[cast.nurlan.uuid])
        data = {"cover": cast.ivan.pk, "starts_on": in_days(0), "ends_on": in_days(-3)}
        page = client.post(address, data)
        assert page.status_code == 409 and 'data-code="cover_order"' in page.content.decode()
        assert client.post(address, data | {"ends_on": in_days(3)}).status_code == 302
        page = client.get(reverse("staff_person", args=[cast.nurlan.uuid])).content.decode()
        assert 'data-testid="cover"' in page and "move-end_cover" in page
        assignment = SupervisorAssignment.objects.exclude(cover_for=None).get()
        end = reverse("staff_cover_end", args=[cast.nurlan.uuid, assignment.pk])
        assert sign_in(cast.bolat).post(end).status_code == 404
        assert client.post(end).status_code == 302
        assert not SupervisorAssignment.objects.running().exclude(cover_for=None).exists()


@pytest.fixture
def renewal(cast):
    return builders_renewal(cast)


def builders_renewal(cast) -> Application:
    application = builders.make_application(cast.nurlan, "assessment", owner=cast.aigul)
    Application.objects.filter(pk=application.pk).update(kind=Application.Kind.RENEWAL)
    application.refresh_from_db()
    return application


class TestOpinion:
    def give(self, application, by, **changes):
        call = {"application": application, "by": by, "supports": True, "text": "He is patient."}
        supervision.give_opinion(**call | changes)

    def test_the_supervisor_says_it_and_it_is_kept_encrypted(self, cast, renewal):
        self.give(renewal, cast.aigul)
        renewal.refresh_from_db()
        assert (renewal.opinion, renewal.opinion_by, renewal.supports_renewal) == ("He is patient.", cast.aigul, True)
        assert b"patient" not in bytes(renewal.opinion_sealed)
        assert audit.history(renewal).get(action="opinion").data == {"supports": True}

    @pytest.mark.parametrize("name", ["dana", "bolat", "ivan", "gulnara", "raushan"])
    def test_nobody_else_says_it(self, cast, renewal, name):
        assert refusal(self.give, renewal, getattr(cast, name)) == ["not_supervisor"]

    def test_a_stand_in_says_it_in_his_days(self, cast, renewal):
        supervision.assign_cover(
            person=cast.nurlan, cover=cast.ivan, by=cast.aigul, starts_on=in_days(0), ends_on=in_days(0)
        )
        self.give(renewal, cast.ivan, supports=False)
        renewal.refresh_from_db()
        assert renewal.supports_renewal is False

    def test_it_is_asked_for_a_renewal_that_is_looked_at(self, cast, renewal):
        Application.objects.filter(pk=renewal.pk).update(state="proposed")
        assert refusal(self.give, renewal, cast.aigul, text=" ") == ["not_asked", "opinion_missing"]
        first = cast.nurlan.applications.get(kind="initial")
        assert refusal(self.give, first, cast.aigul) == ["not_asked"]

    def test_an_administrator_says_nothing(self, cast, renewal):
        grant_role(user=cast.aigul, role=Role.ADMINISTRATOR, by=None)
        assert refusal(self.give, renewal, cast.aigul) == ["administrator"]

    def test_by_the_page(self, cast, sign_in, renewal):
        address = reverse("staff_opinion", args=[renewal.uuid])
        assert sign_in(cast.dana).get(address).status_code == 404
        client = sign_in(cast.aigul)
        wrong = client.post(address, {"text": "He is patient."})
        assert wrong.status_code == 422 and "He is patient." in wrong.content.decode()
        assert client.post(address, {"text": "He is patient.", "supports": "no"}).status_code == 302
        renewal.refresh_from_db()
        assert renewal.supports_renewal is False


class TestAlone:
    def test_a_task_for_each_supervisor_who_was_lost(self, cast):
        today = timezone.localdate()
        assert supervision.ask_for_supervisors(today) == []
        end_role(user=cast.aigul, role=Role.COORDINATOR, by=None, district=cast.taraz)
        assert set(supervision.ask_for_supervisors(today)) == {cast.nurlan.code, cast.yerbol.code}
        supervision.ask_for_supervisors(today)
        assert StaffTask.objects.filter(kind="no_supervisor").count() == 2
        supervision.assign_supervisor(person=cast.nurlan, supervisor=cast.ivan, by=cast.dana)
        assert supervision.ask_for_supervisors(today) == [cast.yerbol.code]
        end_role(user=cast.ivan, role=Role.TRAINER, by=None)
        supervision.ask_for_supervisors(today)
        assert StaffTask.objects.filter(kind="no_supervisor", about=cast.nurlan.code).count() == 2

    def test_not_about_those_who_do_not_serve(self, cast):
        cast.nurlan.supervision.all().delete()
        cast.nurlan.approvals.update(valid_to=days_ago(1))
        assert supervision.ask_for_supervisors(timezone.localdate()) == []
