"""An installation whose settings are unsafe says so in one line each, and does not start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from portal.checks import ready_for_people, refuse_to_start
from portal.keys import create_missing

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def ready(settings, tmp_path):
    """Settings as a server with real people has them."""
    create_missing(tmp_path)
    good = {
        "DEBUG": False, "DEMO_MODE": False, "EMBEDDED_DATABASE": False, "REDIS_URL": "redis://cache/0",
        "SECRET_KEY": "x" * 60, "EMAIL_HOST": "mail.example", "EMAIL_USE_TLS": True, "SMS_SENDER": "builtins.print",
        "HTTPS": True, "ALLOWED_HOSTS": ["tirek.example"], "SECOND_FACTOR_REQUIRED": True, "KEYS_DIR": tmp_path,
        "DATA_KEYS_DIR": tmp_path / "data", "LOOKUP_KEY_FILE": tmp_path / "lookup.key", "CLAMD": "",
        "SECURITY_CONTACTS": ["mailto:a@tirek.example"], "ALLAUTH_TRUSTED_PROXY_COUNT": 1,
    }  # fmt: skip
    for name, value in good.items():
        setattr(settings, name, value)
    return settings


def codes() -> set[str]:
    return {error.id.removeprefix("portal.") for error in ready_for_people(None)}


def test_a_sound_installation_has_nothing_to_say_and_starts(ready):
    assert codes() == set()
    refuse_to_start()


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("DEMO_MODE", True, "E010"),
        ("EMBEDDED_DATABASE", True, "E011"),
        ("REDIS_URL", "", "E012"),
        ("EMAIL_HOST", "", "E014"),
        ("SMS_SENDER", "", "E015"),
        ("HTTPS", False, "E016"),
        ("CLAMD", "127.0.0.1:1", "E018"),
        ("ALLOWED_HOSTS", ["*"], "E019"),
        ("ALLOWED_HOSTS", [".example"], "E019"),
        ("ALLAUTH_TRUSTED_PROXY_COUNT", 9, "E020"),
        ("SECOND_FACTOR_REQUIRED", False, "E024"),
        ("SECURITY_CONTACTS", ["mailto:security@demo.example"], "E025"),
        ("EMAIL_USE_TLS", False, "E026"),
        ("PRIVATE_BUCKET", {"endpoint_url": "http://s3.example"}, "E027"),
    ],
)
def test_each_unsafe_setting_has_its_line(ready, name, value, code):
    setattr(ready, name, value)
    assert codes() == {code}


def test_the_default_secret(ready):
    ready.SECRET_KEY = ready.DEFAULT_SECRET_KEY
    assert codes() == {"E013"}


def test_missing_keys(ready, tmp_path):
    for key in tmp_path.glob("**/*.key"):
        key.unlink()
    assert codes() == {"E017", "E021"}


def test_keys_that_others_read(ready, tmp_path):
    (tmp_path / "lookup.key").chmod(0o640)
    assert codes() == {"E022"}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="settings of PostgreSQL")
def test_a_database_that_may_lose_what_it_said(ready):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")
    assert codes() == {"E023"}


def test_the_web_starts_in_the_demonstration_and_without_its_scanner_only(ready):
    ready.CLAMD = "127.0.0.1:1"
    refuse_to_start()
    ready.ALLOWED_HOSTS = ["*"]
    with pytest.raises(ImproperlyConfigured, match=r"portal\.E019: ALLOWED_HOSTS"):
        refuse_to_start()
    ready.DEMO_MODE = True
    refuse_to_start()


def start(**variables) -> subprocess.CompletedProcess:
    """The web as a server loads it, with nothing but these variables."""
    env = {"PATH": os.environ["PATH"], "VAR_DIR": os.environ.get("VAR_DIR", str(ROOT / "var"))}
    command = [sys.executable, "-c", "import portal.wsgi"]
    return subprocess.run(command, cwd=ROOT, env=env | variables, capture_output=True, text=True)


def test_the_real_web_does_not_start_with_what_a_laptop_has(tmp_path):
    create_missing(tmp_path)
    done = start(KEYS_DIR=str(tmp_path), ALLOWED_HOSTS="*")
    assert done.returncode != 0
    for code in ("E011", "E012", "E014", "E016", "E019"):
        assert f"portal.{code}: " in done.stderr


def test_nor_without_a_secret_nor_with_error_pages_on_an_https_address(tmp_path):
    said = start(KEYS_DIR=str(tmp_path)).stderr
    assert f"KEYS_DIR: no SECRET_KEY, since {tmp_path}/secret_key is not there." in said
    debug = start(KEYS_DIR=str(tmp_path), SECRET_KEY="x" * 60, DEBUG="1", SITE_URL="https://tirek.example")
    assert "DEBUG is on" in debug.stderr
