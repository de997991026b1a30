"""Accounts of the staff: roles given and ended, accounts closed; what was done under them stays readable."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.management import CommandError, call_command
from django.urls import reverse

from portal import services
from portal.access import Role
from portal.management.demo import PASSWORD, builders
from portal.models import LogEntry, OutgoingMessage, User
from portal.refusals import NotAllowed, Refused
from tests.portal.entering import enter, second_factor
from tests.volunteers.cases import make_applicant
from volunteers.services import leaving
from volunteers.states import ApplicationState

pytestmark = pytest.mark.django_db


def url(name: str, user: User) -> str:
    return reverse(name, args=[user.uuid])


def test_45_account_deleted_history_stays(cast, sign_in):
    """Root closes Aigul's account: her checks and decisions still show her name as it was."""
    aigul, name = cast.aigul, cast.aigul.display_name
    root, raushan = sign_in(cast.root), sign_in(cast.raushan)
    session = sign_in(aigul)
    OutgoingMessage.objects.create(
        letter="x", channel="email", address=aigul.email, language="kk", subject=name, text=name, dedupe_key="x",
        due_at="2026-01-01T00:00:00Z",
    )  # fmt: skip
    response = root.post(url("staff_account_close", aigul), {})
    assert response.status_code == 422  # not sure
    assert root.post(url("staff_account_close", aigul), {"sure": "on"}).status_code == 302

    aigul = User.objects.get(pk=aigul.pk)
    assert aigul.is_closed and not aigul.grants
    assert (aigul.email, aigul.phone, aigul.display_name) == (None, None, name)
    assert not EmailAddress.objects.filter(user=aigul).exists()
    assert not OutgoingMessage.objects.exclude(text="").filter(dedupe_key="x").exists()
    assert session.get(reverse("staff_home")).status_code == 302  # she is signed out
    assert not sign_in(cast.serik).login(email="aigul@demo.example", password=PASSWORD)

    page = raushan.get(reverse("staff_record")).content.decode()
    assert name in page  # verifier of the certificates
    assert name in sign_in(cast.dana).get(url("staff_person", cast.nurlan)).content.decode()
    assert LogEntry.objects.filter(action="account.close", actor=cast.root).exists()
    assert name in root.get(url("staff_account", aigul)).content.decode()


def test_an_account_is_closed_once_and_for_good(cast):
    services.close_account(user=cast.ivan, by=cast.root)
    services.close_account(user=cast.ivan, by=cast.root)
    assert LogEntry.objects.filter(action="account.close").count() == 1
    with pytest.raises(Refused) as refusal:
        services.grant_role(user=User.objects.get(pk=cast.ivan.pk), role=Role.TRAINER, by=cast.root)
    assert refusal.value.codes == ["account_closed"]


@pytest.mark.parametrize("who", ["root", "aigul", "dana", "asel", "raushan"])
def test_only_an_administrator_closes_and_never_his_own(cast, who):
    own = cast.root if who == "root" else cast.ivan
    with pytest.raises(NotAllowed):
        services.close_account(user=own, by=getattr(cast, who))
    assert User.objects.get(pk=own.pk).is_active


def test_a_mentors_or_an_applicants_account_is_not_closed_over_his_head(cast, sign_in):
    """His visits would stay booked, and his record would keep the address and the phone that the page calls erased."""
    builders.make_application(make_applicant(cast), ApplicationState.SCREENING)
    root = sign_in(cast.root)
    for user in (cast.nurlan.user, cast.serik):
        answer = root.post(url("staff_account_close", user), {"sure": "on"})
        assert 'data-code="serves"' in answer.content.decode()
        assert not User.objects.get(pk=user.pk).is_closed
    leaving.leave(person=cast.nurlan, by=cast.aigul, reason="moved")
    services.close_account(user=cast.nurlan.user, by=cast.root)
    assert User.objects.get(pk=cast.nurlan.user_id).is_closed


def test_somebody_without_a_role_loses_his_name_in_the_log_too(cast):
    LogEntry.objects.create(actor=cast.serik, actor_name="Серік Әбенов", action="send", model="x", object_id="1")
    services.close_account(user=cast.serik, by=None)
    serik = User.objects.get(pk=cast.serik.pk)
    assert serik.display_name == serik.code
    assert not LogEntry.objects.filter(actor_name__contains="Серік").exists()
    assert LogEntry.objects.get(actor=serik, action="send").actor_name == serik.code


def test_roles_are_given_and_ended_on_the_page(cast, sign_in):
    root, serik = sign_in(cast.root), cast.serik
    found = root.get(reverse("staff_accounts"), {"account": "SERIK@demo.example"})
    assert [account.pk for account in found.context["object_list"]] == [serik.pk]
    assert serik not in root.get(reverse("staff_accounts")).context["object_list"]  # he has no role yet
    wrong = root.post(url("staff_account_grant", serik), {"role": "school_contact"})
    assert wrong.status_code == 422
    root.post(url("staff_account_grant", serik), {"role": "trainer", "district": cast.taraz.pk})
    grant = serik.role_grants.in_force().get()
    assert (grant.role, grant.district, grant.granted_by) == ("trainer", cast.taraz, cast.root)
    assert "trainer" in {item.role for item in User.objects.get(pk=serik.pk).grants}
    root.post(url("staff_account_end_role", serik), {"grant": grant.pk})
    assert not serik.role_grants.in_force().exists()


def test_nobody_gives_himself_a_role(cast, sign_in):
    response = sign_in(cast.root).post(url("staff_account_grant", cast.root), {"role": "safeguarding_lead"})
    assert response.status_code == 403
    assert not cast.root.role_grants.filter(role="safeguarding_lead").exists()


def test_the_list_costs_the_same_for_many(cast, sign_in, django_assert_max_num_queries):
    for index in range(10):
        builders.make_user(f"staff{index}", Role.TRAINER, family="Ж", given=f"Ж{index}")
    client = sign_in(cast.root)
    with django_assert_max_num_queries(10):
        client.get(reverse("staff_accounts"))


class TestALostSecondFactor:
    @pytest.fixture
    def aigul(self, cast) -> User:
        self.browser = enter(cast.aigul, secret=second_factor(cast.aigul))
        return cast.aigul

    def reset(self, client, user: User, **data):
        return client.post(url("staff_account_second_factor", user), data)

    def test_it_is_taken_off_and_all_who_answer_for_roles_are_told(self, cast, sign_in, aigul):
        root = sign_in(cast.root)
        assert self.browser.get(reverse("staff_home")).status_code == 200
        assert self.reset(root, aigul).status_code == 422  # how does he know who asks?
        assert self.reset(root, aigul, proof="in_person").status_code == 302
        assert not Authenticator.objects.filter(user=aigul).exists()
        assert self.browser.get(reverse("staff_home")).status_code == 302  # signed out
        entry = LogEntry.objects.get(action="account.reset_second_factor")
        assert (entry.actor, entry.data) == (cast.root, {"proof": "in_person"})
        told = set(
            OutgoingMessage.objects.filter(letter="portal/second_factor_reset").values_list("recipient", flat=True)
        )
        assert told == {aigul.pk, cast.root.pk, cast.dana.pk, cast.marat.pk}

    def test_nobody_takes_off_his_own_nor_that_of_a_role_of_weight(self, cast, sign_in, aigul):
        root = sign_in(cast.root)
        for user, status in ((cast.root, 403), (cast.dana, 409)):
            TOTP.activate(user, generate_totp_secret())
            assert self.reset(root, user, proof="in_person").status_code == status
            assert Authenticator.objects.filter(user=user).exists()
        with pytest.raises(NotAllowed):
            services.reset_second_factor(user=aigul, by=cast.dana, proof="in_person")

    def test_the_server_does_it_for_them(self, cast):
        TOTP.activate(cast.dana, generate_totp_secret())
        call_command("reset_second_factor", cast.dana.email)
        assert not Authenticator.objects.filter(user=cast.dana).exists()
        for nobody in (cast.dana.email, "nobody@demo.example"):
            with pytest.raises(CommandError):
                call_command("reset_second_factor", nobody)
