"""Rules that an adversarial reading found a way round: a failed check, second signatures, sealed words, reach."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.access import Role
from portal.management.demo import builders
from portal.models import OutgoingMessage, RoleGrant, StaffTask, User
from portal.refusals import NotAllowed
from tests.volunteers.cases import check_of, complete, days_ago, declare, in_assessment, in_screening, verify
from tests.volunteers.drafts import draft
from tests.volunteers.test_checks import refusal
from tests.volunteers.test_refusals import days_over, propose_decline
from volunteers import clearance
from volunteers.models import Appeal, Application, Approval, Check, Person, PolicyVersion, ProgrammeRole, RefereeRequest
from volunteers.services import (
    appeals,
    applications,
    chasing,
    checks,
    decisions,
    guards,
    holds,
    leaving,
    objections,
    risks,
)
from volunteers.services.checks import asking
from volunteers.states import ApplicationState, CheckState, RefereeState

S = ApplicationState


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def codes(application: Application) -> list[str]:
    return [reason.code for reason in guards.missing_for_approval(fresh(application))]


def name_referee(application: Application) -> RefereeRequest:
    return RefereeRequest.objects.create(
        application=application, name="A B", relation="colleague", email="ref1@demo.example"
    )


def test_a_failed_check_stays_in_the_way_until_the_lead_sets_it_aside(cast, sign_in):
    case = complete(cast)
    old = check_of(case, "criminal_record")
    newer = checks.renew(check=old, by=cast.aigul)
    checks.fail(check=newer, by=cast.aigul, reason="An entry was found.")

    assert sign_in(cast.serik).post(reverse("my_check_renew", args=[old.uuid])).status_code == 409
    for by in (cast.serik, cast.aigul):
        assert refusal(checks.renew, check=fresh(old), by=by) == ["wrong_state"]
    Check.objects.create(person=case.person, subject=cast.serik, check_type=old.check_type)  # however it came
    assert codes(case) == ["failed:criminal_record"]
    checks.renew(check=fresh(newer), by=cast.dana)
    assert codes(case) == []


def test_the_night_asks_for_nothing_in_place_of_a_failed_check(cast):
    today = timezone.localdate()
    old = cast.nurlan.checks.get(check_type__code="criminal_record")
    newer = checks.renew(check=old, by=cast.aigul)
    checks.fail(check=newer, by=cast.aigul, reason="An entry was found.")
    Check.objects.filter(pk=old.pk).update(expires_on=today + timedelta(days=5))
    asking.open_renewals(today)
    assert not cast.nurlan.checks.filter(check_type=old.check_type, state=CheckState.REQUESTED).exists()


def test_considered_anew_after_an_early_refusal_the_checks_and_referees_are_asked_for(cast):
    case = in_screening(cast)
    name_referee(case)
    propose_decline(case, cast.aigul)
    decisions.confirm_decline(application=case, by=cast.dana, no_conflict=True)
    decisions.reconsider(application=fresh(case), by=cast.marat, reason="He answered.")
    assert case.checks.filter(state=CheckState.REQUESTED, check_type__code="criminal_record").exists()
    assert case.referees.get().state == RefereeState.SENT
    assert OutgoingMessage.objects.filter(letter="volunteers/reference_request", about=case.code).exists()


def test_after_an_accepted_appeal_a_cancelled_referee_is_asked_again(cast):
    case = in_assessment(cast)
    asked = name_referee(case)
    decision = propose_decline(case, cast.aigul)
    decisions.confirm_decline(application=case, by=cast.dana, no_conflict=True)
    days_over(decision)
    RefereeRequest.objects.filter(pk=asked.pk).update(state=RefereeState.SENT)
    decisions.decline(application=case, by=cast.dana, reason="No answer.")
    assert fresh(asked).state == RefereeState.CANCELLED
    unasked = name_referee(case)
    appeal = objections.appeal(application=fresh(case), by=cast.serik, text="I had no chance.")
    appeals.decide(
        appeal=appeal, by=cast.saule, outcome=Appeal.Outcome.ACCEPTED, applicant_text="We look again.", reason="Ill."
    )
    assert fresh(unasked).state == RefereeState.SENT
    chasing.resend(request=fresh(asked), by=cast.aigul)
    assert fresh(asked).state == RefereeState.SENT


def test_whoever_mistyped_his_address_is_found_and_joined_by_the_lead(cast, sign_in):
    applications.send(application=draft(cast.serik), by=cast.serik)  # the code went astray
    user = builders.make_user("serik2", given="Серік", family="Әбенов")
    second = draft(user, email="serik2@demo.example")
    assert refusal(applications.send, application=second, by=user) == ["cannot_accept"]
    page, lead = StaffTask.objects.get(kind="duplicate_person").url, sign_in(cast.dana)
    assert lead.get(page).status_code == 200
    joined = lead.post(page, {"reason": "I called him."}, follow=True)
    assert joined.status_code == 200 and Person.objects.get(user=user).pk != second.person_id
    far = builders.make_user("far", Role.SAFEGUARDING_LEAD, district=cast.zhambyl)
    assert sign_in(User.objects.get(pk=far.pk)).get(page).status_code == 404


def test_withdrawing_one_case_leaves_the_other_with_its_checks(cast):
    first = in_assessment(cast)
    role = ProgrammeRole.objects.get(code="school_mentor")
    second = Application.objects.create(
        person=first.person,
        role=role,
        policy=first.policy,
        kind=Application.Kind.ROLE_CHANGE,
        state=S.ASSESSMENT,
        submitted_at=timezone.now(),
    )
    wanted = set(first.checks.values_list("check_type__code", flat=True))
    applications.withdraw(application=first, by=cast.serik)
    asked = second.checks.filter(state=CheckState.REQUESTED)
    assert wanted and set(asked.values_list("check_type__code", flat=True)) == wanted


def test_nobody_writes_over_the_leads_word_on_a_declaration_nor_over_an_interview(cast, sign_in):
    case = in_assessment(cast)
    declared, talk = check_of(case, "self_disclosure"), check_of(case, "interview")
    declare(declared, yes="1999")
    verify(cast, fresh(declared), method="declaration_read", note="ASSESSED")
    verify(cast, talk)
    for check in (declared, talk):
        assert (
            sign_in(cast.aigul)
            .post(reverse("staff_check_provide", args=[check.uuid]), {"issued_on": days_ago(0)})
            .status_code
            == 403
        )
        for by in (cast.aigul, cast.serik):
            with pytest.raises(NotAllowed) as caught:
                checks.provide(check=fresh(check), by=by, number="", issuer="", issued_on=days_ago(0))
            assert caught.value.codes == ["not_yours_to_give"]
        assert fresh(check).state == CheckState.VERIFIED
    assert fresh(declared).result_note == "ASSESSED"


def test_a_lead_is_told_that_a_closed_case_was_not_put_on_hold(cast):
    case = complete(cast, state=S.APPROVED)
    assert refusal(holds.hold, application=case, by=cast.dana, reason="other", note="n") == ["wrong_state"]
    assert holds.hold(application=case, by=None, reason="other") is None
    assert not case.holds.exists()


def test_words_of_a_verdict_stand_only_where_they_may_be_read(cast, sign_in):
    case = in_assessment(cast)
    declared, paper = check_of(case, "self_disclosure"), check_of(case, "criminal_record")
    declare(declared, yes="1999")
    verify(cast, fresh(declared), method="declaration_read", note="SEALED-ON-DECLARATION")
    checks.fail(check=paper, by=cast.aigul, reason="SEALED-ON-PAPER")
    colleague = builders.make_user("colleague", Role.COORDINATOR, district=cast.taraz)
    page = reverse("staff_application", args=[case.uuid])
    seen = [sign_in(user).get(page).content.decode() for user in (cast.dana, cast.aigul, colleague)]
    assert not any("SEALED-ON-DECLARATION" in text for text in seen)
    assert ["SEALED-ON-PAPER" in text for text in seen] == [True, True, False]
    own_page = sign_in(cast.dana).get(reverse("staff_disclosure", args=[declared.uuid]))
    assert "SEALED-ON-DECLARATION" in own_page.content.decode()


def test_an_interviewer_works_only_where_his_role_reaches(cast, sign_in):
    case = in_assessment(cast)
    page, talk = reverse("staff_application", args=[case.uuid]), check_of(case, "interview")
    assert sign_in(cast.ivan).get(page).status_code == 200
    RoleGrant.objects.filter(user=cast.ivan, role=Role.INTERVIEWER).update(district=cast.zhambyl)
    ivan = User.objects.get(pk=cast.ivan.pk)
    assert sign_in(ivan).get(page).status_code == 404
    assert not Check.objects.visible_to(ivan).filter(pk=talk.pk).exists()


@pytest.fixture
def guest(cast) -> Person:
    """A guest speaker who comes under a risk assessment instead of one certificate."""
    person = builders.make_mentor(
        "guest", number=75, staff=cast, district=cast.taraz, family="Ә", given="Ә", role="supervised_speaker"
    )
    person.checks.filter(check_type__code="criminal_record").update(state=CheckState.INVALIDATED)
    risks.confirm(assessment=assess(cast, person), by=cast.dana)
    assert clearance.clearance(person).ok
    return person


def assess(cast, person):
    today = timezone.localdate()
    words = {"activity": "A talk.", "supervision": "The form teacher.", "known": "Known for years."}
    return risks.sign(person=person, by=cast.aigul, starts_on=today, ends_on=today + timedelta(days=9), **words)


def test_a_paper_known_to_be_bad_ends_the_risk_assessment(cast, guest):
    check = Check.objects.create(
        person=guest, subject=guest.user, check_type=guest.checks.get(check_type__code="criminal_record").check_type
    )
    checks.fail(check=check, by=cast.aigul, reason="An entry was found.")
    guest.suspensions.update(lifted_at=timezone.now())
    assert not clearance.clearance(guest).ok and not guest.risk_assessments.standing().exists()
    assert refusal(assess, cast, guest) == ["lead_looking"]


def test_word_from_the_police_ends_it_and_an_open_concern_bars_another(cast, guest):
    identity = guest.checks.get(check_type__code="court_ban")
    checks.invalidate(check=identity, by=cast.aigul, event=Check.Event.POLICE, reason="A call.")
    assert not guest.risk_assessments.standing().exists()
    guest.concerns.create(source="staff", level="low", raised_by=cast.aigul)
    assert refusal(assess, cast, guest) == ["lead_looking"]


@pytest.mark.parametrize("way", ["withdraw", "leave"])
def test_what_was_proposed_waits_for_nobody_once_he_is_gone(cast, way):
    case = complete(cast, state=S.DECISION)
    decisions.propose(application=case, by=cast.aigul, rationale="Fit.", no_conflict=True)
    waiting = StaffTask.objects.open().filter(kind=StaffTask.Kind.TO_CONFIRM, about=case.code)
    assert waiting.exists()
    if way == "withdraw":
        applications.withdraw(application=fresh(case), by=cast.serik)
    else:
        Approval.objects.create(person=case.person, role=case.role, valid_from=days_ago(9), valid_to=days_ago(-9))
        leaving.leave(person=case.person, by=cast.serik, reason="moved")
    assert fresh(case).state == S.WITHDRAWN
    assert guards.open_decision(case) is None and not waiting.exists()


def test_a_term_that_an_exit_ended_delays_no_renewal(cast):
    person, today = cast.nurlan, timezone.localdate()
    former = person.approvals.get()
    policy = PolicyVersion.objects.in_force(former.role)
    leaving.leave(person=person, by=person.user, reason="moved")
    case = Application.objects.create(
        person=person, role=former.role, policy=policy, kind=Application.Kind.RENEWAL, state=S.ASSESSMENT
    )
    assert former.valid_to > today and guards.first_day_of_approval(case) == today
    window = today + timedelta(days=60)
    Check.objects.filter(person=person, state=CheckState.VERIFIED).update(expires_on=window + timedelta(days=1))
    checks.request(application=case)
    assert not case.checks.exclude(check_type__code="self_disclosure").exists()
    ends = Check.objects.filter(person=person, state=CheckState.VERIFIED)
    ends.update(expires_on=today)
    assert asking.open_renewals(today) == []
