"""Whoever has nothing to do with a case finds nothing, by any door."""

import pytest
from django.urls import reverse
from django.utils import translation

from portal import audit
from tests.volunteers.cases import check_of, complete, in_assessment, inquiry
from volunteers.models import Application, Check, Person, RefereeRequest
from volunteers.services import standing
from volunteers.states import ApplicationState


def address(name, *args) -> str:
    with translation.override("en"):
        return reverse(name, args=args)


@pytest.fixture
def case(cast):
    return complete(cast, ApplicationState.DECISION)


def doors(cast, case) -> list[tuple[str, str]]:
    """Every address that belongs to the case of Serik or to Nurlan, with its method."""
    check, request = check_of(case, "identity"), case.referees.first()
    suspension = standing.suspend(person=cast.nurlan, by=cast.aigul, reason_code=inquiry(), note="x")
    post = [
        *((f"staff_application_{move}", case) for move in ("accept", "ready", "propose", "confirm", "send_back")),
        ("staff_application_interviewer", case),
        *((f"staff_check_{move}", check) for move in ("provide", "verify", "fail", "renew")),
        ("staff_reference_assess", request),
        *((f"staff_person_{move}", cast.nurlan) for move in ("training", "supervisor", "suspend")),
        ("staff_suspension_propose_lift", suspension),
        ("staff_suspension_confirm_lift", suspension),
    ]
    get = [
        ("staff_application", case),
        ("staff_reference", request),
        ("staff_person", cast.nurlan),
        ("staff_trainee", cast.nurlan),
    ]
    return [
        (method, address(name, record.uuid))
        for method, pairs in (("get", get), ("post", post))
        for name, record in pairs
    ]


@pytest.mark.parametrize("name", ["bolat", "gulnara", "raushan", "asel", "root", "saule", "serik", "yerbol"])
def test_nobody_from_outside_gets_in(cast, case, sign_in, name):
    """A coordinator of another district reads 404, somebody without the role 403."""
    everything = doors(cast, case)
    person = getattr(cast, name)
    client = sign_in(getattr(person, "user", person))
    before = Application.objects.get(pk=case.pk).state
    for method, path in everything:
        assert getattr(client, method)(path).status_code in {403, 404}, path
    assert Application.objects.get(pk=case.pk).state == before
    assert not cast.nurlan.suspensions.exclude(lift_proposed_by=None).exists()


def test_a_coordinator_of_another_district_reads_404_and_finds_no_name(cast, case, sign_in):
    client = sign_in(cast.bolat)
    assert client.get(address("staff_application", case.uuid)).status_code == 404
    assert client.get(address("staff_person", cast.nurlan.uuid)).status_code == 404
    for name in ("staff_applications", "staff_people"):
        page = client.get(address(name), {"name": "а"}).content.decode()
        assert case.person.family_name not in page and cast.nurlan.family_name not in page


def test_signed_out_one_is_asked_to_sign_in(client, cast, case):
    for _method, path in doors(cast, case)[:4]:
        assert "/account/login/" in client.get(path)["Location"]


def test_a_draft_and_an_unconfirmed_case_are_seen_by_nobody_of_the_staff(cast, sign_in):
    case = in_assessment(cast)
    for state in (ApplicationState.DRAFT, ApplicationState.UNCONFIRMED):
        Application.objects.filter(pk=case.pk).update(state=state)
        for user in (cast.aigul, cast.dana, cast.ivan):
            client = sign_in(user)
            assert client.get(address("staff_application", case.uuid)).status_code == 404
            assert str(case.uuid) not in client.get(address("staff_applications")).content.decode()
        assert not Person.objects.visible_to(cast.aigul).filter(pk=case.person_id).exists()


def test_a_draft_that_was_withdrawn_shows_nobody(cast):
    case = in_assessment(cast)
    Application.objects.filter(pk=case.pk).update(state=ApplicationState.WITHDRAWN, submitted_at=None)
    assert not Person.objects.visible_to(cast.dana).filter(pk=case.person_id).exists()


def test_a_coordinator_who_applied_does_not_find_himself(cast, sign_in):
    case = in_assessment(cast)
    Person.objects.filter(pk=case.person_id).update(user=cast.aigul)
    client = sign_in(cast.aigul)
    assert client.get(address("staff_application", case.uuid)).status_code == 404
    assert client.get(address("staff_person", case.person.uuid)).status_code == 404
    assert str(case.uuid) not in client.get(address("staff_applications")).content.decode()


class TestInterviewer:
    def test_he_sees_the_cases_given_to_him_and_there_the_interview_alone(self, cast, sign_in):
        own = in_assessment(cast)
        other = in_assessment(cast, name="other", number=60)
        Application.objects.filter(pk=other.pk).update(interviewer=None)
        client = sign_in(cast.ivan)

        listing = client.get(address("staff_applications")).content.decode()
        page = client.get(address("staff_application", own.uuid)).content.decode()

        assert str(own.uuid) in listing and str(other.uuid) not in listing
        assert client.get(address("staff_application", other.uuid)).status_code == 404
        assert 'data-code="interview"' in page and 'data-code="criminal_record"' not in page
        assert own.person.iin not in page and "History" not in page

    def test_other_checks_of_the_case_are_not_his(self, cast):
        own = in_assessment(cast)
        assert [check.check_type.code for check in Check.objects.visible_to(cast.ivan).filter(application=own)] == [
            "interview"
        ]


class TestReference:
    @pytest.fixture
    def request_(self, case) -> RefereeRequest:
        return case.referees.first()

    def test_the_lead_reads_the_words_and_the_log_knows(self, cast, request_, sign_in):
        response = sign_in(cast.dana).get(address("staff_reference", request_.uuid))
        assert response.status_code == 200 and "reliability" not in response.content.decode()
        assert audit.history(request_, "view").get().actor == cast.dana

    @pytest.mark.parametrize("name", ["aigul", "ivan"])
    def test_others_who_see_the_case_do_not(self, cast, request_, sign_in, name):
        client = sign_in(getattr(cast, name))
        assert client.get(address("staff_reference", request_.uuid)).status_code == 403
        assert client.post(address("staff_reference_assess", request_.uuid), {"result": "accepted"}).status_code == 403
        assert not audit.history(request_, "view").exists()

    def test_a_concern_is_not_on_the_coordinators_page(self, cast, case, request_, sign_in):
        response = request_.response
        response.result, response.names_a_reason = "concern", True
        response.save()
        path = address("staff_application", case.uuid)
        assert ">concern<" not in sign_in(cast.aigul).get(path).content.decode().lower()
        assert ">concern<" in sign_in(cast.dana).get(path).content.decode().lower()
