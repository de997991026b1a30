"""What every page keeps: headers, languages, doors, errors."""

import base64
import hashlib
import re

import pytest
from django.core.management import call_command
from django.test import Client

from portal import services
from portal.logs import WithoutTokens

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/kk/account/login/", "/ru/help/", "/en/nothing-here/"])
def test_every_answer_has_the_policy_which_lets_in_one_script_of_the_page_by_its_digest(path):
    response = Client().get(path)
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    (script,) = re.findall(r'<script id="page-script">(.*?)</script>', response.content.decode(), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"; script-src 'self' 'sha256-{digest}'; style-src 'self';" in policy
    assert "unsafe" not in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("accepts", "language"),
    [("", "kk"), ("ru-RU,ru;q=0.9", "ru"), ("en-US", "en"), ("de", "kk"), ("kk-KZ,ru;q=0.5", "kk")],
)
def test_the_bare_address_goes_by_the_visitors_language(accepts, language):
    response = Client(headers={"Accept-Language": accepts} if accepts else {}).get("/")
    assert response.status_code == 302
    assert response.url == f"/{language}/"


@pytest.mark.parametrize(
    "path", ["/health/x", "/calendar/none.ics", "/badge/none/", "/static/none.css", "/documents/9/x"]
)
def test_addresses_without_a_language_keep_their_404(path):
    assert Client().get(path).status_code == 404


def test_an_unknown_page_of_the_cms_leads_a_stranger_to_the_sign_in_only():
    response = Client().get("/cms/nothing-here/")
    assert response.status_code == 302
    assert response.url.startswith("/kk/account/login/")


def test_exit_leads_away_and_clears_up():
    response = Client().get("/exit/")
    assert response.status_code == 302
    assert not response.url.startswith("/")
    assert response["Clear-Site-Data"] == '"cache", "storage"'
    assert response["Cache-Control"] == "no-store"


def test_health():
    assert Client().get("/health/live").json() == {"status": "ok"}
    assert Client().get("/health/ready").json() == {"status": "ok"}


def test_an_odd_charset_is_a_plain_400():
    response = Client().post(
        "/kk/account/login/", b"login=x", content_type="application/x-www-form-urlencoded; charset=utf-16"
    )
    assert response.status_code == 400


def test_pages_of_signed_in_people_are_not_cached(cast, sign_in):
    assert "no-store" in sign_in(cast.aigul).get("/kk/staff/")["Cache-Control"]


def test_the_letters_page_exists_in_the_demonstration_only(cast, sign_in, settings):
    settings.DEMO_MODE = False
    assert sign_in(cast.root).get("/kk/staff/letters/").status_code == 404
    settings.DEMO_MODE = True
    assert sign_in(cast.root).get("/kk/staff/letters/").status_code == 200
    assert sign_in(cast.aigul).get("/kk/staff/letters/").status_code == 403


def test_the_nightly_job_runs_from_its_page(cast, sign_in, settings):
    settings.DEMO_MODE = True
    response = sign_in(cast.root).post("/en/staff/nightly/")
    assert 'data-testid="nightly-report"' in response.content.decode()


def test_demo_mode_says_so_on_every_page(settings):
    settings.DEMO_MODE = True
    assert "invented" in Client().get("/en/account/login/").content.decode()


def test_the_deploy_check_refuses_the_demonstration(settings):
    from portal.checks import ready_for_people  # noqa: PLC0415 - only here

    settings.DEMO_MODE = True
    assert {"portal.E010", "portal.E014", "portal.E016"} <= {error.id for error in ready_for_people(None)}


def test_a_stale_form_is_a_plain_403():
    client = Client(enforce_csrf_checks=True)
    response = client.post("/ru/account/login/", {"login": "a", "password": "b"})
    assert response.status_code == 403


@pytest.mark.parametrize(
    "path",
    ["/kk/reference/k3y-of-a-referee/", "/calendar/k3y-of-a-calendar.ics", "/kk/coming/k3y/", "/kk/letters/stop/k3y/"],
)
def test_an_address_that_opens_something_by_itself_is_in_no_log(path, caplog):
    caplog.handler.addFilter(WithoutTokens())
    Client().get(path)
    assert caplog.messages
    assert "k3y" not in caplog.text


def test_a_task_is_closed_by_its_button_only(cast, sign_in):
    task = services.raise_task("withdrawn", role="coordinator", about="A-1", district=cast.taraz)
    client, path = sign_in(cast.aigul), f"/en/staff/tasks/{task.uuid}/done/"
    assert client.get(path).url == "/en/staff/"
    task.refresh_from_db()
    assert task.done_at is None
    client.post(path)
    task.refresh_from_db()
    assert task.done_by == cast.aigul


def test_the_nightly_command_prints_its_report(cast, capsys):
    call_command("nightly")
    assert ":" in capsys.readouterr().out
