"""Whose case it is, who is tied to the applicant, and what several readers make of his answers."""

import json

import pytest

from portal import audit
from portal.access import Role
from portal.models import StaffTask
from portal.refusals import NotAllowed
from portal.services import grant_role
from tests.volunteers.cases import in_assessment, in_screening
from tests.volunteers.drafts import EXPERIENCE
from tests.volunteers.test_checks import refusal
from volunteers.models import Application, ConflictDeclaration, Review
from volunteers.services import cases, conflicts, reviews
from volunteers.states import ApplicationState

GOOD = dict.fromkeys(reviews.CRITERIA, 3)


class TestOwner:
    def test_a_free_case_is_taken_and_handed_over(self, cast):
        case = in_screening(cast)
        cases.take(application=case, by=cast.aigul)
        grant_role(user=cast.bolat, role=Role.COORDINATOR, district=cast.taraz, by=None)
        assert refusal(cases.take, application=case, by=cast.bolat) == ["has_owner"]
        cases.hand_over(application=case, by=cast.aigul, to=cast.bolat)
        case.refresh_from_db()
        assert case.owner == cast.bolat

    def test_only_to_a_coordinator_of_the_district(self, cast):
        case = in_screening(cast)
        for user in (cast.bolat, cast.dana, cast.serik):
            assert refusal(cases.hand_over, application=case, by=cast.aigul, to=user) == ["coordinator_role"]

    def test_a_closed_case_belongs_to_nobody_new(self, cast):
        case = in_screening(cast)
        Application.objects.filter(pk=case.pk).update(state=ApplicationState.DECLINED)
        assert refusal(cases.take, application=case, by=cast.aigul) == ["closed"]

    def test_a_lead_owns_no_case(self, cast):
        with pytest.raises(NotAllowed):
            cases.take(application=in_screening(cast), by=cast.dana)


class TestConflict:
    def test_the_case_leaves_his_list_and_the_others_get_a_task(self, cast, sign_in):
        case = in_assessment(cast)
        client = sign_in(cast.aigul)
        response = client.post(f"/en/staff/applications/{case.uuid}/conflict/", {"kind": "friend"})
        assert response["Location"].endswith("/staff/applications/")

        case.refresh_from_db()
        assert case.owner is None and case.interviewer == cast.ivan
        assert str(case.uuid) not in client.get("/en/staff/applications/").content.decode()
        assert client.get(f"/en/staff/applications/{case.uuid}/").status_code == 404
        assert client.get(f"/en/staff/people/{case.person.uuid}/").status_code == 404
        assert StaffTask.objects.get(kind=StaffTask.Kind.WITHOUT_OWNER).about == case.code

    def test_an_interviewer_leaves_too_without_a_task(self, cast):
        case = in_assessment(cast)
        conflicts.declare(application=case, by=cast.ivan, kind=ConflictDeclaration.Kind.RELATIVE)
        case.refresh_from_db()
        assert case.interviewer is None and case.owner == cast.aigul
        assert not StaffTask.objects.filter(kind=StaffTask.Kind.WITHOUT_OWNER).exists()

    def test_a_word_that_nothing_ties_can_be_taken_back(self, cast):
        case = in_assessment(cast)
        ConflictDeclaration.objects.create(application=case, user=cast.aigul)
        conflicts.declare(application=case, by=cast.aigul, kind=ConflictDeclaration.Kind.OTHER)
        assert ConflictDeclaration.objects.get(application=case, user=cast.aigul).exists

    def test_he_says_what_it_is(self, cast, sign_in):
        case = in_assessment(cast)
        assert refusal(conflicts.declare, application=case, by=cast.aigul, kind="") == ["kind_unknown"]
        response = sign_in(cast.aigul).post(f"/en/staff/applications/{case.uuid}/conflict/", {})
        assert response.status_code == 422

    def test_not_about_oneself(self, cast):
        case = in_assessment(cast)
        with pytest.raises(NotAllowed):
            conflicts.declare(application=case, by=cast.serik, kind="other")


def submit(case, by, **changes) -> Review:
    values = {"scores": GOOD, "note": "Speaks plainly.", "recommendation": "yes"} | changes
    return reviews.submit(application=case, by=by, **values)


class TestReviews:
    def test_others_are_hidden_until_ones_own_is_in(self, cast):
        case = in_assessment(cast)
        ivans = submit(case, cast.ivan)
        assert reviews.readable(case, cast.aigul) == [] == reviews.readable(case, cast.dana)
        aiguls = submit(case, cast.aigul, recommendation="unsure")
        assert set(reviews.readable(case, cast.aigul)) == {ivans, aiguls}

    def test_a_lead_who_decides_reads_them_when_nobody_writes_any_more(self, cast):
        case = in_assessment(cast)
        submit(case, cast.ivan)
        Application.objects.filter(pk=case.pk).update(state=ApplicationState.PROPOSED)
        case.refresh_from_db()
        assert len(reviews.readable(case, cast.marat)) == 1
        assert reviews.readable(case, cast.aigul) == []
        assert refusal(submit, case, cast.aigul) == ["closed"]

    def test_each_writes_once_and_completely(self, cast):
        case = in_assessment(cast)
        half = {"motivation": 3}
        assert refusal(submit, case, cast.aigul, scores=half, recommendation="") == [
            "score_missing",
            "recommendation_missing",
        ]
        assert refusal(submit, case, cast.aigul, scores=GOOD | {"words": 5}) == ["score_missing"]
        review = submit(case, cast.aigul)
        assert review.revision == case.revisions.last()
        assert refusal(submit, case, cast.aigul) == ["already_reviewed"]

    def test_not_by_somebody_out_of_reach_or_on_his_own_case(self, cast):
        case = in_assessment(cast)
        with pytest.raises(Application.DoesNotExist):
            submit(case, cast.bolat)
        with pytest.raises(NotAllowed):
            submit(case, cast.serik)


class TestReadingPage:
    def test_the_words_without_the_name(self, cast, sign_in):
        case = in_screening(cast)
        revision = case.revisions.last()
        motivation = f"Мен {case.person.family_name}пін, балаларға керекпін."
        revision.answers = json.dumps({"experience": EXPERIENCE | {"motivation": motivation}})
        type(revision).objects.filter(pk=revision.pk).update(answers_sealed=revision.answers_sealed)
        client = sign_in(cast.aigul)
        page = client.get(f"/en/staff/applications/{case.uuid}/read/").content.decode()
        person = case.person
        assert "балаларға керекпін" in page
        for hidden in (person.family_name, person.given_name, person.phone, str(person.birth_date.year)):
            assert hidden not in page
        assert audit.history(case, "view").get().action == "reading"

    def test_the_form_keeps_what_was_typed_and_then_shows_the_others(self, cast, sign_in):
        case = in_assessment(cast)
        submit(case, cast.ivan, note="A calm man.")
        client, path = sign_in(cast.aigul), f"/en/staff/applications/{case.uuid}/review/"
        assert "A calm man." not in client.get(f"/en/staff/applications/{case.uuid}/read/").content.decode()
        response = client.post(path, {"motivation": "3", "note": "My own words."})
        assert response.status_code == 422 and "My own words." in response.content.decode()
        done = client.post(path, {**GOOD, "note": "My own words.", "recommendation": "yes"}, follow=True)
        assert "A calm man." in done.content.decode()
