"""Check-ins and the supervision board."""

import random
from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from mentors.models import CheckIn
from mentors.querysets import on_the_board, overdue
from mentors.services import begun_on, first_due, next_due, record_check_in
from portal import audit
from portal.access import Role
from portal.management.demo import builders
from portal.models import StaffTask
from portal.services import end_role, grant_role
from tests.volunteers.test_checks import refusal
from volunteers.models import Application, Approval, ExitRecord, SupervisorAssignment
from volunteers.services import leaving, supervision

pytestmark = pytest.mark.django_db
BOARD = "/en/staff/supervision/"


def in_days(count: int) -> date:
    return timezone.localdate() + timedelta(days=count)


def talk(cast, by=None, **changes) -> CheckIn:
    call = {"held_on": in_days(0), "kind": "call", "wellbeing": "good", "boundaries": "good"}
    return record_check_in(person=cast.nurlan, by=by or cast.aigul, **call | changes)


class TestSchedule:
    BEGUN = date(2027, 9, 1)

    def test_twice_in_the_first_month_then_monthly_then_quarterly(self):
        due, days = first_due(self.BEGUN), []
        while due < self.BEGUN + timedelta(days=700):
            days.append((due - self.BEGUN).days)
            due = next_due(self.BEGUN, due)
        assert days[:4] == [15, 30, 60, 90]
        assert len([day for day in days if day <= 30]) == 2
        gaps = [later - earlier for earlier, later in pairwise(days)]
        assert set(gaps) == {15, 30, 91} and gaps == sorted(gaps)

    @given(st.integers(0, 900))
    def test_the_next_one_is_later_and_never_more_than_a_quarter_away(self, number):
        held_on = self.BEGUN + timedelta(days=number)
        assert timedelta(15) <= next_due(self.BEGUN, held_on) - held_on <= timedelta(91)


class TestCheckIn:
    def test_the_supervisor_records_it_and_the_note_is_encrypted(self, cast):
        check_in = talk(cast, note="He likes the seventh grade.")
        assert check_in.next_due == in_days(30)  # approved 60 days ago
        assert b"seventh" not in bytes(check_in.note_sealed)
        assert "seventh" not in str(audit.history(check_in).get().data)
        assert not StaffTask.objects.filter(kind="check_in").exists()

    def test_attention_is_a_task_for_the_leads(self, cast):
        check_in = talk(cast, boundaries="attention", note="A private message.")
        task = StaffTask.objects.get(kind="check_in")
        assert task.about == check_in.code and task in StaffTask.objects.visible_to(cast.dana)
        assert task not in StaffTask.objects.visible_to(cast.aigul)

    @pytest.mark.parametrize("name", ["dana", "bolat", "ivan", "gulnara", "root"])
    def test_nobody_else_records_one(self, cast, name):
        assert refusal(talk, cast, by=getattr(cast, name)) == ["not_supervisor"]

    def test_nor_the_mentor_himself(self, cast):
        grant_role(user=cast.nurlan.user, role=Role.TRAINER, by=None)
        SupervisorAssignment.objects.create(
            person=cast.nurlan,
            supervisor=cast.nurlan.user,
            cover_for=cast.aigul,
            ends_on=in_days(3),
        )
        assert refusal(talk, cast, by=cast.nurlan.user) == ["not_supervisor"]

    def test_a_stand_in_records_in_his_days(self, cast):
        supervision.assign_cover(
            person=cast.nurlan, cover=cast.ivan, by=cast.aigul, starts_on=in_days(0), ends_on=in_days(1)
        )
        assert talk(cast, by=cast.ivan).recorded_by == cast.ivan

    def test_all_that_is_wrong_is_told_at_once(self, cast):
        assert refusal(talk, cast, held_on=in_days(1), wellbeing="attention") == ["held_in_future", "note_missing"]
        assert refusal(talk, cast, held_on=in_days(-61)) == ["held_before"]


def rows(client, **query) -> list[str]:
    page = client.get(BOARD, query).content.decode()
    return [part.split('"')[0] for part in page.split('data-testid="person" data-uuid="')[1:]]


def _anything(person, cast, chance) -> None:
    """A service that began lately, long ago, or anew after leaving; talks of this service and of an earlier one."""
    begun = chance.choice([-400, -60, -16, -15, -14, -1])
    Approval.objects.filter(person=person).update(valid_from=in_days(begun))
    if chance.random() < 0.3:
        record = ExitRecord.objects.create(person=person, left_on=in_days(begun - 9), reason="moved")
        ExitRecord.objects.filter(pk=record.pk).update(recorded_at=timezone.now() - timedelta(days=800))
    for _number in range(chance.choice([0, 1, 1, 3])):
        talk = CheckIn(
            person=person, kind="call", wellbeing="good", boundaries="good", recorded_by=cast.aigul,
            held_on=in_days(chance.choice([begun - 20, begun, -1, 0])), next_due=in_days(chance.choice([-1, 0, 1, 30])),
        )  # fmt: skip
        talk.save()


class TestBoard:
    def test_everybody_in_reach_and_for_a_trainer_his_own(self, cast, sign_in):
        both = {str(cast.nurlan.uuid), str(cast.yerbol.uuid)}
        assert set(rows(sign_in(cast.aigul))) == both == set(rows(sign_in(cast.dana)))
        assert rows(sign_in(cast.bolat)) == [] == rows(sign_in(cast.ivan))
        supervision.assign_supervisor(person=cast.yerbol, supervisor=cast.ivan, by=cast.aigul)
        assert rows(sign_in(cast.ivan)) == [str(cast.yerbol.uuid)]

    def test_whoever_lost_his_role_supervises_nobody_the_same_day(self, cast, sign_in):
        client = sign_in(cast.dana)
        assert rows(client, show="alone") == []
        end_role(user=cast.aigul, role=Role.COORDINATOR, by=None, district=cast.taraz)
        assert len(rows(client, show="alone")) == 2
        supervision.assign_supervisor(person=cast.nurlan, supervisor=cast.marat, by=cast.dana)
        assert rows(client, show="alone") == [str(cast.yerbol.uuid)]

    def test_overdue_talks(self, cast, sign_in):
        client = sign_in(cast.aigul)
        assert len(rows(client, show="overdue")) == 2  # approved 60 days ago, no talk yet
        talk(cast)
        assert rows(client, show="overdue") == [str(cast.yerbol.uuid)]
        CheckIn.objects.filter(person=cast.nurlan).update(next_due=in_days(-1))
        assert len(rows(client, show="overdue")) == 2
        Approval.objects.filter(person=cast.yerbol).update(valid_from=in_days(-15))
        assert rows(client, show="overdue") == [str(cast.nurlan.uuid)]

    def test_overdue_is_the_same_for_one_and_for_all(self, cast):
        """The set that the board asks for, against the rule said of each mentor for himself."""
        chance, today = random.Random(2), in_days(0)
        first_month = today - timedelta(days=settings.PROGRAMME["check_in_days"]["first_month"])
        people = [
            builders.make_mentor(
                f"m{number}", number=100 + number, staff=cast, district=cast.taraz, family="Ә", given="Б"
            )
            for number in range(30)
        ]
        for person in people:
            _anything(person, cast, chance)
        late = set()
        for person in on_the_board(cast.dana):
            begun = begun_on(person)
            talks = CheckIn.objects.filter(person=person, held_on__gte=begun).order_by("-held_on", "-pk")
            if talks[0].next_due < today if talks else begun < first_month:
                late.add(person.pk)
        found = overdue(on_the_board(cast.dana), CheckIn.objects.all())
        assert {person.pk for person in found} == late
        assert 5 < len(late) < found.model.objects.serving().count() - 5

    def test_ending_and_first_visits(self, cast, sign_in):
        client = sign_in(cast.aigul)
        assert rows(client, show="ending") == [str(cast.nurlan.uuid)]
        Approval.objects.filter(person=cast.yerbol).update(probation_visits=3)
        assert rows(client, show="probation") == [str(cast.yerbol.uuid)]
        assert rows(client, show="mine", name="сейіт") == [str(cast.yerbol.uuid)]

    def test_who_left_is_not_on_it(self, cast, sign_in):
        leaving.leave(person=cast.nurlan, by=cast.nurlan.user, reason="moved")
        assert rows(sign_in(cast.aigul)) == [str(cast.yerbol.uuid)]

    def test_thirty_cost_as_many_queries_as_two(self, cast, sign_in, django_assert_max_num_queries):
        client = sign_in(cast.dana)
        client.get(BOARD)
        with django_assert_max_num_queries(40) as two:
            client.get(BOARD, {"show": "ending"})
        for number in range(28):
            builders.make_mentor(
                f"m{number}", number=100 + number, staff=cast, district=cast.taraz, family="Ә", given="Б"
            )
        with django_assert_max_num_queries(len(two.captured_queries)):
            client.get(BOARD, {"show": "ending"})


class TestPage:
    def test_the_supervisor_writes_and_reads_his_notes(self, cast, sign_in):
        address = reverse("staff_supervised", args=[cast.nurlan.uuid])
        client = sign_in(cast.aigul)
        data = {"held_on": in_days(0), "kind": "meeting", "wellbeing": "attention", "boundaries": "good"}
        wrong = client.post(address, data)
        assert wrong.status_code == 422 and not CheckIn.objects.exists()
        assert client.post(address, data | {"note": "He is tired."}).status_code == 302
        assert "He is tired." in client.get(address).content.decode()

    def test_a_lead_reads_the_note_and_is_logged_others_do_not(self, cast, sign_in):
        talk(cast, note="He is tired.")
        address = reverse("staff_supervised", args=[cast.nurlan.uuid])
        assert "He is tired." in sign_in(cast.dana).get(address).content.decode()
        assert audit.history(cast.nurlan, "view").get().action == "check_in_notes"
        supervision.assign_supervisor(person=cast.nurlan, supervisor=cast.ivan, by=cast.aigul)
        page = sign_in(cast.ivan).get(address).content.decode()
        assert 'data-testid="talk"' in page and "He is tired." not in page
        assert sign_in(cast.bolat).get(address).status_code == 404
        assert sign_in(cast.dana).post(address, {}).status_code == 403

    def test_a_renewal_asks_for_his_opinion(self, cast, sign_in):
        renewal = builders.make_application(cast.nurlan, "assessment", owner=cast.aigul)
        Application.objects.filter(pk=renewal.pk).update(kind=Application.Kind.RENEWAL)
        address = reverse("staff_supervised", args=[cast.nurlan.uuid])
        assert reverse("staff_opinion", args=[renewal.uuid]) in sign_in(cast.aigul).get(address).content.decode()
        assert reverse("staff_opinion", args=[renewal.uuid]) not in sign_in(cast.dana).get(address).content.decode()
