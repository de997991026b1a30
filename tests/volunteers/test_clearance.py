from datetime import date, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from portal.management.demo import builders
from tests.volunteers.cases import days_ago, inquiry
from volunteers.clearance import Activity, Interval, clearance, clearances, unbroken_end
from volunteers.models import (
    AgreementVersion,
    Check,
    CheckType,
    PolicyVersion,
    ReferenceResponse,
    Requirement,
    SupervisorAssignment,
    Suspension,
)
from volunteers.services import standing

EPOCH = date(2026, 1, 1)
days = st.integers(0, 60)


def day(number: int) -> date:
    return EPOCH + timedelta(days=number)


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
    standing.record_training(
        person=cast.nurlan, module=module, by=cast.ivan, held_on=timezone.localdate(), result="failed", note="Quiz."
    )
    assert [reason.code for reason in clearance(cast.nurlan).reasons] == ["missing:induction"]


def test_a_newer_code_of_conduct_must_be_accepted_anew(cast):
    old = AgreementVersion.objects.get(agreement__code="code_of_conduct")
    new = AgreementVersion.objects.create(
        agreement=old.agreement, number=2, valid_from=timezone.localdate(), title_kk="2", title_ru="2", title_en="2"
    )
    assert [reason.code for reason in clearance(cast.nurlan).reasons] == ["expired:code_of_conduct"]

    standing.accept_agreement(person=cast.nurlan, version=new, by=cast.nurlan.user, language="kk")

    assert clearance(cast.nurlan).ok
    assert cast.nurlan.acceptances.filter(version__agreement=old.agreement).count() == 2


def test_a_stricter_policy_counts_from_its_day(cast):
    policy = PolicyVersion.objects.get(role__code="school_mentor")
    check_type = Requirement.objects.get(policy__role__code="teacher_mentor", check_type__code="employment").check_type
    later = timezone.localdate() + timedelta(days=5)
    stricter = PolicyVersion.objects.create(
        role=policy.role, number=2, effective_from=later, published_at=timezone.now()
    )
    Requirement.objects.create(policy=stricter, check_type=check_type, stage="approval")

    assert clearance(cast.nurlan).ok
    assert [reason.code for reason in clearance(cast.nurlan, on=later).reasons] == ["missing:employment"]


def test_many_people_cost_as_many_queries_as_one(cast, django_assert_num_queries):
    with django_assert_num_queries(12) as one:
        clearances([cast.nurlan])
    with django_assert_num_queries(len(one.captured_queries)):
        assert all(answer.ok for answer in clearances([cast.nurlan, cast.yerbol]).values())


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
    stricter = PolicyVersion.objects.create(
        role=approval.role, number=2, effective_from=begins, published_at=timezone.now()
    )
    employment = Requirement.objects.filter(policy__role=approval.role, policy__number=1)
    for requirement in employment:
        Requirement.objects.create(policy=stricter, check_type=requirement.check_type, stage=requirement.stage)
    assert clearance(cast.yerbol).until == before.until  # the same requirements change nothing
    missing = CheckType.objects.get(code="endorsement")
    Requirement.objects.create(policy=stricter, check_type=missing, stage=Requirement.Stage.APPROVAL)
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
