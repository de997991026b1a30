from datetime import date, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from portal.access import Role
from portal.management.demo import builders
from portal.services import end_role, grant_role
from tests.volunteers.cases import days_ago, inquiry
from volunteers.clearance import Activity, Interval, clearance, clearances, load_facts, unbroken_end
from volunteers.models import (
    AgreementVersion,
    Check,
    CheckType,
    DoNotEngage,
    Exemption,
    Pause,
    PolicyVersion,
    ReferenceResponse,
    Requirement,
    SupervisorAssignment,
    Suspension,
)
from volunteers.services import agreements, standing, training

EPOCH = date(2026, 1, 1)
days = st.integers(0, 60)


def day(number: int) -> date:
    return EPOCH + timedelta(days=number)


def publish(role, effective_from, *check_types, number=2):
    """A policy of the role, in force from that day, with these requirements before approval."""
    policy = PolicyVersion.objects.create(role=role, number=number, effective_from=effective_from)
    for check_type in check_types:
        Requirement.objects.create(policy=policy, check_type=check_type, stage=Requirement.Stage.APPROVAL)
    PolicyVersion.objects.filter(pk=policy.pk).update(published_at=timezone.now())


intervals = st.lists(st.tuples(days, days).map(lambda pair: Interval(day(min(pair)), day(max(pair)))), max_size=8)


@given(intervals, days)
def test_the_end_is_the_last_day_of_the_run_that_covers_the_day(spans, on):
    covered = {span.start + timedelta(days=n) for span in spans for n in range((span.end - span.start).days + 1)}
    expected, today = None, day(on)
    while today in covered:
        expected, today = today, today + timedelta(days=1)

    assert unbroken_end(spans, day(on)) == expected


@given(intervals, days)
def test_the_order_of_the_facts_does_not_matter(spans, on):
    assert unbroken_end(spans, day(on)) == unbroken_end(list(reversed(spans)), day(on))


def test_adjoining_papers_leave_no_gap_and_a_day_between_does():
    first, next_day, later = Interval(day(0), day(9)), Interval(day(10), day(19)), Interval(day(11), day(19))
    assert unbroken_end([first, next_day], day(5)) == day(19)
    assert unbroken_end([first, later], day(5)) == day(9)


def test_something_without_an_end_has_none():
    assert unbroken_end([Interval(day(0), date.max), Interval(day(5), day(9))], day(7)) == date.max


def test_the_day_of_the_session_counts_and_the_last_day_is_included(cast):
    """The certificate ends in 20 days."""
    today = timezone.localdate()
    assert clearance(cast.nurlan, on=today + timedelta(days=10)).ok
    last = clearance(cast.nurlan, on=today + timedelta(days=20))
    assert last.ok and last.until == today + timedelta(days=20)
    after = clearance(cast.nurlan, on=today + timedelta(days=21))
    assert [reason.code for reason in after.reasons] == ["expired:criminal_record"]


def test_all_reasons_are_told_at_once(cast):
    person = builders.make_person(cast.serik, number=50, district=cast.taraz, family="Әбенов", given="Серік")
    application = builders.make_application(person, "decision")
    builders.check_all(application, staff=cast, on=days_ago(5))
    builders.approve(application, cast.aigul, cast.marat, days_ago(1))

    answer = clearance(person)

    assert [reason.code for reason in answer.reasons] == [
        "missing:induction",
        "missing:code_of_conduct",
        "no_supervisor",
    ]
    assert answer.standing == "not_onboarded"


def test_a_format_that_the_role_has_not_is_refused(cast):
    assert [reason.code for reason in clearance(cast.nurlan, Activity("one_to_one")).reasons] == ["not_approved"]


def test_a_suspension_covers_all_later_days_and_comes_first(cast):
    standing.suspend(person=cast.nurlan, by=cast.aigul, reason_code=inquiry(), note="A call from the school.")
    later = clearance(cast.nurlan, on=timezone.localdate() + timedelta(days=15))
    assert later.standing == "suspended" and later.reasons[0].code == "suspended"


def test_a_supervisor_who_left_supervises_nobody(cast):
    cast.aigul.is_active = False
    cast.aigul.save()
    assert [reason.code for reason in clearance(cast.nurlan).reasons] == ["no_supervisor"]


def test_an_early_renewal_moves_the_end_and_leaves_no_gap(cast):
    old = Check.objects.get(person=cast.nurlan, check_type__code="criminal_record")
    builders.verify(old.application, "criminal_record", cast.dana, timezone.localdate())

    answer = clearance(cast.nurlan, on=timezone.localdate() + timedelta(days=30))

    assert answer.ok
    assert Check.objects.get(pk=old.pk).expires_on == timezone.localdate() + timedelta(days=20)


def test_a_failed_training_ends_what_an_earlier_pass_gave(cast):
    module = cast.nurlan.training.get().module
    training.record_training(
        person=cast.nurlan, module=module, by=cast.ivan, held_on=timezone.localdate(), result="failed", note="Quiz."
    )
    assert [reason.code for reason in clearance(cast.nurlan).reasons] == ["missing:induction"]


def test_a_newer_code_of_conduct_must_be_accepted_anew(cast):
    old = AgreementVersion.objects.get(agreement__code="code_of_conduct")
    new = AgreementVersion.objects.create(
        agreement=old.agreement, number=2, valid_from=timezone.localdate(), title_kk="2", title_ru="2", title_en="2"
    )
    assert [reason.code for reason in clearance(cast.nurlan).reasons] == ["expired:code_of_conduct"]

    agreements.accept_agreement(person=cast.nurlan, version=new, by=cast.nurlan.user, language="kk")

    assert clearance(cast.nurlan).ok
    assert cast.nurlan.acceptances.filter(version__agreement=old.agreement).count() == 2


def test_a_stricter_policy_counts_from_its_day(cast):
    policy = PolicyVersion.objects.get(role__code="school_mentor")
    check_type = Requirement.objects.get(policy__role__code="teacher_mentor", check_type__code="employment").check_type
    later = timezone.localdate() + timedelta(days=5)
    publish(policy.role, later, check_type)

    assert clearance(cast.nurlan).ok
    assert [reason.code for reason in clearance(cast.nurlan, on=later).reasons] == ["missing:employment"]


def test_fifty_people_cost_as_many_queries_as_one(cast, django_assert_num_queries):
    others = [
        builders.make_mentor(f"m{number}", number=100 + number, staff=cast, district=cast.taraz, family="Ә", given="Б")
        for number in range(48)
    ]
    with django_assert_num_queries(2):
        clearances([cast.nurlan])
    with django_assert_num_queries(2):
        assert all(answer.ok for answer in clearances([cast.nurlan, cast.yerbol, *others]).values())


def test_no_suspension_and_no_supervisor_of_somebody_else_counts(cast):
    Suspension.objects.create(person=cast.yerbol, reason_code=inquiry(), opened_by=cast.dana, note="x")
    SupervisorAssignment.objects.filter(person=cast.yerbol).update(ends_on=days_ago(1))
    assert clearance(cast.nurlan).ok
    assert not clearance(cast.yerbol).ok


@pytest.mark.parametrize(("offset", "ok"), [(0, True), (-1, False)])
def test_a_supervision_ends_with_its_last_day(cast, offset, ok):
    last = timezone.localdate() + timedelta(days=offset)
    SupervisorAssignment.objects.filter(person=cast.nurlan).update(ends_on=last)
    assert clearance(cast.nurlan).ok is ok


def test_clearance_is_promised_only_until_a_stricter_policy_begins(cast):
    today = timezone.localdate()
    approval = cast.yerbol.approvals.get()
    before = clearance(cast.yerbol)
    begins = today + timedelta(days=30)
    demanded = [item.check_type for item in Requirement.objects.filter(policy__role=approval.role, policy__number=1)]
    publish(approval.role, begins, *demanded)
    assert clearance(cast.yerbol).until == before.until  # the same requirements change nothing
    publish(approval.role, begins, *demanded, CheckType.objects.get(code="endorsement"), number=3)
    assert clearance(cast.yerbol).until == begins - timedelta(days=1)
    assert clearance(cast.yerbol, on=begins).reasons[0].code == "missing:endorsement"


def test_one_fresh_reference_does_not_renew_an_old_one(cast):
    """Two are needed, each counts for two years: a third, years later, covers nothing by itself."""
    application = cast.nurlan.applications.get()
    long_ago = timezone.localdate() - timedelta(days=1000)
    ReferenceResponse.objects.filter(request__application=application).update(assessed_at=builders.moment(long_ago))
    assert "expired:references" in [reason.code for reason in clearance(cast.nurlan).reasons]
    builders.give_references(application, cast.dana, timezone.localdate(), count=1)
    assert "expired:references" in [reason.code for reason in clearance(cast.nurlan).reasons]
    builders.give_references(application, cast.dana, timezone.localdate(), count=1)
    assert clearance(cast.nurlan).ok


class TestFacts:
    """What is stored, read back from the database."""

    def test_a_pause_and_a_cancelled_one(self, cast):
        today = timezone.localdate()
        Pause.objects.create(person=cast.yerbol, starts_on=today, ends_on=today + timedelta(days=2))
        assert clearance(cast.yerbol).standing == "paused"
        assert clearance(cast.yerbol, on=today + timedelta(days=3)).ok
        Pause.objects.update(cancelled_at=timezone.now())
        assert clearance(cast.yerbol).ok

    @pytest.mark.parametrize("ended", ["lifted_at", "ended_in_exit_at"])
    def test_a_suspension_that_is_over_counts_nothing(self, cast, ended):
        suspension = standing.suspend(person=cast.yerbol, by=cast.aigul, reason_code=inquiry(), note="x")
        Suspension.objects.filter(pk=suspension.pk).update(**{ended: timezone.now()})
        assert clearance(cast.yerbol).ok

    def test_an_exemption_counts_once_two_have_signed_and_never_for_a_deciding_check(self, cast):
        today = timezone.localdate()
        Check.objects.filter(person=cast.yerbol, check_type__code__in=["employment", "court_ban"]).delete()
        types = {code: CheckType.objects.get(code=code) for code in ("employment", "court_ban")}
        granted = {
            code: Exemption.objects.create(
                person=cast.yerbol,
                check_type=check_type,
                reason="x",
                starts_on=today,
                ends_on=today + timedelta(days=9),
                granted_by=cast.dana,
            )
            for code, check_type in types.items()
        }
        missing = ["missing:court_ban", "missing:employment"]
        assert sorted(reason.code for reason in clearance(cast.yerbol).reasons) == missing
        Exemption.objects.update(confirmed_by=cast.marat, confirmed_at=timezone.now())
        assert [reason.code for reason in clearance(cast.yerbol).reasons] == missing[:1]
        builders.verify(cast.yerbol.applications.get(), "court_ban", cast.dana, today)
        assert clearance(cast.yerbol).until == granted["employment"].ends_on
        Exemption.objects.update(revoked_by=cast.dana, revoked_at=timezone.now())
        assert [reason.code for reason in clearance(cast.yerbol).reasons] == missing[1:]

    def test_the_do_not_engage_list_bars_once_confirmed_until_lifted(self, cast):
        entry = DoNotEngage.objects.create(
            iin_hash=cast.yerbol.iin_hash,
            reason_code=inquiry(),
            decided_by=cast.dana,
            review_on=timezone.localdate() + timedelta(days=1095),
        )
        assert clearance(cast.yerbol).ok
        DoNotEngage.objects.filter(pk=entry.pk).update(confirmed_by=cast.marat, confirmed_at=timezone.now())
        answer = clearance(cast.yerbol)
        assert answer.standing == "barred" and [reason.code for reason in answer.reasons] == ["suspended"]
        assert answer.shown_standing == "suspended"
        assert clearance(cast.nurlan).ok
        DoNotEngage.objects.filter(pk=entry.pk).update(
            lift_proposed_by=cast.dana, lifted_by=cast.marat, lifted_at=timezone.now()
        )
        assert clearance(cast.yerbol).ok

    def test_a_supervisor_who_lost_his_role_in_the_district_supervises_nobody(self, cast):
        assert clearance(cast.nurlan).ok
        end_role(user=cast.aigul, role=Role.COORDINATOR, by=None, district=cast.taraz)
        grant_role(user=cast.aigul, role=Role.COORDINATOR, by=None, district=cast.zhambyl)
        grant_role(user=cast.aigul, role=Role.EDITOR, by=None)
        assert [reason.code for reason in clearance(cast.nurlan).reasons] == ["no_supervisor"]

    def test_a_text_accepted_again_before_its_end_loses_no_days(self, cast):
        acceptance = cast.yerbol.acceptances.get(version__agreement__code="code_of_conduct")
        check_type = CheckType.objects.get(code="code_of_conduct")
        cast.yerbol.acceptances.update(at=timezone.now() - timedelta(days=340))
        first_end = timezone.localdate() + timedelta(days=25)
        covered = load_facts([cast.yerbol.pk])[cast.yerbol.pk].covered[check_type.pk]
        assert [item.end for item in covered] == [first_end]

        agreements.accept_agreement(person=cast.yerbol, version=acceptance.version, by=cast.yerbol.user, language="kk")

        covered = load_facts([cast.yerbol.pk])[cast.yerbol.pk].covered[check_type.pk]
        assert unbroken_end(covered, timezone.localdate()) == first_end + timedelta(days=365)
