"""A risk assessment lets a guest speaker under supervision come before all his checks are in, for some days."""

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from portal import audit
from portal.access import Role
from portal.management.demo import builders
from portal.refusals import Refused
from portal.services import grant_role
from volunteers import clearance
from volunteers.models import Person, RiskAssessment
from volunteers.services import risks, standing
from volunteers.states import CheckState

WORDS = {
    "activity": "A talk on the forest for form 7.",
    "supervision": "Form teacher B. Esimova, all the time.",
    "known": "Known for years; the certificate is on its way.",
}


def days(first: int, last: int) -> dict:
    today = timezone.localdate()
    return {"starts_on": today + timedelta(days=first), "ends_on": today + timedelta(days=last)}


def refusal(call, *args, **kwargs) -> list[str]:
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    return caught.value.codes


@pytest.fixture
def guest(cast) -> Person:
    """Approved as a guest speaker; his certificate and the search of one register were ended."""
    person = builders.make_mentor(
        "guest", number=75, staff=cast, district=cast.taraz, family="Ә", given="Ә", role="supervised_speaker"
    )
    gone = ["criminal_record", "court_ban"]
    person.checks.filter(check_type__code__in=gone).update(state=CheckState.INVALIDATED)
    return person


def sign(cast, person, by=None, **changes) -> RiskAssessment:
    return risks.sign(person=person, by=by or cast.aigul, **{**WORDS, **days(0, 9), **changes})


def codes_of(person, **more) -> list[str]:
    return [reason.code for reason in clearance.clearance(person, **more).reasons]


class TestEffect:
    def test_it_stands_in_for_what_is_missing_once_a_second_has_confirmed_it(self, cast, guest):
        assert codes_of(guest) == ["missing:criminal_record", "missing:court_ban"]
        assessment = sign(cast, guest)
        assert codes_of(guest) == ["missing:criminal_record", "missing:court_ban"]
        risks.confirm(assessment=assessment, by=cast.dana)
        answer = clearance.clearance(guest)
        assert answer.ok and answer.until == assessment.ends_on
        assert not clearance.clearance(guest, on=assessment.ends_on + timedelta(days=1)).ok

    def test_never_for_identity(self, cast, guest):
        risks.confirm(assessment=sign(cast, guest), by=cast.dana)
        guest.checks.filter(check_type__code="identity").update(state=CheckState.INVALIDATED)
        assert codes_of(guest) == ["missing:identity"]

    def test_a_suspension_is_stronger(self, cast, guest):
        risks.confirm(assessment=sign(cast, guest), by=cast.dana)
        standing.suspend_for_inquiry(person=guest, by=cast.aigul)
        assert clearance.clearance(guest).standing == "suspended"

    def test_taken_back_by_one_it_counts_no_more(self, cast, guest, monkeypatch):
        assessment = sign(cast, guest)
        risks.confirm(assessment=assessment, by=cast.dana)
        told = []
        monkeypatch.setattr(clearance, "_listeners", [told.append])
        risks.revoke(assessment=assessment, by=cast.aigul)
        assert told == [guest] and not clearance.clearance(guest).ok
        assert refusal(risks.revoke, assessment=assessment, by=cast.dana) == ["revoked"]


class TestRefusals:
    def test_a_mentor_is_no_guest(self, cast):
        assert refusal(sign, cast, cast.nurlan) == ["not_a_guest"]

    def test_identity_is_sighted_first(self, cast, guest):
        guest.checks.filter(check_type__code="identity").update(state=CheckState.INVALIDATED)
        assert refusal(sign, cast, guest) == ["identity_missing"]

    def test_nobody_who_is_suspended(self, cast, guest):
        standing.suspend_for_inquiry(person=guest, by=cast.aigul)
        assert refusal(sign, cast, guest) == ["not_admitted"]

    @pytest.mark.parametrize(
        ("changes", "codes"),
        [
            (dict.fromkeys(WORDS, " "), ["activity_missing", "supervision_missing", "known_missing"]),
            ({"ends_on": None}, ["end_missing"]),
            (days(0, 30), ["too_long"]),
            (days(-3, -1), ["over"]),
        ],
    )
    def test_words_and_days(self, cast, guest, changes, codes):
        assert refusal(sign, cast, guest, **changes) == codes

    def test_it_is_looked_at_again_when_it_is_confirmed(self, cast, guest):
        assessment = sign(cast, guest)
        standing.suspend_for_inquiry(person=guest, by=cast.aigul)
        assert refusal(risks.confirm, assessment=assessment, by=cast.dana) == ["not_admitted"]

    def test_two_people_and_a_lead(self, cast, guest):
        assessment = sign(cast, guest, by=cast.dana)
        assert refusal(risks.confirm, assessment=assessment, by=cast.dana) == ["same_person"]
        assert refusal(risks.confirm, assessment=assessment, by=cast.aigul) == ["not_yours"]
        risks.confirm(assessment=assessment, by=cast.marat)
        assert refusal(risks.confirm, assessment=assessment, by=cast.marat) == ["already_confirmed"]

    def test_the_database_itself_refuses_one_person(self, cast, guest):
        assessment = sign(cast, guest)
        assessment.confirmed_by = cast.aigul
        with pytest.raises(IntegrityError):
            assessment.save()

    def test_nobody_who_runs_the_system(self, cast, guest):
        grant_role(user=cast.root, role=Role.SAFEGUARDING_LEAD, by=None)
        cast.root.__dict__.pop("grants", None)
        assert "administrator" in refusal(sign, cast, guest, by=cast.root)
        assert "administrator" in refusal(risks.confirm, assessment=sign(cast, guest), by=cast.root)

    def test_a_coordinator_of_another_district_signs_none(self, cast, guest):
        assert refusal(sign, cast, guest, by=cast.bolat) == ["not_yours"]


class TestPage:
    def test_what_is_known_lies_encrypted_and_each_look_is_logged(self, cast, guest, sign_in):
        assessment = sign(cast, guest)
        assert b"certificate" not in bytes(RiskAssessment.objects.get().known_sealed)
        page = sign_in(cast.dana).get(f"/en/staff/risks/{assessment.uuid}/").content.decode()
        assert WORDS["known"] in page and 'data-testid="move-confirm"' in page
        assert audit.history(assessment, "view").get().actor == cast.dana

    def test_from_the_page_of_the_person(self, cast, guest, sign_in):
        aigul, address = sign_in(cast.aigul), f"/en/staff/people/{guest.uuid}/risks/"
        refused = aigul.post(address, {**WORDS, **days(0, 40)})
        assert refused.status_code == 422 and WORDS["known"] in refused.content.decode()
        assert aigul.post(address, {**WORDS, **days(0, 9)}).status_code == 302
        assessment = RiskAssessment.objects.get()
        confirm = f"/en/staff/risks/{assessment.uuid}/confirm/"
        assert aigul.post(confirm).status_code == 403
        assert sign_in(cast.dana).post(confirm).status_code == 302
        assert clearance.clearance(guest).ok
        page = aigul.get(f"/en/staff/people/{guest.uuid}/").content.decode()
        assert 'data-state="in_force"' in page and WORDS["known"] not in page

    def test_a_mentor_has_no_such_panel(self, cast, sign_in):
        assert (
            "staff_risk_sign" not in sign_in(cast.aigul).get(f"/en/staff/people/{cast.nurlan.uuid}/").content.decode()
        )
        page = sign_in(cast.aigul).get(f"/en/staff/people/{cast.nurlan.uuid}/").content.decode()
        assert 'id="risks"' not in page
