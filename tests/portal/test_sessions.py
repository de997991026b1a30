"""Sessions: begun anew at sign-in, listed, ended by hand, by the clock, by a new password, with the account."""

from __future__ import annotations

import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from allauth.mfa.totp.internal import flows
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal import services, sessions
from portal.management.demo import PASSWORD
from portal.models import User
from tests.portal.entering import FIREFOX, PHONE, app_code, code_for, enter, is_in, later, second_factor

pytestmark = pytest.mark.django_db
NEW = "Табурет-гроза-километр"
MINUTE, HOUR, DAY = 60, 3600, 24 * 3600


def texts(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


class TestIdentity:
    def test_the_session_is_another_one_after_each_step_of_signing_in(self, cast):
        secret, client = second_factor(cast.aigul), Client()
        client.get(reverse("account_login"))
        client.post(reverse("account_login"), {"login": cast.aigul.email, "password": PASSWORD})
        halfway = client.session.session_key
        client.post(reverse("mfa_authenticate"), {"code": app_code(secret)})
        assert is_in(client)
        assert client.session.session_key != halfway
        stolen = Client()
        stolen.cookies["session"] = halfway
        assert not is_in(stolen)

    def test_a_planted_session_is_not_taken_over(self, cast):
        planted = Client()
        planted.get(reverse("account_login"))
        session = planted.session
        session["planted"] = True
        session.save()
        victim = Client()
        victim.cookies["session"] = session.session_key
        enter(cast.serik, client=victim)
        assert is_in(victim)
        planted.cookies["session"] = session.session_key
        assert not is_in(planted)

    def test_after_signing_out_the_old_cookie_opens_nothing(self, cast):
        client = enter(cast.serik)
        key = client.session.session_key
        client.post(reverse("account_logout"))
        again = Client()
        again.cookies["session"] = key
        assert not is_in(again)
        assert not UserSession.objects.filter(user=cast.serik).exists()


class TestList:
    def test_it_names_browsers_and_keeps_no_address(self, cast):
        here = enter(cast.serik, HTTP_USER_AGENT=FIREFOX)
        enter(cast.serik, HTTP_USER_AGENT=PHONE)
        page = here.get(reverse("account_sessions"))
        assert [one.user_agent for one in page.context["sessions"]] == ["Chrome, Android", "Firefox, Linux"]
        assert page.content.decode().count('data-testid="here"') == 1
        assert set(UserSession.objects.values_list("ip", flat=True)) == {sessions.NOT_ASKED}

    def test_it_costs_the_same_for_one_and_for_many(self, cast):
        here = enter(cast.serik)
        here.get(reverse("account_sessions"))  # takes the greeting away
        costs = []
        for _browser in range(3):
            with CaptureQueriesContext(connection) as queries:
                here.get(reverse("account_sessions"))
            costs.append(len(queries))
            enter(cast.serik)
        assert len(set(costs)) == 1

    def test_one_is_ended_by_its_button_and_the_rest_stay(self, cast):
        here, there, elsewhere = (enter(cast.serik) for _browser in range(3))
        row = UserSession.objects.get(session_key=there.session.session_key)
        here.post(reverse("account_sessions"), {"session": row.pk})
        assert [is_in(one) for one in (here, there, elsewhere)] == [True, False, True]

    def test_all_others_are_ended_at_once(self, cast):
        here, there, elsewhere = (enter(cast.serik) for _browser in range(3))
        here.post(reverse("account_sessions"))
        assert [is_in(one) for one in (here, there, elsewhere)] == [True, False, False]

    @pytest.mark.parametrize("number", ["0", "-1", "x", "9" * 40, "²", "of somebody else"])
    def test_nobody_ends_what_is_not_his(self, cast, number):
        here, other, foreign = enter(cast.serik), enter(cast.serik), enter(cast.nurlan.user)
        if number == "of somebody else":
            number = UserSession.objects.get(session_key=foreign.session.session_key).pk
        assert here.post(reverse("account_sessions"), {"session": number}).status_code == 302
        assert all(is_in(one) for one in (here, other, foreign))

    def test_what_is_over_is_swept_away(self, cast):
        client, old = enter(cast.serik), enter(cast.serik)
        Session.objects.filter(session_key=old.session.session_key).update(
            expire_date=timezone.now() - timedelta(days=1)
        )
        assert len(client.get(reverse("account_sessions")).context["sessions"]) == 1
        sessions.sweep(timezone.localdate())
        assert UserSession.objects.filter(user=cast.serik).count() == 1
        assert not Session.objects.filter(expire_date__lt=timezone.now()).exists()


class TestPassword:
    def test_a_new_password_ends_all_other_sessions(self, cast):
        here, there = enter(cast.serik), enter(cast.serik)
        here.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
        assert [is_in(one) for one in (here, there)] == [True, False]
        assert list(UserSession.objects.values_list("session_key", flat=True)) == [here.session.session_key]

    def test_one_set_anew_by_a_code_ends_all(self, cast):
        here, forgetful = enter(cast.serik), Client()
        forgetful.post(reverse("account_reset_password"), {"email": cast.serik.email})
        forgetful.post(reverse("account_confirm_password_reset_code"), {"code": code_for(cast.serik.email)})
        forgetful.post(reverse("account_complete_password_reset"), {"password1": NEW, "password2": NEW})
        assert User.objects.get(pk=cast.serik.pk).check_password(NEW)
        assert not is_in(here)
        assert not UserSession.objects.filter(user=cast.serik).exists()

    def test_a_closed_account_has_no_sessions(self, cast):
        there = enter(cast.ivan)
        services.close_account(user=cast.ivan, by=cast.root)
        assert not is_in(there)
        assert not UserSession.objects.filter(user=cast.ivan).exists()


class TestSecondFactor:
    """Staff who came in by password alone, where the account has got a second factor since."""

    @pytest.fixture(autouse=True)
    def in_force(self, settings):
        settings.SECOND_FACTOR_REQUIRED = True

    def test_a_session_that_has_not_shown_it_is_asked_for_it(self, cast):
        here = enter(cast.aigul)
        secret = second_factor(cast.aigul)
        for door in ("/kk/staff/", "/kk/staff/people/"):
            assert here.get(door).url == f"{reverse('mfa_reauthenticate')}?next={door}"
        here.post(reverse("mfa_reauthenticate"), {"code": app_code(secret)})
        assert here.get("/kk/staff/").status_code == 200

    def test_nor_does_it_open_the_cms(self, cast):
        here = enter(cast.asel)
        second_factor(cast.asel)
        assert here.get("/cms/").url == f"{reverse('mfa_reauthenticate')}?next=/cms/"

    def test_setting_one_up_opens_the_doors_here_and_ends_every_other_session(self, cast, monkeypatch):
        # The test's own transaction never ends: what waits for the end of allauth's is done at once, as in a request.
        monkeypatch.setattr(flows, "transaction", SimpleNamespace(on_commit=lambda do: do()))
        here, there = enter(cast.aigul), enter(cast.aigul)
        here.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        secret = here.get(reverse("mfa_activate_totp")).context["form"].secret
        here.post(reverse("mfa_activate_totp"), {"code": app_code(secret)})
        assert here.get("/kk/staff/people/").status_code == 200
        assert not is_in(there)


class TestClock:
    @pytest.fixture(autouse=True)
    def in_force(self, settings, monkeypatch):
        """Its clock stands still: a second that begins meanwhile is no second without a request."""
        settings.SECOND_FACTOR_REQUIRED = True
        now = time.time()
        monkeypatch.setattr(sessions, "time", SimpleNamespace(time=lambda: now))

    @pytest.fixture
    def staff(self, cast):
        client = enter(cast.aigul, secret=second_factor(cast.aigul))
        assert is_in(client)
        return client

    @pytest.fixture
    def mentor(self, cast):
        client = enter(cast.nurlan.user)
        assert is_in(client)
        return client

    def test_staff_after_half_an_hour_without_a_request(self, staff):
        later(staff, seen=30 * MINUTE)
        assert is_in(staff)
        later(staff, seen=30 * MINUTE + 5)
        answer = staff.get("/en/staff/", follow=True)
        assert answer.redirect_chain[0][0] == "/en/account/login/?next=/en/staff/"
        assert texts(answer) == ["You were signed out, because nothing was done here for half an hour."]

    def test_staff_after_twelve_hours_however_busy(self, staff):
        later(staff, began=12 * HOUR - 5)
        assert is_in(staff)
        later(staff, began=10)
        answer = staff.get("/en/staff/", follow=True)
        assert "does not last longer" in texts(answer)[0]

    def test_others_after_fourteen_days(self, mentor):
        later(mentor, began=14 * DAY - 5, seen=13 * DAY)
        assert is_in(mentor)
        later(mentor, began=10)
        assert not is_in(mentor)

    def test_a_role_given_meanwhile_counts_at_once(self, cast, mentor):
        later(mentor, began=13 * HOUR)
        assert is_in(mentor)
        services.grant_role(user=cast.nurlan.user, role="interviewer", by=None)
        assert not is_in(mentor)

    def test_the_cookie_of_an_ended_session_opens_nothing(self, staff):
        key = staff.session.session_key
        later(staff, seen=HOUR)
        assert not is_in(staff)
        again = Client()
        again.cookies["session"] = key
        assert not is_in(again)
        assert not UserSession.objects.filter(session_key=key).exists()

    def test_public_pages_stay_open_to_whoever_was_signed_out(self, staff):
        later(staff, seen=HOUR)
        assert staff.get("/en/numbers/").status_code == 200

    def test_the_session_is_written_once_a_minute(self, mentor, django_assert_num_queries):
        address = reverse("home_of_user")
        mentor.get(address)
        with django_assert_num_queries(3):  # session, person, roles
            mentor.get(address)
        later(mentor, seen=MINUTE)
        was = UserSession.objects.get(session_key=mentor.session.session_key).last_seen_at
        mentor.get(address)
        assert UserSession.objects.get(session_key=mentor.session.session_key).last_seen_at > was
        with django_assert_num_queries(3):
            mentor.get(address)

    def test_who_sends_a_form_too_late_is_told_that_it_was_not_saved(self, cast, staff):
        later(staff, seen=HOUR)
        form = "http://testserver/en/account/settings/?a=1"
        sent = staff.post(
            "/en/account/settings/", {"first_name": "Х", "language": "ru"}, HTTP_REFERER=form, follow=True
        )
        assert sent.redirect_chain[0][0] == "/en/account/login/?next=/en/account/settings/%3Fa%3D1"
        idle, lost = texts(sent)
        assert "half an hour" in idle and "not saved" in lost
        cast.aigul.refresh_from_db()
        assert cast.aigul.first_name != "Х"


def test_a_form_sent_without_a_session_says_so_too(cast):
    """Also in the demonstration, and whoever ended the session."""
    sent = Client().post(
        "/en/account/settings/", {"first_name": "Х"}, HTTP_REFERER="https://evil.example/x", follow=True
    )
    assert sent.redirect_chain[0][0] == "/en/account/login/?next=/en/account/settings/"
    assert "not saved" in texts(sent)[0]


def test_in_the_demonstration_no_clock_ends_a_session(cast):
    client = enter(cast.aigul)
    session = client.session
    session["began"] = session["seen"] = 0
    session.save()
    assert is_in(client)
