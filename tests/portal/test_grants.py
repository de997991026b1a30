"""Roles that two people give, who is never without them, and what their holders may not be besides."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from portal import access, services
from portal.access import Role
from portal.management.demo import builders
from portal.models import LogEntry, OutgoingMessage, RoleGrant, RoleProposal, StaffTask, User
from portal.refusals import NotAllowed, Refused
from portal.services import roles
from tests.people import make_cast
from tests.racing import attempt, together

pytestmark = pytest.mark.django_db

BY_TWO = sorted(access.GIVEN_BY_TWO)


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


@pytest.fixture
def zhanar(cast) -> User:
    """A second administrator."""
    return builders.make_user("zhanar", Role.ADMINISTRATOR, family="Әлиева", given="Жанар")


def propose(cast, role=Role.SAFEGUARDING_LEAD, user=None, by=None) -> RoleProposal:
    return services.propose_role(user=user or cast.serik, role=role, by=by or cast.root)


def codes_of(call, **arguments) -> list[str]:
    with pytest.raises(Refused) as refused:
        call(**arguments)
    return refused.value.codes


def letters(letter: str) -> set[str]:
    return set(OutgoingMessage.objects.filter(letter=f"portal/{letter}").values_list("recipient__email", flat=True))


def addresses(*names: str) -> set[str]:
    return {builders.email_of(name) for name in names}


class TestTwo:
    @pytest.mark.parametrize("role", BY_TWO)
    def test_one_proposes_and_another_confirms(self, cast, zhanar, role):
        proposal = propose(cast, role)
        assert not access.has_role(fresh(cast.serik), role)
        grant = services.confirm_role(proposal=proposal, by=zhanar)
        assert (grant.granted_by, grant.confirmed_by) == (cast.root, zhanar)
        assert access.has_role(fresh(cast.serik), role)
        assert set(LogEntry.objects.filter(object_id=str(cast.serik.pk)).values_list("action", "actor")) >= {
            ("role.propose", cast.root.pk),
            ("role.grant", zhanar.pk),
        }

    @pytest.mark.parametrize("role", BY_TWO)
    def test_one_administrator_alone_gives_none(self, cast, zhanar, role):
        assert codes_of(services.grant_role, user=cast.serik, role=role, by=cast.root) == ["two_people"]
        assert codes_of(services.confirm_role, proposal=propose(cast, role), by=cast.root) == ["two_people"]
        with pytest.raises(IntegrityError), transaction.atomic():
            RoleGrant.objects.create(user=cast.serik, role=role, granted_by=cast.root)
        with pytest.raises(IntegrityError), transaction.atomic():
            RoleGrant.objects.create(user=cast.serik, role=role, granted_by=cast.root, confirmed_by=cast.root)
        assert not fresh(cast.serik).grants

    @pytest.mark.parametrize("role", sorted(set(Role.values) - access.GIVEN_BY_TWO - {Role.SCHOOL_CONTACT}))
    def test_the_others_are_given_by_one(self, cast, role):
        assert services.grant_role(user=cast.serik, role=role, by=cast.root).granted_by == cast.root

    @pytest.mark.parametrize("who", ["aigul", "dana", "saule", "raushan", "serik"])
    def test_only_administrators_propose(self, cast, who):
        assert codes_of(propose, cast=cast, user=cast.bolat, by=getattr(cast, who)) == ["grant"]

    def test_nobody_has_a_part_in_his_own(self, cast, zhanar):
        assert codes_of(propose, cast=cast, user=cast.root, role=Role.APPEAL_MEMBER) == ["grant"]
        own = propose(cast, user=zhanar)
        assert codes_of(services.confirm_role, proposal=own, by=zhanar) == ["two_people"]
        assert codes_of(services.decline_role, proposal=own, by=zhanar) == ["two_people"]
        for pair in ({"proposed_by": cast.serik}, {"proposed_by": cast.root, "confirmed_by": cast.serik}):
            with pytest.raises(IntegrityError), transaction.atomic():
                RoleProposal.objects.create(user=cast.serik, role=Role.AUDITOR, **pair)
        with pytest.raises(IntegrityError), transaction.atomic():
            RoleProposal.objects.create(
                user=cast.serik, role=Role.AUDITOR, proposed_by=cast.root, confirmed_by=cast.root
            )

    def test_a_lead_confirms_where_there_is_no_other_administrator(self, cast):
        services.confirm_role(proposal=propose(cast), by=cast.dana)
        assert access.has_role(fresh(cast.serik), Role.SAFEGUARDING_LEAD)

    def test_and_where_the_only_other_one_is_proposed(self, cast, zhanar):
        services.confirm_role(proposal=propose(cast, Role.APPEAL_MEMBER, user=zhanar), by=cast.dana)
        assert access.has_role(fresh(zhanar), Role.APPEAL_MEMBER)

    def test_with_two_administrators_a_lead_does_not(self, cast, zhanar):
        assert codes_of(services.confirm_role, proposal=propose(cast), by=cast.dana) == ["two_people"]

    @pytest.mark.parametrize("who", ["aigul", "saule", "raushan", "asel", "gulnara"])
    def test_nobody_else_finds_it(self, cast, who):
        proposal = propose(cast)
        for service in (services.confirm_role, services.decline_role):
            with pytest.raises(RoleProposal.DoesNotExist):
                service(proposal=proposal, by=getattr(cast, who))

    def test_it_lapses_after_two_weeks_and_can_be_proposed_anew(self, cast):
        proposal = propose(cast)
        day = timezone.localdate(proposal.proposed_at)
        assert roles.lapse(day + timedelta(days=14)) == []
        RoleProposal.objects.update(proposed_at=timezone.now() - timedelta(days=14, minutes=1))
        assert codes_of(services.confirm_role, proposal=proposal, by=cast.dana) == ["not_waiting"]
        newer = propose(cast)
        assert roles.lapse(timezone.localdate() + timedelta(days=15)) == [newer.code]
        assert not StaffTask.objects.open().filter(kind="to_confirm", about=cast.serik.code).exists()

    def test_what_was_decided_is_decided(self, cast):
        proposal = propose(cast)
        assert codes_of(propose, cast=cast) == ["proposed"]
        services.confirm_role(proposal=proposal, by=cast.dana)
        for service in (services.confirm_role, services.decline_role):
            assert codes_of(service, proposal=proposal, by=cast.marat) == ["not_waiting"]
        assert codes_of(propose, cast=cast) == ["held"]

    @pytest.mark.parametrize("who", ["root", "dana"])
    def test_it_is_taken_back_or_refused(self, cast, who):
        proposal = propose(cast)
        services.decline_role(proposal=proposal, by=getattr(cast, who))
        assert codes_of(services.confirm_role, proposal=proposal, by=cast.marat) == ["not_waiting"]
        assert not fresh(cast.serik).grants
        assert not StaffTask.objects.open().filter(kind="to_confirm").exists()

    def test_what_a_former_administrator_proposed_is_not_confirmed(self, cast, zhanar):
        proposal = propose(cast, by=zhanar)
        services.end_role(user=zhanar, role=Role.ADMINISTRATOR, by=cast.root)
        assert codes_of(services.confirm_role, proposal=proposal, by=cast.root) == ["proposer_gone"]

    def test_nor_for_an_account_that_was_closed(self, cast):
        proposal = propose(cast)
        services.close_account(user=cast.serik, by=cast.root)
        assert codes_of(services.confirm_role, proposal=proposal, by=cast.dana) == ["account_closed"]

    def test_the_first_administrator_comes_by_the_command(self, cast):
        call_command("grant_role", cast.serik.email, Role.ADMINISTRATOR)
        assert access.has_role(fresh(cast.serik), Role.ADMINISTRATOR)


class TestLetters:
    def test_who_may_confirm_has_a_letter_and_a_task(self, cast, zhanar):
        propose(cast)
        assert letters("role_proposed") == addresses("zhanar")
        task = StaffTask.objects.get(kind="to_confirm")
        assert (task.role, task.about) == (Role.ADMINISTRATOR, cast.serik.code)

    def test_without_another_administrator_the_leads(self, cast):
        propose(cast)
        assert letters("role_proposed") == addresses("dana", "marat")
        assert StaffTask.objects.get(kind="to_confirm").role == Role.SAFEGUARDING_LEAD

    def test_all_who_answer_for_roles_read_that_it_was_given_and_ended(self, cast):
        services.confirm_role(proposal=propose(cast, Role.AUDITOR), by=cast.dana)
        assert letters("role_given") == addresses("root", "dana", "marat", "serik")
        services.end_role(user=cast.serik, role=Role.AUDITOR, by=cast.root)
        assert letters("role_ended") == addresses("root", "dana", "marat", "serik")
        for name in ("role_given", "role_ended"):
            for letter in OutgoingMessage.objects.filter(letter=f"portal/{name}"):
                assert cast.serik.display_name in letter.text
                assert ("/staff/roles/" in letter.text) == (letter.recipient != cast.serik)

    def test_also_of_what_a_command_gives(self, cast):
        call_command("grant_role", cast.serik.email, Role.SAFEGUARDING_LEAD)
        assert letters("role_given") == addresses("root", "dana", "marat", "serik")

    def test_also_when_the_account_is_closed(self, cast):
        services.close_account(user=cast.marat, by=cast.root)
        waiting = OutgoingMessage.objects.filter(letter="portal/role_ended", state="scheduled")
        assert set(waiting.values_list("recipient__email", flat=True)) == addresses("root", "dana")

    def test_of_what_one_gives_there_is_none(self, cast):
        services.grant_role(user=cast.serik, role=Role.EDITOR, by=cast.root)
        services.end_role(user=cast.serik, role=Role.EDITOR, by=cast.root)
        assert not letters("role_given") | letters("role_ended")


class TestTheLast:
    def test_of_the_administrators_stays(self, cast, zhanar):
        services.end_role(user=zhanar, role=Role.ADMINISTRATOR, by=cast.root)
        for by in (cast.root, None):
            assert codes_of(services.end_role, user=cast.root, role=Role.ADMINISTRATOR, by=by) == ["last"]
        assert codes_of(services.close_account, user=cast.root, by=None) == ["last"]
        assert access.has_role(fresh(cast.root), Role.ADMINISTRATOR) and fresh(cast.root).email

    def test_of_the_leads_stays(self, cast):
        services.close_account(user=cast.marat, by=cast.root)
        assert codes_of(services.end_role, user=cast.dana, role=Role.SAFEGUARDING_LEAD, by=cast.root) == ["last"]
        assert codes_of(services.close_account, user=cast.dana, by=cast.root) == ["last"]

    def test_a_lead_of_one_district_is_not_enough(self, cast):
        far = builders.make_user("far", Role.SAFEGUARDING_LEAD, district=cast.zhambyl)
        services.end_role(user=cast.marat, role=Role.SAFEGUARDING_LEAD, by=cast.root)
        assert codes_of(services.end_role, user=cast.dana, role=Role.SAFEGUARDING_LEAD, by=cast.root) == ["last"]
        ended = services.end_role(user=far, role=Role.SAFEGUARDING_LEAD, by=cast.root, district=cast.zhambyl)
        assert ended == 1

    def test_the_last_auditor_may_go(self, cast):
        assert services.end_role(user=cast.raushan, role=Role.AUDITOR, by=cast.root) == 1


def test_the_command_says_why_it_refuses(cast):
    services.close_account(user=cast.marat, by=cast.root)
    for words, person, role, more in (
        ("Этой ролью больше никто", cast.dana, Role.SAFEGUARDING_LEAD, {"end": True}),
        ("аудитор", cast.raushan, Role.EDITOR, {}),
    ):
        with pytest.raises(CommandError, match=f"(?i){words}"):
            call_command("grant_role", person.email, role, **more)


class TestAuditor:
    @pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMINISTRATOR, Role.EDITOR])
    def test_takes_no_other_role(self, cast, role):
        assert codes_of(services.grant_role, user=cast.raushan, role=role, by=None) == ["auditor_alone"]
        with pytest.raises(IntegrityError), transaction.atomic():
            RoleGrant.objects.create(user=cast.raushan, role=role)

    @pytest.mark.parametrize("who", ["aigul", "root", "gulnara"])
    def test_who_has_another_is_none(self, cast, who):
        user = getattr(cast, who)
        assert codes_of(services.grant_role, user=user, role=Role.AUDITOR, by=None) == ["auditor_alone"]
        with pytest.raises(IntegrityError), transaction.atomic():
            RoleGrant.objects.create(user=user, role=Role.AUDITOR)

    def test_nor_is_a_superuser(self, cast):
        User.objects.filter(pk=cast.serik.pk).update(is_superuser=True)
        assert codes_of(services.grant_role, user=cast.serik, role=Role.AUDITOR, by=None) == ["auditor_alone"]

    def test_nor_by_a_change_of_what_is_there(self, cast):
        grant = cast.ivan.role_grants.get(role=Role.TRAINER)
        with pytest.raises(IntegrityError), transaction.atomic():
            RoleGrant.objects.filter(pk=grant.pk).update(role=Role.AUDITOR)

    def test_it_is_refused_when_it_is_proposed_and_again_when_it_is_confirmed(self, cast):
        assert codes_of(propose, cast=cast, user=cast.asel, role=Role.AUDITOR) == ["auditor_alone"]
        proposal = propose(cast, Role.AUDITOR)
        services.grant_role(user=cast.serik, role=Role.EDITOR, by=cast.root)
        assert codes_of(services.confirm_role, proposal=proposal, by=cast.dana) == ["auditor_alone"]

    def test_after_his_other_role_ended_he_may_become_one(self, cast):
        services.end_role(user=cast.asel, role=Role.EDITOR, by=cast.root)
        services.confirm_role(proposal=propose(cast, Role.AUDITOR, user=cast.asel), by=cast.dana)
        assert [grant.role for grant in fresh(cast.asel).grants] == [Role.AUDITOR]


class TestPages:
    def test_from_the_proposal_to_the_role(self, cast, sign_in):
        root, dana = sign_in(cast.root), sign_in(cast.dana)
        given = {"role": Role.SAFEGUARDING_LEAD, "district": ""}
        root.post(reverse("staff_account_grant", args=[cast.serik.uuid]), given)
        proposal = RoleProposal.objects.get(user=cast.serik)
        own = root.get(reverse("staff_roles")).content.decode()
        assert "move-confirm_role" not in own and "move-decline_role" in own
        page = dana.get(reverse("staff_roles")).content.decode()
        assert "move-confirm_role" in page and cast.root.display_name in page
        assert root.post(reverse("staff_role_confirm", args=[proposal.uuid])).status_code == 403
        assert dana.post(reverse("staff_role_confirm", args=[proposal.uuid])).status_code == 302
        assert sign_in(fresh(cast.serik)).get(reverse("staff_lead")).status_code == 200
        assert f'data-role="{Role.SAFEGUARDING_LEAD}"' in dana.get(reverse("staff_roles")).content.decode()

    def test_a_role_for_oneself_by_a_crafted_post(self, cast, sign_in):
        client = sign_in(cast.root)
        for role in (*BY_TWO, Role.COORDINATOR):
            answer = client.post(reverse("staff_account_grant", args=[cast.root.uuid]), {"role": role})
            assert answer.status_code == 403, role
        assert not RoleProposal.objects.exists()

    def test_the_last_role_and_the_last_account_by_a_crafted_post(self, cast, sign_in):
        services.close_account(user=cast.marat, by=cast.root)
        client, grant = sign_in(cast.root), cast.dana.role_grants.get()
        ended = client.post(reverse("staff_account_end_role", args=[cast.dana.uuid]), {"grant": grant.pk})
        closed = client.post(reverse("staff_account_close", args=[cast.dana.uuid]), {"sure": "on"})
        assert (ended.status_code, closed.status_code) == (409, 409)
        own = client.post(
            reverse("staff_account_end_role", args=[cast.root.uuid]), {"grant": cast.root.role_grants.get().pk}
        )
        assert own.status_code == 409

    def test_the_page_costs_the_same_for_few_and_for_many(self, cast, sign_in, django_assert_max_num_queries):
        client = sign_in(cast.root)
        for index in range(8):
            propose(cast, user=builders.make_user(f"more{index}", family="Ж", given=f"Ж{index}"))
        with django_assert_max_num_queries(10):
            assert client.get(reverse("staff_roles")).content.decode().count('data-testid="proposal"') == 8


class TestMixedDuties:
    """An administrator who works on cases too."""

    @pytest.fixture
    def root(self, cast, sign_in):
        services.grant_role(user=cast.root, role=Role.COORDINATOR, by=None, district=cast.taraz)
        return sign_in(fresh(cast.root))

    def marks(self) -> list[str]:
        return [entry.data["page"] for entry in LogEntry.objects.filter(action="case_page").order_by("pk")]

    def test_reads_a_banner_and_each_page_of_cases_is_marked(self, cast, root, sign_in):
        page = root.get(reverse("staff_person", args=[cast.nurlan.uuid]))
        assert 'data-testid="mixed-duties"' in page.content.decode()
        root.get(reverse("staff_applications"))
        root.get(reverse("staff_accounts"))  # an administrator's own
        assert self.marks() == ["staff_person", "staff_applications"]
        assert LogEntry.objects.filter(action="case_page").last().data["uuid"] == str(cast.nurlan.uuid)
        found = sign_in(cast.raushan).get(reverse("staff_log"), {"duties": "mixed"}).context["object_list"]
        assert {entry.actor_id for entry in found} == {cast.root.pk}

    def test_those_with_one_duty_have_neither(self, cast, sign_in):
        for user, name in ((cast.root, "staff_accounts"), (cast.aigul, "staff_applications")):
            assert "mixed-duties" not in sign_in(user).get(reverse(name)).content.decode()
        assert not self.marks()


@pytest.mark.django_db(transaction=True)
def test_of_the_last_two_leads_ended_at_once_one_stays():
    cast, ending = make_cast(), {"role": Role.SAFEGUARDING_LEAD, "by": None}
    acts = (attempt(services.end_role, user=user, **ending) for user in (cast.dana, cast.marat))
    assert sorted(together(*acts)) == ["done", "last"]
    assert RoleGrant.objects.in_force().filter(role=Role.SAFEGUARDING_LEAD).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_confirm_at_once_one_gives_it():
    cast = make_cast()
    proposal = services.propose_role(user=cast.serik, role=Role.APPEAL_MEMBER, by=cast.root)
    acts = (attempt(services.confirm_role, proposal=proposal, by=user) for user in (cast.dana, cast.marat))
    assert sorted(together(*acts)) == ["done", "not_waiting"]
    assert OutgoingMessage.objects.filter(letter="portal/role_given", recipient=cast.serik).count() == 1


def test_exports_tell_others_who_took_what_and_why(cast):
    services.note_export(what="hours", by=cast.dana, count=12, why="The ministry asks for it.")
    (letter,) = OutgoingMessage.objects.filter(letter="portal/list_taken")
    assert letter.recipient == cast.marat  # not the one who took it
    for words in (cast.dana.display_name, "12", "The ministry asks for it."):
        assert words in letter.text
    services.end_role(user=cast.marat, role=Role.SAFEGUARDING_LEAD, by=None)
    services.note_export(what="hours", by=cast.dana, count=12, why="The ministry asks for it.")
    latest = OutgoingMessage.objects.filter(letter="portal/list_taken").latest("pk")
    assert latest.recipient == cast.raushan


def test_nobody_is_told_of_an_export_that_was_rolled_back(cast):
    with pytest.raises(NotAllowed), transaction.atomic():
        services.note_export(what="hours", by=cast.dana, count=1, why="For the inspection")
        raise NotAllowed
    assert not OutgoingMessage.objects.filter(letter="portal/list_taken").exists()
