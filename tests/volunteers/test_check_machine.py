"""The life of a record beyond its first verdict: inconclusive, asked for again, ended by an event, asked for in time."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal import audit, crypto
from portal.access import Role
from portal.models import OutgoingMessage
from portal.refusals import NotAllowed, Refused
from portal.services import grant_role
from tests.volunteers.cases import by_today, check_of, complete, days_ago, in_assessment, verify
from volunteers import clearance
from volunteers.models import Application, Check, CheckType, Exemption, PolicyVersion, Requirement, SearchLog
from volunteers.services import checks
from volunteers.states import CheckState


@pytest.fixture
def application(cast):
    return in_assessment(cast)


@pytest.fixture
def certificate(application):
    return check_of(application, "criminal_record")


@pytest.fixture
def register(application):
    return check_of(application, "offenders_register")


def refusal(call, *args, **kwargs) -> list[str]:
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    return caught.value.codes


class TestScenario21Dates:
    """Tomorrow, older than 30 days, without a number: each is refused with its own message, at its field."""

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"issued_on": -1}, "The date of issue lies in the future."),
            ({"issued_on": 31}, "The paper is older than 30 days"),
            ({"number": ""}, "The number of the paper is missing."),
        ],
    )
    def test_the_page_says_which(self, cast, certificate, sign_in, changes, message):
        paper = {"method": "state_service", "number": "1", "issued_on": days_ago(1), **by_today(changes)}
        response = sign_in(cast.aigul).post(f"/en/staff/checks/{certificate.uuid}/verify/", paper)
        assert response.status_code == 422 and message in response.content.decode()
        certificate.refresh_from_db()
        assert certificate.state == CheckState.REQUESTED


def test_scenario_26_sighted_only(cast, application, sign_in):
    identity = check_of(application, "identity")
    client = sign_in(cast.aigul)
    paper = {"method": "original_sighted", "number": "012345678", "issued_on": days_ago(1)}
    assert client.post(f"/en/staff/checks/{identity.uuid}/verify/", paper).status_code == 302

    identity.refresh_from_db()
    assert identity.state == CheckState.VERIFIED and not identity.evidence.exists()
    page = client.get(f"/en/staff/applications/{application.uuid}/").content.decode()
    assert cast.aigul.display_name in page and "original sighted" in page


class TestInconclusive:
    def test_it_needs_a_reason_and_counts_for_nothing(self, cast, certificate):
        assert refusal(checks.mark_inconclusive, check=certificate, by=cast.aigul, reason=" ") == ["reason_missing"]
        checks.mark_inconclusive(check=certificate, by=cast.aigul, reason="The stamp cannot be read.")
        certificate.refresh_from_db()
        assert (certificate.state, certificate.result_note) == (CheckState.INCONCLUSIVE, "The stamp cannot be read.")
        assert "stamp" not in str(list(audit.history(certificate).values()))

    def test_the_words_lie_encrypted(self, cast, certificate):
        checks.mark_inconclusive(check=certificate, by=cast.aigul, reason="The stamp cannot be read.")
        sealed = bytes(Check.objects.get(pk=certificate.pk).result_note_sealed)
        assert b"stamp" not in sealed

    def test_staff_ask_again_and_he_gets_a_letter_without_the_reason(self, cast, certificate):
        checks.mark_inconclusive(check=certificate, by=cast.aigul, reason="The stamp cannot be read.")
        checks.ask_again(check=certificate, by=cast.aigul)
        certificate.refresh_from_db()
        assert (certificate.state, certificate.verified_by) == (CheckState.REQUESTED, None)
        letter = OutgoingMessage.objects.get(letter="volunteers/check_again")
        assert str(certificate.uuid) in letter.text and "stamp" not in letter.text

    def test_only_what_is_inconclusive_is_asked_for_again(self, cast, certificate):
        assert refusal(checks.ask_again, check=certificate, by=cast.aigul) == ["wrong_state"]

    def test_neither_the_applicant_nor_the_one_who_runs_the_system_asks_again(self, cast, certificate):
        checks.mark_inconclusive(check=certificate, by=cast.aigul, reason="Unreadable.")
        assert refusal(checks.ask_again, check=certificate, by=cast.serik) == ["not_yours"]
        grant_role(user=cast.root, role=Role.COORDINATOR, by=None)
        cast.root.__dict__.pop("grants", None)
        assert refusal(checks.ask_again, check=certificate, by=cast.root) == ["administrator"]

    def test_closing_the_case_cancels_it(self, cast, application, certificate):
        checks.mark_inconclusive(check=certificate, by=cast.aigul, reason="Unreadable.")
        checks.cancel(application=application)
        certificate.refresh_from_db()
        assert certificate.state == CheckState.CANCELLED


class TestInvalidate:
    EVENT = {"event": Check.Event.POLICE, "reason": "The police called."}

    @pytest.fixture
    def verified(self, cast) -> Check:
        return check_of(complete(cast), "criminal_record")

    def test_it_needs_an_event_and_a_reason(self, cast, verified):
        codes = refusal(checks.invalidate, check=verified, by=cast.aigul, event="whim", reason="")
        assert codes == ["reason_missing", "event_missing"]

    def test_only_what_is_verified_can_be_ended(self, cast, certificate):
        assert refusal(checks.invalidate, check=certificate, by=cast.aigul, **self.EVENT) == ["wrong_state"]

    def test_a_fresh_record_is_asked_for_with_a_letter(self, cast, verified):
        fresh = checks.invalidate(check=verified, by=cast.aigul, **self.EVENT)
        verified.refresh_from_db()
        assert (verified.state, verified.invalidated_by_event) == (CheckState.INVALIDATED, "police")
        assert (fresh.state, fresh.application) == (CheckState.REQUESTED, verified.application)
        letter = OutgoingMessage.objects.get(letter="volunteers/check_again")
        assert str(fresh.uuid) in letter.text and "police" not in letter.text.lower()
        assert "called" not in str(list(audit.history(verified).values()))

    def test_an_interview_outside_of_a_case_waits_for_the_next_one(self, cast):
        held = cast.nurlan.checks.get(check_type__code="interview")
        assert checks.invalidate(check=held, by=cast.dana, **self.EVENT) is None
        assert not cast.nurlan.checks.filter(state=CheckState.REQUESTED).exists()

    def test_a_mentor_is_not_cleared_any_more_and_the_apps_above_are_told(self, cast, monkeypatch):
        told = []
        monkeypatch.setattr(clearance, "_listeners", [told.append])
        checks.invalidate(check=cast.nurlan.checks.get(check_type__code="court_ban"), by=cast.aigul, **self.EVENT)
        assert told == [cast.nurlan]
        assert [reason.code for reason in clearance.clearance(cast.nurlan).reasons] == ["missing:court_ban"]

    def test_nobody_ends_his_own_and_no_administrator_anybodys(self, cast, verified):
        grant_role(user=cast.serik, role=Role.SAFEGUARDING_LEAD, by=None)
        cast.serik.__dict__.pop("grants", None)
        assert refusal(checks.invalidate, check=verified, by=cast.serik, **self.EVENT) == ["not_yours"]
        grant_role(user=cast.root, role=Role.COORDINATOR, by=None)
        cast.root.__dict__.pop("grants", None)
        assert refusal(checks.invalidate, check=verified, by=cast.root, **self.EVENT) == ["administrator"]

    def test_by_the_page(self, cast, verified, sign_in):
        client = sign_in(cast.aigul)
        address = f"/en/staff/checks/{verified.uuid}/invalidate/"
        refused = client.post(address, {"reason": "The police called."})
        assert refused.status_code == 422 and "The police called." in refused.content.decode()
        page = client.post(address, {"event": "police", "reason": "The police called."}, follow=True).content.decode()
        assert "information from the police" in page
        verified.refresh_from_db()
        assert verified.state == CheckState.INVALIDATED


class TestKeyFact:
    def test_papers_are_compared_again_and_the_interview_stays(self, cast):
        application = complete(cast)
        checks.verify_again(person=application.person, by=cast.serik)
        states = dict(application.checks.values_list("check_type__code", "state"))
        assert states.pop("interview") == CheckState.VERIFIED
        assert set(states.values()) == {CheckState.PROVIDED}
        assert not application.checks.exclude(check_type__code="interview").exclude(verified_by=None).exists()


class TestSearches:
    def test_the_register_must_be_named_in_every_verdict(self, cast, register):
        assert refusal(verify, cast, register, issuer=" ") == ["register_missing"]
        for verdict in (checks.fail, checks.mark_inconclusive):
            assert refusal(verdict, check=register, by=cast.aigul, reason="A namesake.") == ["register_missing"]
        assert not SearchLog.objects.exists()

    def test_nothing_found(self, cast, register):
        verify(cast, register, issuer="qamqor.gov.kz", issued_on=days_ago(2))
        search = register.searches.get()
        assert (search.register, search.result, search.searched_by) == ("qamqor.gov.kz", "nothing", cast.aigul)
        assert timezone.localdate(search.searched_at) == days_ago(2)

    def test_what_was_searched_for_is_a_keyed_hash_of_the_number(self, cast, register):
        verify(cast, register, issuer="qamqor.gov.kz")
        search, person = register.searches.get(), register.person
        assert search.terms_hash == crypto.lookup_hash(person.iin, "register_search")
        assert search.terms_hash != person.iin_hash and person.iin not in str(vars(search))

    @pytest.mark.parametrize(("verdict", "result"), [(checks.fail, "found"), (checks.mark_inconclusive, "unclear")])
    def test_an_entry_or_a_namesake(self, cast, register, verdict, result):
        verdict(check=register, by=cast.aigul, reason="Look.", issuer="qamqor.gov.kz")
        assert register.searches.get().result == result

    def test_a_paper_is_no_search(self, cast, certificate):
        verify(cast, certificate)
        assert not SearchLog.objects.exists()

    def test_every_search_stands_beside_the_record(self, cast, application, register, sign_in):
        checks.mark_inconclusive(check=register, by=cast.aigul, reason="A namesake.", issuer="qamqor.gov.kz")
        checks.ask_again(check=register, by=cast.aigul)
        verify(cast, register, issuer="Register of the ministry")
        page = sign_in(cast.dana).get(f"/en/staff/applications/{application.uuid}/").content.decode()
        assert "qamqor.gov.kz" in page and "Register of the ministry" in page
        assert "perhaps a namesake" in page and "nothing found" in page


class TestRenewalOfATerm:
    """A renewal asks for what will not last into its term; what is verified keeps counting."""

    @pytest.fixture
    def renewal(self, cast) -> Application:
        former = cast.nurlan.applications.get()
        return Application.objects.create(
            person=cast.nurlan,
            role=former.role,
            kind=Application.Kind.RENEWAL,
            policy=former.policy,
            state="assessment",
        )

    def asked(self, renewal) -> set[str]:
        checks.request(application=renewal)
        return set(renewal.checks.values_list("check_type__code", flat=True))

    def test_what_ends_within_the_window_and_a_new_declaration(self, cast, renewal):
        cast.nurlan.approvals.update(valid_to=timezone.localdate() + timedelta(days=30))
        assert self.asked(renewal) == {"criminal_record", "self_disclosure"}
        assert clearance.clearance(cast.nurlan).ok

    def test_what_ends_before_the_new_term_begins(self, cast, renewal):
        """The certificate of two years hence is not asked for, what ends before the running approval is."""
        codes = self.asked(renewal)
        assert {"criminal_record", "court_ban", "offenders_register", "self_disclosure"} <= codes
        assert "identity" not in codes and "interview" not in codes

    def test_twice_is_once(self, cast, renewal):
        assert self.asked(renewal) == self.asked(renewal)


class TestScenario34EarlyRenewal:
    def test_no_gap(self, cast):
        today = timezone.localdate()
        in_30_days, old = today + timedelta(days=30), cast.nurlan.checks.get(check_type__code="criminal_record")
        before = clearance.clearance(cast.nurlan)
        assert before.until == old.expires_on
        assert not clearance.clearance(cast.nurlan, on=in_30_days).ok

        fresh = checks.renew(check=old, by=cast.nurlan.user)
        verify(cast, fresh, by=cast.dana, issued_on=today)

        assert clearance.clearance(cast.nurlan, on=in_30_days).ok
        old.refresh_from_db()
        assert (old.state, old.expires_on) == (CheckState.VERIFIED, before.until)
        assert clearance.clearance(cast.nurlan).until > before.until


class TestNewRequirements:
    """A stricter policy is asked for before its day, so that nobody is stopped unawares."""

    @pytest.fixture
    def employment(self, cast) -> CheckType:
        employment = CheckType.objects.get(code="employment")
        role = cast.nurlan.approvals.get().role
        former = role.policies.get()
        policy = PolicyVersion.objects.create(
            role=role, number=2, effective_from=timezone.localdate() + timedelta(days=20), published_by=cast.dana
        )
        Requirement.objects.bulk_create(
            [
                *(Requirement(policy=policy, check_type=item.check_type, stage=item.stage) for item in former.requirements.all()),
                Requirement(policy=policy, check_type=employment, stage="approval"),
            ]
        )  # fmt: skip
        policy.confirmed_by, policy.published_at = cast.marat, timezone.now()
        policy.save()
        return employment

    def test_it_is_asked_for_once_with_a_letter(self, cast, employment):
        assert len(checks.open_requirements(timezone.localdate())) == 1
        assert checks.open_requirements(timezone.localdate()) == []
        fresh = cast.nurlan.checks.get(check_type=employment)
        assert fresh.state == CheckState.REQUESTED
        letter = OutgoingMessage.objects.get(letter="volunteers/check_wanted")
        assert letter.recipient == cast.nurlan.user and str(fresh.uuid) in letter.text

    def test_not_of_somebody_who_is_exempt_on_its_day(self, cast, employment):
        today = timezone.localdate()
        Exemption.objects.create(
            person=cast.nurlan, check_type=employment, reason="r", starts_on=today, ends_on=today + timedelta(days=60),
            granted_by=cast.dana, confirmed_by=cast.marat, confirmed_at=timezone.now(),
        )  # fmt: skip
        assert checks.open_requirements(today) == []

    def test_nothing_is_asked_for_while_all_is_there(self, cast):
        assert checks.open_requirements(timezone.localdate()) == []


def test_a_protocol_is_the_only_way_to_judge_an_interview(cast, application):
    interview = check_of(application, "interview")
    paper = {"method": "meeting_held", "number": "", "issuer": "", "issued_on": timezone.localdate()}
    assert refusal(checks.verify, check=interview, by=cast.ivan, **paper) == ["protocol_needed"]
    for verdict in (checks.fail, checks.mark_inconclusive):
        assert refusal(verdict, check=interview, by=cast.ivan, reason="He did not come.") == ["protocol_needed"]


def test_one_who_runs_the_system_enters_no_paper_and_renews_none(cast, certificate):
    grant_role(user=cast.root, role=Role.COORDINATOR, by=None)
    cast.root.__dict__.pop("grants", None)
    paper = {"number": "1", "issuer": "", "issued_on": days_ago(1)}
    with pytest.raises(NotAllowed) as caught:
        checks.provide(check=certificate, by=cast.root, **paper)
    assert caught.value.codes == ["administrator"]
    with pytest.raises(NotAllowed) as caught:
        checks.renew(check=cast.nurlan.checks.get(check_type__code="criminal_record"), by=cast.root)
    assert caught.value.codes == ["administrator"]
