"""Organisations and the one person who speaks for each."""

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from portal import audit
from portal.models import OutgoingMessage, StaffTask
from portal.refusals import NotAllowed
from tests.volunteers.cases import in_assessment, inquiry, make_applicant, verify
from tests.volunteers.test_checks import refusal
from volunteers.models import Application, Check, CheckType, Membership, Organisation
from volunteers.services import memberships, standing

pytestmark = pytest.mark.django_db


@pytest.fixture
def council(cast) -> Organisation:
    return Organisation.objects.create(
        kind="veterans", district=cast.taraz, name_kk="Кеңес", name_ru="Совет", name_en="Council", endorser=cast.saule
    )


@pytest.fixture
def member(cast, council) -> Membership:
    return Membership.objects.create(person=in_assessment(cast).person, organisation=council)


class TestEndorser:
    def name(self, organisation, user, by):
        memberships.name_endorser(organisation=organisation, user=user, by=by)

    @pytest.mark.parametrize("name", ["aigul", "root"])
    def test_named_by_the_districts_coordinator_or_an_administrator(self, cast, council, name):
        self.name(council, cast.serik, getattr(cast, name))
        council.refresh_from_db()
        assert council.endorser == cast.serik
        assert OutgoingMessage.objects.filter(letter="volunteers/endorser_named", recipient=cast.serik).count() == 1
        self.name(council, None, getattr(cast, name))
        council.refresh_from_db()
        assert council.endorser is None
        assert audit.history(council).count() == 2

    @pytest.mark.parametrize("name", ["bolat", "dana", "ivan", "gulnara", "serik", "saule"])
    def test_nobody_else_names_one(self, cast, council, name):
        with pytest.raises(NotAllowed):
            self.name(council, cast.serik, getattr(cast, name))

    def test_nobody_names_himself(self, cast, council):
        assert refusal(self.name, council, cast.aigul, cast.aigul) == ["own_organisation"]

    def test_by_the_page(self, cast, council, sign_in):
        client = sign_in(cast.aigul)
        address = reverse("staff_organisation_endorser", args=[council.pk])
        assert address in client.get(reverse("staff_organisations")).content.decode()
        wrong = client.post(address, {"contact": "nobody@demo.example"})
        assert wrong.status_code == 422 and "nobody@demo.example" in wrong.content.decode()
        assert client.post(address, {"contact": "SERIK@demo.example"}).status_code == 302
        council.refresh_from_db()
        assert council.endorser == cast.serik
        assert sign_in(cast.bolat).get(address).status_code == 404


class TestWord:
    def test_confirming_provides_the_check_that_waits_for_it(self, cast, member):
        check_type = CheckType.objects.get(code="endorsement")
        check = Check.objects.create(person=member.person, subject=member.person.user, check_type=check_type)
        untouched = member.person.checks.get(check_type__code="criminal_record")

        memberships.confirm_membership(membership=member, by=cast.saule)

        for row in (check, untouched, member):
            row.refresh_from_db()
        assert member.confirmed_by == cast.saule and member.confirmed_at
        assert (check.state, check.issued_on, check.provided_by) == ("provided", timezone.localdate(), cast.saule)
        assert untouched.state == "requested"
        verify(cast, check, method="organisation_confirmed", issued_on=timezone.localdate())
        check.refresh_from_db()
        assert check.state == "verified" and check.verified_by == cast.aigul

    @pytest.mark.parametrize(("kind", "state"), [("veterans", "requested"), ("school", "provided")])
    def test_employment_is_the_word_of_a_school(self, cast, member, kind, state):
        Organisation.objects.update(kind=kind)
        check = Check.objects.create(
            person=member.person,
            subject=member.person.user,
            check_type=CheckType.objects.get(code="employment"),
        )
        memberships.confirm_membership(membership=member, by=cast.saule)
        check.refresh_from_db()
        assert check.state == state

    def test_refusing_is_a_task_for_the_coordinator_and_no_more(self, cast, member):
        for _twice in range(2):
            memberships.refuse_membership(membership=member, by=cast.saule)
        member.refresh_from_db()
        assert member.refused_at and not member.confirmed_at
        assert StaffTask.objects.visible_to(cast.aigul).filter(kind="membership").count() == 1
        assert Application.objects.get(person=member.person).state == "assessment"
        memberships.confirm_membership(membership=member, by=cast.saule)
        member.refresh_from_db()
        assert member.confirmed_at and not member.refused_at

    @pytest.mark.parametrize("name", ["aigul", "dana", "root", "gulnara", "nurlan"])
    def test_nobody_else_speaks_for_it(self, cast, member, name):
        user = getattr(getattr(cast, name), "user", getattr(cast, name))
        for service in (memberships.confirm_membership, memberships.refuse_membership):
            assert refusal(service, membership=member, by=user) == ["not_endorser"]

    def test_nobody_confirms_himself(self, cast, council):
        own = Membership.objects.create(person=cast.nurlan, organisation=council)
        Organisation.objects.update(endorser=cast.nurlan.user)
        assert refusal(memberships.confirm_membership, membership=own, by=cast.nurlan.user) == ["own_membership"]


class TestPage:
    ADDRESS = "/en/organisation/"

    def state_of(self, client, person) -> str:
        page = client.get(self.ADDRESS).content.decode()
        return page.split(f'data-uuid="{person.uuid}"')[1].split('data-state="')[1].split('"')[0]

    def test_names_and_outcomes_and_nothing_more(self, cast, council, member, sign_in):
        Membership.objects.create(person=cast.nurlan, organisation=council)
        client = sign_in(cast.saule)
        assert self.state_of(client, member.person) == "in_checks"
        assert self.state_of(client, cast.nurlan) == "approved"
        text = client.get(self.ADDRESS).content.decode()
        assert member.person.full_name in text
        for secret in (member.person.email, member.person.phone, Application.objects.get(person=member.person).code):
            assert secret not in text
        Application.objects.filter(person=member.person).update(state="declined")
        standing.suspend(person=cast.nurlan, by=cast.aigul, reason_code=inquiry(), note="x")
        assert self.state_of(client, member.person) == "not" == self.state_of(client, cast.nurlan)

    def test_a_draft_is_not_shown(self, cast, council, sign_in):
        person = make_applicant(cast)
        Membership.objects.create(person=person, organisation=council)
        Application.objects.create(
            person=person, role=cast.nurlan.applications.get().role, policy=cast.nurlan.applications.get().policy
        )
        assert 'data-testid="empty"' in sign_in(cast.saule).get(self.ADDRESS).content.decode()

    def test_he_says_it_by_a_button(self, cast, council, member, sign_in):
        client = sign_in(cast.saule)
        translation.activate("en")
        answer = {
            word: reverse("my_organisation_answer", args=[council.pk, member.person.uuid, word])
            for word in ("confirm", "refuse", "delete")
        }
        assert answer["confirm"] in client.get(self.ADDRESS).content.decode()
        assert client.get(answer["confirm"]).status_code == 302
        assert client.post(answer["delete"]).status_code == 404
        assert sign_in(cast.aigul).post(answer["confirm"]).status_code == 404
        assert client.post(answer["refuse"]).status_code == 302
        assert 'data-word="refused"' in client.get(self.ADDRESS).content.decode()
        client.post(answer["confirm"])
        assert 'data-word="confirmed"' in client.get(self.ADDRESS).content.decode()
        person = sign_in(cast.aigul).get(reverse("staff_person", args=[member.person.uuid])).content.decode()
        assert 'data-word="confirmed"' in person

    def test_only_those_who_speak_for_one_have_it(self, cast, council, sign_in):
        assert sign_in(cast.aigul).get(self.ADDRESS).status_code == 403
        Organisation.objects.update(is_active=False)
        assert sign_in(cast.saule).get(self.ADDRESS).status_code == 403

    def test_many_cost_as_many_queries_as_one(self, cast, council, member, sign_in, django_assert_max_num_queries):
        client = sign_in(cast.saule)
        client.get(self.ADDRESS)
        with django_assert_max_num_queries(40) as one:
            client.get(self.ADDRESS)
        for person in (cast.nurlan, cast.yerbol):
            Membership.objects.create(person=person, organisation=council)
        with django_assert_max_num_queries(len(one.captured_queries)):
            client.get(self.ADDRESS)
