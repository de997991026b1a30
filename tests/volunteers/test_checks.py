from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from portal import audit
from portal.access import Role
from portal.models import OutgoingMessage, StaffTask
from portal.refusals import NotAllowed, Refused
from portal.services import grant_role
from tests.volunteers.cases import by_today, check_of, complete, days_ago, in_assessment, in_screening, verify
from volunteers import clearance
from volunteers.models import Check, CheckEvidence, Membership, Organisation
from volunteers.services import checks
from volunteers.states import CheckState

PDF = (b"%PDF-1.4\n1 0 obj<<>>endobj\n%%EOF\n", "application/pdf")


@pytest.fixture
def application(cast):
    return in_assessment(cast)


@pytest.fixture
def certificate(application):
    return check_of(application, "criminal_record")


def refusal(call, *args, **kwargs) -> list[str]:
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    return caught.value.codes


def test_what_the_policy_wants_is_asked_for_once(cast):
    application = in_screening(cast)
    checks.request(application=application)
    checks.request(application=application)
    assert sorted(application.checks.values_list("check_type__code", flat=True)) == [
        "court_ban",
        "criminal_record",
        "identity",
        "interview",
        "offenders_register",
        "self_disclosure",
    ]


class TestVerify:
    """Each date, number and method is refused with its own message."""

    @pytest.mark.parametrize(
        ("paper", "code"),
        [
            ({"issued_on": None}, "date_missing"),
            ({"issued_on": -1}, "issued_in_future"),
            ({"issued_on": 31}, "too_old"),
            ({"number": " "}, "number_missing"),
            ({"method": ""}, "method_missing"),
            ({"method": "meeting_held"}, "method_unknown"),
        ],
    )
    def test_a_wrong_paper_is_refused_with_its_own_reason(self, cast, certificate, paper, code):
        assert refusal(verify, cast, certificate, **by_today(paper)) == [code]
        certificate.refresh_from_db()
        assert certificate.state == CheckState.REQUESTED and certificate.verified_by is None

    def test_all_that_is_wrong_is_told_at_once(self, cast, certificate):
        codes = refusal(verify, cast, certificate, issued_on=days_ago(40), number="", method="")
        assert codes == ["too_old", "number_missing", "method_missing"]

    @pytest.mark.parametrize("age", [0, 30])
    def test_a_certificate_of_thirty_days_counts_from_its_day_of_issue(self, cast, certificate, age):
        verify(cast, certificate, issued_on=days_ago(age))
        certificate.refresh_from_db()
        assert certificate.state == CheckState.VERIFIED
        assert certificate.expires_on == days_ago(age) + timedelta(days=365)

    def test_a_paper_whose_year_is_over_does_not_count(self, cast, application):
        register = check_of(application, "offenders_register")
        assert refusal(verify, cast, register, issued_on=days_ago(366)) == ["already_expired"]

    def test_the_original_sighted_needs_no_file_and_names_who_saw_it(self, cast, certificate):
        verify(cast, certificate, method="original_sighted")
        certificate.refresh_from_db()
        assert (certificate.verified_by, certificate.method) == (cast.aigul, "original_sighted")
        assert not certificate.evidence.exists()
        assert audit.history(certificate).first().actor_name == cast.aigul.display_name

    def test_the_lead_alone_verifies_a_self_disclosure(self, cast, application):
        disclosure = check_of(application, "self_disclosure")
        assert refusal(verify, cast, disclosure, by=cast.aigul) == ["not_verifier"]
        verify(cast, disclosure, by=cast.dana)

    def test_only_the_interviewer_of_the_case_records_the_interview(self, cast, application):
        interview = check_of(application, "interview")
        assert refusal(verify, cast, interview, by=cast.aigul) == ["not_verifier"]
        application.interviewer = None
        application.save()
        with pytest.raises(Check.DoesNotExist):
            verify(cast, interview, by=cast.ivan)

    def test_nobody_verifies_his_own(self, cast, certificate):
        grant_role(user=cast.serik, role=Role.SAFEGUARDING_LEAD, by=None)
        with pytest.raises(NotAllowed) as caught:
            verify(cast, certificate, by=cast.serik)
        assert "own_check" in caught.value.codes

    def test_nobody_verifies_a_fellow_of_his_organisation(self, cast, application, certificate):
        veterans = Organisation.objects.create(kind="veterans", district=cast.taraz, endorser=cast.aigul)
        Membership.objects.create(person=application.person, organisation=veterans)
        assert refusal(verify, cast, certificate) == ["same_organisation"]

    def test_nobody_verifies_for_whom_he_is_a_referee(self, cast, application, certificate):
        application.referees.create(name="Aigul", relation="neighbour", email=cast.aigul.email)
        assert refusal(verify, cast, certificate) == ["referee"]

    def test_a_superuser_is_refused_even_with_the_role(self, cast, certificate):
        with pytest.raises(Check.DoesNotExist):
            verify(cast, certificate, by=cast.root)
        grant_role(user=cast.root, role=Role.COORDINATOR, by=None)
        cast.root.__dict__.pop("grants", None)
        with pytest.raises(NotAllowed) as caught:
            verify(cast, certificate, by=cast.root)
        assert caught.value.codes == ["administrator"]

    def test_a_coordinator_of_another_district_finds_nothing(self, cast, certificate):
        with pytest.raises(Check.DoesNotExist):
            verify(cast, certificate, by=cast.bolat)

    def test_the_database_itself_refuses_a_verification_without_a_date_or_of_oneself(self, cast, certificate):
        certificate.state = CheckState.VERIFIED
        with pytest.raises(IntegrityError):
            certificate.save()


def test_the_database_refuses_that_somebody_verifies_himself(cast, certificate):
    certificate.verified_by = cast.serik
    with pytest.raises(IntegrityError):
        certificate.save()


class TestProvide:
    def test_the_applicant_hands_in_a_paper(self, cast, certificate):
        checks.provide(check=certificate, by=cast.serik, number="1", issuer="eGov", issued_on=days_ago(2), upload=PDF)
        certificate.refresh_from_db()
        assert (certificate.state, certificate.provided_by) == (CheckState.PROVIDED, cast.serik)
        assert certificate.evidence.get().mime == "application/pdf"

    def test_without_a_file_it_is_refused_until_one_is_there(self, cast, certificate):
        paper = {"check": certificate, "by": cast.serik, "number": "1", "issuer": "", "issued_on": days_ago(2)}
        assert refusal(checks.provide, **paper) == ["file_missing"]
        checks.provide(**paper, upload=PDF)
        checks.provide(**paper | {"number": "2"})
        certificate.refresh_from_db()
        assert certificate.number == "2" and certificate.evidence.count() == 1

    def test_staff_enter_what_was_shown_without_a_file(self, cast, certificate):
        checks.provide(check=certificate, by=cast.aigul, number="1", issuer="", issued_on=days_ago(2))
        certificate.refresh_from_db()
        assert certificate.state == CheckState.PROVIDED

    def test_a_date_in_the_future_is_refused(self, cast, certificate):
        paper = {"number": "", "issuer": "", "issued_on": days_ago(-1), "upload": PDF}
        assert refusal(checks.provide, check=certificate, by=cast.serik, **paper) == ["issued_in_future"]

    def test_what_the_programme_checks_itself_is_not_his_to_give(self, cast, application):
        register = check_of(application, "offenders_register")
        paper = {"number": "", "issuer": "", "issued_on": days_ago(1), "upload": PDF}
        assert refusal(checks.provide, check=register, by=cast.serik, **paper) == ["not_yours_to_give"]

    def test_changing_a_verified_paper_ends_its_verification_and_tells_the_apps_above(self, cast, monkeypatch):
        """G5."""
        told = []
        monkeypatch.setattr(clearance, "_listeners", [told.append])
        certificate = check_of(complete(cast), "criminal_record")

        checks.provide(check=certificate, by=cast.serik, number="2", issuer="", issued_on=days_ago(1), upload=PDF)

        certificate.refresh_from_db()
        assert certificate.state == CheckState.PROVIDED
        assert (certificate.verified_by, certificate.verified_at, certificate.method) == (None, None, "")
        assert told == [certificate.person]


class TestFail:
    def test_it_needs_a_reason_and_puts_a_task_on_the_leads_desk(self, cast, certificate):
        assert refusal(checks.fail, check=certificate, by=cast.aigul, reason=" ") == ["reason_missing"]
        checks.fail(check=certificate, by=cast.aigul, reason="It names a conviction.")
        certificate.refresh_from_db()
        assert certificate.state == CheckState.FAILED
        task = StaffTask.objects.visible_to(cast.dana).get()
        assert task.kind == StaffTask.Kind.CHECK_FAILED
        assert "conviction" not in task.about and not StaffTask.objects.visible_to(cast.aigul).exists()

    def test_the_words_of_the_reason_are_not_in_the_log(self, cast, certificate):
        checks.fail(check=certificate, by=cast.aigul, reason="It names a conviction.")
        assert "conviction" not in str(list(audit.history(certificate).values()))

    def test_a_deciding_check_that_fails_suspends_a_mentor_at_once(self, cast):
        old = cast.nurlan.checks.get(check_type__code="criminal_record")
        fresh = checks.renew(check=old, by=cast.aigul)

        checks.fail(check=fresh, by=cast.aigul, reason="It names a conviction.")

        assert clearance.clearance(cast.nurlan).standing == "suspended"
        letter = OutgoingMessage.objects.get(letter="volunteers/suspended")
        assert "conviction" not in letter.text

    def test_another_check_that_fails_suspends_nobody(self, cast):
        fresh = checks.renew(check=cast.nurlan.checks.get(check_type__code="identity"), by=cast.aigul)
        checks.fail(check=fresh, by=cast.aigul, reason="Unreadable.")
        assert clearance.clearance(cast.nurlan).ok

    def test_only_the_lead_sets_a_failed_check_aside(self, cast, certificate):
        checks.fail(check=certificate, by=cast.aigul, reason="Another person's paper.")
        with pytest.raises(NotAllowed):
            checks.renew(check=certificate, by=cast.aigul)
        fresh = checks.renew(check=certificate, by=cast.dana)
        certificate.refresh_from_db()
        assert (certificate.state, fresh.state) == (CheckState.INVALIDATED, CheckState.REQUESTED)


class TestRenewal:
    def test_the_night_asks_for_papers_that_end_soon_once_and_with_one_letter(self, cast):
        """Nurlan's certificate ends in 20 days, everything else later."""
        today = timezone.localdate()
        assert len(checks.open_renewals(today)) == 1
        assert checks.open_renewals(today) == []
        fresh = Check.objects.get(person=cast.nurlan, state=CheckState.REQUESTED)
        assert fresh.check_type.code == "criminal_record"
        letter = OutgoingMessage.objects.get(letter="volunteers/check_renew")
        assert letter.recipient == cast.nurlan.user and str(fresh.uuid) in letter.text
        assert clearance.clearance(cast.nurlan).ok

    def test_after_the_renewal_the_mentor_is_cleared_for_another_year(self, cast):
        checks.open_renewals(timezone.localdate())
        fresh = Check.objects.get(person=cast.nurlan, state=CheckState.REQUESTED)
        checks.provide(
            check=fresh, by=cast.nurlan.user, number="2", issuer="", issued_on=timezone.localdate(), upload=PDF
        )
        verify(cast, fresh, by=cast.dana, issued_on=timezone.localdate())
        assert clearance.clearance(cast.nurlan, on=timezone.localdate() + timedelta(days=30)).ok

    def test_he_may_ask_himself_and_twice_is_once(self, cast):
        old = cast.nurlan.checks.get(check_type__code="criminal_record")
        first = checks.renew(check=old, by=cast.nurlan.user)
        assert checks.renew(check=old, by=cast.nurlan.user) == first

    def test_what_is_being_asked_for_is_not_asked_for_again(self, cast, certificate):
        assert refusal(checks.renew, check=certificate, by=cast.aigul) == ["wrong_state"]


def test_closing_a_case_cancels_what_it_waits_for_and_keeps_what_is_known(cast, application, certificate):
    verify(cast, certificate)
    checks.cancel(application=application)
    states = set(application.checks.values_list("check_type__code", "state"))
    assert ("criminal_record", CheckState.VERIFIED) in states and ("identity", CheckState.CANCELLED) in states


class TestEvidence:
    @pytest.fixture
    def paper(self, cast, certificate) -> CheckEvidence:
        checks.provide(check=certificate, by=cast.serik, number="1", issuer="", issued_on=days_ago(1), upload=PDF)
        return certificate.evidence.get()

    def test_a_reader_downloads_it_and_the_log_knows(self, cast, paper, sign_in):
        response = sign_in(cast.dana).get(f"/en/staff/evidence/{paper.uuid}/")
        assert b"".join(response.streaming_content) == PDF[0]
        assert response["Content-Disposition"].startswith("attachment") and "no-store" in response["Cache-Control"]
        assert audit.history(paper, "view").get().actor == cast.dana

    @pytest.mark.parametrize("name", ["aigul", "bolat", "ivan", "saule", "gulnara", "raushan", "asel", "root", "serik"])
    def test_nobody_else_opens_it(self, cast, paper, sign_in, name):
        response = sign_in(getattr(cast, name)).get(f"/en/staff/evidence/{paper.uuid}/")
        assert response.status_code in {403, 404}
        assert not audit.history(paper, "view").exists()

    def test_the_coordinator_opens_an_identity_card(self, cast, application, sign_in):
        identity = check_of(application, "identity")
        checks.provide(check=identity, by=cast.serik, number="1", issuer="", issued_on=days_ago(1), upload=PDF)
        address = f"/en/staff/evidence/{identity.evidence.get().uuid}/"
        assert sign_in(cast.aigul).get(address).status_code == 200
        assert sign_in(cast.bolat).get(address).status_code == 404

    def test_an_erased_paper_is_gone(self, cast, paper, sign_in):
        paper.purged_at = timezone.now()
        paper.save()
        assert sign_in(cast.dana).get(f"/en/staff/evidence/{paper.uuid}/").status_code == 404
