"""What staff do with a mouse: the queue, the page of a case, the page of a person."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from portal import nightly
from portal.management.demo import builders
from portal.models import OutgoingMessage
from tests.papers import a_pdf
from tests.volunteers.cases import (
    by_today,
    check_of,
    complete,
    days_ago,
    in_assessment,
    in_screening,
    inquiry,
    protocol,
    verifier_of,
    verify,
)
from volunteers import clearance
from volunteers.models import Application, SupervisorAssignment, TrainingModule
from volunteers.services import agreements, decisions, standing, training
from volunteers.states import ApplicationState, CheckState


def address(name, *args) -> str:
    with translation.override("en"):
        return reverse(name, args=args)


def cases_in(response) -> list[str]:
    return re.findall(r'data-testid="application" data-uuid="([^"]+)"', response.content.decode())


def people_in(response) -> list[str]:
    return re.findall(r'data-testid="person" data-uuid="([^"]+)"', response.content.decode())


def reasons_in(response) -> list[str]:
    return re.findall(r'data-testid="reason" data-code="([^"]+)"', response.content.decode())


class TestQueue:
    @pytest.fixture
    def queue(self, cast):
        case = in_screening(cast)
        other = in_assessment(cast, name="other", number=60)
        return case, other

    def test_open_cases_longest_waiting_first_closed_ones_on_demand(self, cast, queue, sign_in):
        case, other = queue
        Application.objects.filter(pk=other.pk).update(state_since=timezone.now() - timedelta(days=50))
        client = sign_in(cast.aigul)
        assert cases_in(client.get(address("staff_applications"))) == [str(other.uuid), str(case.uuid)]
        approved = cases_in(client.get(address("staff_applications"), {"state": "approved"}))
        assert len(approved) == 2 and str(case.uuid) not in approved

    def test_too_long_in_a_stage_is_marked_with_words(self, cast, queue, sign_in):
        Application.objects.filter(pk=queue[0].pk).update(state_since=timezone.now() - timedelta(days=6))
        assert "(too long)" in sign_in(cast.aigul).get(address("staff_applications")).content.decode()

    @pytest.mark.parametrize("name", ["әбенов", "ӘБЕНОВ serik", "seri"])
    def test_a_name_is_found_in_any_case_and_order(self, cast, queue, sign_in, name):
        found = cases_in(sign_in(cast.aigul).get(address("staff_applications"), {"name": name}))
        assert str(queue[0].uuid) in found

    @pytest.mark.parametrize(
        ("filters", "expected"),
        [
            ({"tab": "unassigned"}, [0]),
            ({"tab": "mine"}, [1]),
            ({"state": "assessment"}, [1]),
            ({"district": "x"}, [0, 1]),
            ({"state": "nonsense", "page": "99"}, [0, 1]),
        ],
    )
    def test_filters_narrow_and_nonsense_does_no_harm(self, cast, queue, sign_in, filters, expected):
        found = cases_in(sign_in(cast.aigul).get(address("staff_applications"), filters))
        assert sorted(found) == sorted(str(queue[index].uuid) for index in expected)

    def test_thirty_cases_cost_as_many_queries_as_one(self, cast, sign_in):
        client = sign_in(cast.aigul)
        in_assessment(cast)
        one = count_queries(client, address("staff_applications"))
        for number in range(29):
            in_screening(cast, name=f"applicant{number}", number=100 + number)
        assert count_queries(client, address("staff_applications")) == one


def count_queries(client, path) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


class TestCase:
    def test_the_number_is_masked_and_the_facts_are_there(self, cast, sign_in):
        case = in_screening(cast)
        page = sign_in(cast.aigul).get(address("staff_application", case.uuid)).content.decode()
        assert case.person.iin not in page and f"••••••••{case.person.iin[-4:]}" in page
        assert case.person.full_name in page and 'data-testid="move-accept"' in page

    def test_accept_needs_the_tick_and_keeps_what_was_chosen(self, cast, sign_in):
        case, client = in_screening(cast), sign_in(cast.aigul)
        path = address("staff_application_accept", case.uuid)
        response = client.post(path, {"interviewer": cast.ivan.pk})
        assert response.status_code == 422
        page = response.content.decode()
        assert 'data-testid="error-summary"' in page and f'value="{cast.ivan.pk}" selected' in page
        case.refresh_from_db()
        assert case.state == ApplicationState.SCREENING

        assert client.post(path, {"interviewer": cast.ivan.pk, "no_conflict": "on"}, follow=True).status_code == 200
        case.refresh_from_db()
        assert (case.state, case.interviewer) == (ApplicationState.ASSESSMENT, cast.ivan)

    def test_from_the_queue_to_an_approval(self, cast, sign_in):
        """Aigul and Ivan work, Dana proposes and cannot confirm, Marat confirms."""
        case = in_assessment(cast)
        builders.give_references(case, cast.dana, days_ago(1))
        clients = {user.email: sign_in(user) for user in (cast.aigul, cast.ivan, cast.dana, cast.marat, cast.root)}
        for check in case.checks.select_related("check_type"):
            by = verifier_of(cast, check)
            if check.check_type.is_interview:
                response = clients[by.email].post(address("staff_interview", case.uuid), protocol())
            else:
                method = check.check_type.methods[-1]
                paper = {"method": method, "number": "1", "issuer": "The register", "issued_on": days_ago(1)}
                response = clients[by.email].post(address("staff_check_verify", check.uuid), paper)
            assert response["Location"] == address("staff_application", case.uuid)

        assert clients[cast.aigul.email].post(address("staff_application_ready", case.uuid)).status_code == 302
        proposal = {"rationale": "All is in order.", "no_conflict": "on"}
        assert (
            clients[cast.dana.email].post(address("staff_application_propose", case.uuid), proposal).status_code == 302
        )
        confirm = address("staff_application_confirm", case.uuid)
        refused = clients[cast.dana.email].post(confirm, {"no_conflict": "on"})
        assert refused.status_code == 403 and reasons_in(refused) == ["same_person"]
        assert clients[cast.root.email].post(confirm, {"no_conflict": "on"}).status_code == 403
        offered = clients[cast.dana.email].get(address("staff_application", case.uuid))
        assert reasons_in(offered) == ["same_person"] and 'data-testid="move-confirm"' not in offered.content.decode()
        assert clients[cast.marat.email].post(confirm, {"no_conflict": "on"}).status_code == 302

        page = clients[cast.aigul.email].get(address("staff_application", case.uuid)).content.decode()
        assert 'data-state="approved"' in page
        assert cast.dana.display_name in page and cast.marat.display_name in page
        assert clients[cast.dana.email].post(confirm, {"no_conflict": "on"}).status_code in {403, 409}
        assert OutgoingMessage.objects.filter(letter="volunteers/approved").count() == 1

    def test_what_is_missing_is_told_on_the_page_and_on_a_direct_request(self, cast, sign_in):
        case, client = complete(cast), sign_in(cast.aigul)
        case.referees.last().response.delete()
        module = cast.nurlan.training.get().module
        training.record_training(
            person=case.person, module=module, by=cast.ivan, held_on=days_ago(1), result="failed", note="Quiz"
        )
        both = ["missing:references", "training_failed"]
        assert reasons_in(client.get(address("staff_application", case.uuid))) == both
        for move, data in (("ready", {}), ("propose", {"rationale": "x", "no_conflict": "on"})):
            response = client.post(address(f"staff_application_{move}", case.uuid), data)
            assert response.status_code == 409
            assert [code for code in reasons_in(response) if code != "wrong_state"] == both
        case.refresh_from_db()
        assert case.state == ApplicationState.ASSESSMENT

    @pytest.mark.parametrize(
        ("paper", "status", "text"),
        [
            ({"issued_on": -1}, 422, "future"),
            ({"issued_on": 31}, 422, "older than 30 days"),
            ({"number": ""}, 422, "number of the paper is missing"),
            ({"issued_on": ""}, 422, "date of issue is missing"),
            ({"issued_on": "31.02.2026"}, 422, "valid date"),
            ({"method": "nonsense"}, 422, "valid choice"),
        ],
    )
    def test_a_wrong_paper_is_refused_with_its_own_message(self, cast, sign_in, paper, status, text):
        check = check_of(in_assessment(cast), "criminal_record")
        data = {"method": "original_sighted", "number": "1", "issued_on": days_ago(1), **by_today(paper)}
        response = sign_in(cast.aigul).post(address("staff_check_verify", check.uuid), data)
        assert response.status_code == status and text in response.content.decode()
        assert 'value="original_sighted"' in response.content.decode()
        check.refresh_from_db()
        assert check.state == CheckState.REQUESTED

    def test_a_dangerous_file_is_refused_at_its_field_and_what_was_typed_is_kept(self, cast, sign_in, tmp_path):
        check = check_of(in_assessment(cast), "criminal_record")
        program = tmp_path / "certificate.pdf"
        program.write_bytes(b"MZ" + bytes(200))
        with program.open("rb") as upload:
            data = {"number": "KZ-77", "issued_on": days_ago(1), "upload": upload}
            response = sign_in(cast.aigul).post(address("staff_check_provide", check.uuid), data)
        page = response.content.decode()
        assert response.status_code == 422 and "not a PDF" in page and 'value="KZ-77"' in page
        assert not check.evidence.exists()

    def test_a_scan_can_be_added_by_staff(self, cast, sign_in, tmp_path):
        check = check_of(in_assessment(cast), "identity")
        scan = tmp_path / "scan.pdf"
        scan.write_bytes(a_pdf())
        with scan.open("rb") as upload:
            data = {"number": "1", "issued_on": days_ago(1), "upload": upload}
            response = sign_in(cast.aigul).post(address("staff_check_provide", check.uuid), data, follow=True)
        assert 'data-testid="evidence"' in response.content.decode()

    def test_the_lead_assesses_a_reference(self, cast, sign_in):
        case = complete(cast)
        request = case.referees.last()
        path = address("staff_reference_assess", request.uuid)
        assert sign_in(cast.dana).post(path, {"result": "nonsense"}).status_code == 422
        assert sign_in(cast.dana).post(path, {"result": "not_usable"}).status_code == 302
        assert case.referees.last().response.result == "not_usable"

    def test_a_page_in_each_language(self, cast, sign_in):
        case, client = in_assessment(cast), sign_in(cast.dana)
        for language in ("kk", "ru", "en"):
            assert client.get(f"/{language}/staff/applications/{case.uuid}/").status_code == 200


class TestPeople:
    def test_the_list_says_until_when_each_is_cleared(self, cast, sign_in):
        response = sign_in(cast.aigul).get(address("staff_people"))
        assert set(people_in(response)) == {str(cast.nurlan.uuid), str(cast.yerbol.uuid)}
        ends = timezone.localdate() + timedelta(days=20)
        assert f"cleared until {ends:%d.%m.%Y}" in response.content.decode()

    def test_standing_filters(self, cast, sign_in):
        """Without supervisor from the day on which he became inactive."""
        client = sign_in(cast.dana)
        SupervisorAssignment.objects.filter(person=cast.yerbol).update(supervisor=cast.ivan)
        cast.ivan.is_active = False
        cast.ivan.save()
        found = {
            name: people_in(client.get(address("staff_people"), {"standing": name}))
            for name in ("cleared", "not_cleared", "without_supervisor", "expiring", "suspended")
        }
        nurlan, yerbol = [str(cast.nurlan.uuid)], [str(cast.yerbol.uuid)]
        assert found == {
            "cleared": nurlan,
            "not_cleared": yerbol,
            "without_supervisor": yerbol,
            "expiring": nurlan,
            "suspended": [],
        }

    def test_thirty_people_cost_as_many_queries_as_one(self, cast, sign_in):
        client = sign_in(cast.aigul)
        few = count_queries(client, address("staff_people"))
        for number in range(28):
            builders.make_mentor(
                f"mentor{number}", number=200 + number, staff=cast, district=cast.taraz, family="Т", given=str(number)
            )
        assert count_queries(client, address("staff_people")) == few

    def test_an_approved_person_gets_ready_step_by_step(self, cast, sign_in):
        """Induction by the trainer, the code by himself, the supervisor by the coordinator."""
        case = complete(cast, ApplicationState.DECISION)
        decisions.propose(application=case, by=cast.aigul, rationale="x", no_conflict=True)
        decisions.confirm(application=case, by=cast.marat, no_conflict=True)
        person, aigul, ivan = case.person, sign_in(cast.aigul), sign_in(cast.ivan)
        page = aigul.get(address("staff_person", person.uuid))
        assert reasons_in(page) == ["missing:induction", "missing:code_of_conduct", "no_supervisor"]

        assert str(person.uuid) in people_in(ivan.get(address("staff_training")))
        path = address("staff_person_training", person.uuid)
        module = cast.nurlan.training.get().module.pk
        incomplete = {"module": module, "held_on": days_ago(1), "result": "failed"}
        assert ivan.post(path, incomplete).status_code == 422
        done = ivan.post(path, {"module": module, "held_on": days_ago(1), "result": "passed", "in_person": "on"})
        assert done["Location"] == address("staff_trainee", person.uuid)
        version = cast.nurlan.acceptances.get().version
        agreements.accept_agreement(person=person, version=version, by=cast.serik, language="kk")
        aigul.post(address("staff_person_supervisor", person.uuid), {"supervisor": cast.aigul.pk})

        assert clearance.clearance(person).ok
        assert 'data-state="cleared"' in aigul.get(address("staff_person", person.uuid)).content.decode()

    def test_suspend_and_lift_with_two(self, cast, sign_in):
        person = address("staff_person", cast.nurlan.uuid)
        form = {"reason_code": inquiry().pk, "note": "A call."}
        assert sign_in(cast.bolat).post(address("staff_person_suspend", cast.nurlan.uuid), form).status_code == 404
        assert sign_in(cast.aigul).post(address("staff_person_suspend", cast.nurlan.uuid), form)["Location"] == person
        assert 'data-state="suspended"' in sign_in(cast.aigul).get(person).content.decode()
        suspension = cast.nurlan.suspensions.get()
        propose = address("staff_suspension_propose_lift", suspension.uuid)
        confirm = address("staff_suspension_confirm_lift", suspension.uuid)
        assert sign_in(cast.aigul).post(propose).status_code == 403
        assert sign_in(cast.dana).post(propose).status_code == 302
        refused = sign_in(cast.dana).post(confirm)
        assert refused.status_code == 403 and reasons_in(refused) == ["same_person"]
        assert 'data-testid="move-confirm_lift"' in sign_in(cast.marat).get(person).content.decode()
        assert sign_in(cast.marat).post(confirm).status_code == 302
        assert clearance.clearance(cast.nurlan).ok

    def test_a_form_with_errors_shows_the_page_again_with_what_was_typed(self, cast, sign_in):
        path = address("staff_person_suspend", cast.nurlan.uuid)
        response = sign_in(cast.aigul).post(path, {"note": "Typed with care."})
        assert response.status_code == 422 and "Typed with care." in response.content.decode()
        assert not cast.nurlan.suspensions.exists()

    def test_a_check_of_somebody_who_serves_is_renewed_on_his_page(self, cast, sign_in):
        old = cast.nurlan.checks.get(check_type__code="criminal_record")
        response = sign_in(cast.aigul).post(address("staff_check_renew", old.uuid))
        assert response["Location"] == address("staff_person", cast.nurlan.uuid)
        page = sign_in(cast.aigul).get(response["Location"]).content.decode()
        assert 'data-testid="move-verify"' in page
        fresh = cast.nurlan.checks.get(state=CheckState.REQUESTED)
        data = {"method": "state_service", "number": "", "issued_on": days_ago(0)}
        assert sign_in(cast.aigul).post(address("staff_check_verify", fresh.uuid), data).status_code == 422


@pytest.mark.parametrize("move", ["accept", "ready", "propose", "confirm", "send_back"])
def test_the_address_of_a_move_leads_to_the_case_and_changes_nothing(cast, sign_in, move):
    """By the links to other languages on a form with errors, or after signing in again half-way."""
    case = in_screening(cast)
    user = cast.dana if move in {"confirm", "send_back"} else cast.aigul
    path = address(f"staff_application_{move}", case.uuid)
    assert sign_in(user).get(path).url == address("staff_application", case.uuid)
    assert sign_in(cast.bolat).get(path).status_code in {403, 404}
    case.refresh_from_db()
    assert case.state == ApplicationState.SCREENING


def test_a_day_to_come_is_explained_at_its_field(cast, sign_in):
    module = TrainingModule.objects.filter(check_type__code="induction")[0]
    training = {"module": module.pk, "held_on": days_ago(-1), "result": "failed", "note": "Quiz two"}
    response = sign_in(cast.aigul).post(address("staff_person_training", cast.nurlan.uuid), training)
    assert response.status_code == 422
    assert "lies in the future" in response.content.decode() and "Quiz two" in response.content.decode()
    check = check_of(in_assessment(cast), "identity")
    paper = {"number": "KZ-78", "issued_on": days_ago(-1)}
    response = sign_in(cast.aigul).post(address("staff_check_provide", check.uuid), paper)
    assert response.status_code == 422
    assert "lies in the future" in response.content.decode() and "KZ-78" in response.content.decode()


def test_a_page_that_is_not_there_shows_the_nearest(cast, sign_in):
    for page in ("0", "99", "abc"):
        assert sign_in(cast.ivan).get(address("staff_training"), {"page": page}).status_code == 200


def test_every_form_can_be_sent(cast, sign_in):
    """The test client forgives a missing token, a browser does not."""
    screening = in_screening(cast)
    case = complete(cast, ApplicationState.DECISION, name="other", number=60)
    suspension = standing.suspend(person=cast.nurlan, by=cast.aigul, reason_code=inquiry(), note="x")
    pages = [(cast.aigul, screening), (cast.aigul, case), (cast.dana, case), (cast.dana, suspension.person)]
    for user, record in pages:
        name = "staff_application" if isinstance(record, Application) else "staff_person"
        page = sign_in(user).get(address(name, record.uuid)).content.decode()
        forms = re.findall(r'<form[^>]*method="post".*?</form>', page, re.DOTALL)
        assert forms and all("csrfmiddlewaretoken" in form for form in forms)
    trainee = sign_in(cast.ivan).get(address("staff_trainee", cast.nurlan.uuid)).content.decode()
    assert "csrfmiddlewaretoken" in trainee


def test_the_history_is_told_in_words(cast, sign_in):
    case = in_screening(cast)
    decisions.accept(application=case, by=cast.aigul, no_conflict=True)
    verify(cast, check_of(case, "identity"))
    page = sign_in(cast.dana).get(address("staff_application", case.uuid)).content.decode()
    assert "Accepted for checks" in page and "Identity: Verified" in page and cast.aigul.display_name in page


def test_the_nightly_job_stands_in_the_report(cast):
    translation.activate("en")
    line = next(line for line in nightly.run() if "Papers" in str(line.label))
    assert (line.count, line.failure) == (1, "")
