"""A fresh word of the second factor before sensitive records and acts."""

from __future__ import annotations

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from portal import step_up
from portal.management.demo import PASSWORD
from portal.models import LogEntry, RoleGrant
from portal.staff import StaffDetail, StaffExport, StaffView
from portal.staff_accounts import AccountAction
from portal.staff_roles import RoleAction
from tests.portal.entering import app_code, code_for, enter, later, second_factor

pytestmark = pytest.mark.django_db
MINUTE = 60

READ = {  # security.md 2.2: what is read behind a fresh second factor
    "staff_appeal",
    "staff_application_opinion",
    "staff_concern",
    "staff_disclosure",
    "staff_do_not_engage_entry",
    "staff_duplicate",
    "staff_evidence",
    "staff_exclusion",
    "staff_exit",
    "staff_hold",
    "staff_interview",
    "staff_notice_answer",
    "staff_reference",
    "staff_risk",
}
DONE = {
    "staff_account_close",
    "staff_account_end_role",
    "staff_account_grant",
    "staff_account_second_factor",
    "staff_coverage_export",
    "staff_hours_export",
    "staff_import_apply",
    "staff_import_new",
    "staff_import_undo",
    "staff_record_export",
    "staff_role_confirm",
    "staff_role_decline",
}
AS_THE_CASE_PAGE = {"staff_application_read", "staff_application_revisions"}  # logged, and shown there anyway


def staff_pages() -> dict[str, type]:
    """Name → class of every page built on `StaffView`."""
    found = {}

    def walk(patterns):
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns)
            elif isinstance(pattern, URLPattern) and issubclass(
                getattr(pattern.callback, "view_class", object), StaffView
            ):
                found[pattern.name] = pattern.callback.view_class

    walk(get_resolver().url_patterns)
    return found


def test_every_sensitive_page_and_act_asks_for_it():
    asks = {name: view().fresh_for for name, view in staff_pages().items() if view().fresh_for}
    assert {name for name, methods in asks.items() if "GET" in methods} == READ
    assert {name for name, methods in asks.items() if "POST" in methods} == DONE


def test_a_new_page_of_that_kind_must_be_named_here():
    """What `StaffDetail.sensitive` logs, every export, every act on accounts and roles."""
    pages = staff_pages()
    sensitive = {name for name, view in pages.items() if issubclass(view, StaffDetail) and view.sensitive}
    assert sensitive - AS_THE_CASE_PAGE <= READ
    acts = {name for name, view in pages.items() if issubclass(view, (StaffExport, AccountAction, RoleAction))}
    assert acts <= DONE


class TestInForce:
    @pytest.fixture(autouse=True)
    def in_force(self, settings):
        settings.SECOND_FACTOR_REQUIRED = True

    @pytest.fixture
    def root(self, cast):
        self.secret = second_factor(cast.root)
        return enter(cast.root, secret=self.secret)

    def confirm(self, client, address: str):
        return client.post(address, {"code": app_code(self.secret)})

    def grant(self, client, cast, **more):
        return client.post(
            reverse("staff_account_grant", args=[cast.serik.uuid]),
            {"role": "trainer", "district": cast.taraz.pk},
            HTTP_REFERER=f"http://testserver{self.page(cast)}",
            **more,
        )

    @staticmethod
    def page(cast) -> str:
        return reverse("staff_account", args=[cast.serik.uuid])

    def test_a_sign_in_with_the_second_factor_counts_for_five_minutes(self, cast, root):
        later(root, confirmed=5 * MINUTE - 5)
        assert self.grant(root, cast).url == self.page(cast)
        assert RoleGrant.objects.filter(user=cast.serik).exists()

    def test_an_act_later_than_that_changes_nothing_and_says_so(self, cast, root):
        later(root, confirmed=5 * MINUTE + 5)
        answer = self.grant(root, cast)
        assert answer.url == f"{reverse('mfa_reauthenticate')}?next={self.page(cast)}"
        assert not RoleGrant.objects.filter(user=cast.serik).exists()
        asked = root.get(answer.url)
        assert [str(one) for one in asked.context["messages"]]
        assert self.confirm(root, answer.url).url == self.page(cast)
        assert self.grant(root, cast).url == self.page(cast)
        assert RoleGrant.objects.filter(user=cast.serik).exists()

    def test_reading_leads_there_and_back_again(self, cast):
        self.secret = second_factor(cast.dana)
        dana = enter(cast.dana, secret=self.secret)
        concern = reverse("staff_concern", args=["00000000-0000-0000-0000-000000000000"])
        assert dana.get(concern).status_code == 404
        later(dana, confirmed=5 * MINUTE + 5)
        asked = dana.get(concern)
        assert asked.url == f"{reverse('mfa_reauthenticate')}?next={concern}"
        assert self.confirm(dana, asked.url).url == concern
        assert dana.get(concern).status_code == 404  # there is none; but she is let through

    def test_nothing_is_logged_as_read_before_that(self, cast, root):
        seen = LogEntry.objects.count()
        later(root, confirmed=10 * MINUTE)
        self.grant(root, cast)
        assert LogEntry.objects.count() == seen

    def test_a_password_alone_is_not_enough_for_whoever_has_a_second_factor(self, cast, root):
        later(root, confirmed=10 * MINUTE)
        answer = root.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        assert answer.url.startswith(reverse("mfa_reauthenticate"))
        assert self.grant(root, cast).url.startswith(reverse("mfa_reauthenticate"))

    @pytest.mark.parametrize("name", sorted(step_up.ACCOUNT_PAGES - {"account_set_password"}))
    def test_address_phone_and_password_ask_for_it(self, root, name):
        assert root.get(reverse(name)).status_code == 200
        later(root, confirmed=10 * MINUTE)
        for answer in (root.get(reverse(name)), root.post(reverse(name), {})):
            assert answer.url.startswith(reverse("mfa_reauthenticate"))

    @pytest.mark.parametrize("name", ["mfa_deactivate_totp", "mfa_generate_recovery_codes", "mfa_add_webauthn"])
    def test_the_second_factor_itself_asks_for_it(self, root, name):
        later(root, confirmed=10 * MINUTE)
        assert reverse("mfa_reauthenticate") in root.get(reverse(name), follow=True).redirect_chain[-1][0]

    def test_somebody_without_a_second_factor_gives_his_password(self, cast):
        client = enter(cast.serik)
        later(client, confirmed=10 * MINUTE)
        asked = client.get(reverse("account_email"))
        assert asked.url == f"{reverse('account_reauthenticate')}?next={reverse('account_email')}"
        assert client.post(asked.url, {"password": PASSWORD}).url == reverse("account_email")
        assert client.get(reverse("account_email")).status_code == 200

    def test_somebody_who_has_neither_signs_in_once_more(self, cast, client):
        cast.serik.set_unusable_password()
        cast.serik.save()
        client.post(reverse("account_request_login_code"), {"email": cast.serik.email})
        client.post(reverse("account_confirm_login_code"), {"code": code_for(cast.serik.email)})
        assert client.get(reverse("account_set_password")).status_code == 200
        later(client, confirmed=10 * MINUTE)
        asked = client.get(reverse("account_set_password"))
        assert asked.url == f"{reverse('account_login')}?next={reverse('account_set_password')}"


def test_the_way_back_never_leaves_the_portal(rf):
    for referer in ("https://evil.example/x", "//evil.example/x", "javascript:alert(1)", "", "http://testserver@evil/"):
        assert step_up.page_of(rf.post("/kk/x/", HTTP_REFERER=referer)) == "/kk/x/"
    assert step_up.page_of(rf.post("/kk/x/", HTTP_REFERER="http://testserver/kk/y/?q=1")) == "/kk/y/?q=1"


def test_in_the_demonstration_nothing_is_asked(cast, sign_in):
    assert sign_in(cast.root).post(reverse("staff_account_close", args=[cast.serik.uuid])).status_code == 422
