"""The settings: their page is that of the code, and a value that cannot be meant refuses the start and names its variable."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import traceback

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from django.utils.module_loading import import_string

from portal.buckets import Bucket
from portal.environment import VARIABLES
from portal.management.commands import settings_table

PASSWORD = "s3cr3t-p4ss"


def load() -> dict:
    """The settings as a start with the environment of now has them."""
    return runpy.run_path(str(settings.BASE_DIR / "portal" / "settings.py"))


def test_the_table_of_settings_is_that_of_the_code():
    """After a change of a declaration: `manage.py settings_table`."""
    assert settings_table.FILE.read_text(encoding="utf-8") == settings_table.page()


def test_every_variable_is_explained_in_one_cell():
    for one in VARIABLES.values():
        assert one.meaning and "|" not in one.default + one.meaning and "\n" not in one.meaning, one.name


def test_the_table_does_not_depend_on_the_machine(monkeypatch, tmp_path):
    before = settings_table.table()
    values = {"VAR_DIR": str(tmp_path), "SITE_URL": "https://tirek.example/", "EMAIL_PORT": "587", "LOG_LEVEL": "ERROR"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    loaded = load()
    assert (loaded["SITE_URL"], loaded["EMAIL_PORT"], loaded["SITE_HOST"]) == (
        "https://tirek.example",
        587,
        "tirek.example",
    )
    assert settings_table.table() == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "maybe"),
        ("EMAIL_PORT", "abc"),
        ("EMAIL_PORT", "0"),
        ("EMAIL_PORT", "²"),
        ("EMAIL_PORT", "70000"),
        ("SITE_URL", "tirek.example"),
        ("SITE_URL", "https://tirek.example/portal"),
        ("SITE_URL", "https://тірек.қаз"),
        ("SITE_URL", "https://tirek.example:port"),
        ("ALLOWED_HOSTS", "https://127.0.0.1"),
        ("ALLOWED_HOSTS", "127.0.0.1:8000"),
        ("ALLOWED_HOSTS", "tirek.example"),
        ("SECURITY_CONTACT", "security@tirek.example"),
        ("SECURITY_CONTACT", "mailto:security@tirek.example, +7 700 000 00 00"),
        ("EXIT_URL", "www.kazhydromet.kz"),
        ("DEFAULT_FROM_EMAIL", "Tirek"),
        ("SENTRY_DSN", PASSWORD),
        ("SENTRY_DSN", f"https://{PASSWORD}@sentry.example/"),
        ("ERASURES_FILE", "/nowhere/erasures.txt"),
        ("ERASURES_FILE", "/dev"),
        ("LOG_LEVEL", "loud"),
        ("CLAMD", "clamd"),
        ("VAR_DIR", "/dev/null/var"),
        ("DATABASE_URL", f"mysql://tirek:{PASSWORD}@db/tirek"),
        ("DATABASE_URL", f"postgres://tirek:{PASSWORD}@db:port/tirek"),
        ("DATABASE_URL", f"postgres://tirek:{PASSWORD}@db"),
        ("DATABASE_URL", f"postgres://tirek:{PASSWORD}/x@db/tirek"),
        ("DATABASE_URL", f"postgres://tirek:12/{PASSWORD}@db/tirek"),
        ("DATABASE_URL", f"postgres://tirek:{PASSWORD}@x#y@db/tirek"),
        ("DATABASE_REPLICA_URL", f"postgres://tirek:{PASSWORD}@db:port/tirek"),
        ("DATABASE_REPLICA_URL", f"postgres://tirek:{PASSWORD}@db"),
        ("REDIS_URL", f"http://:{PASSWORD}@cache"),
        ("REDIS_URL", "redis://127.0.0.1:abc/0"),
        ("REDIS_URL", f"redis://:{PASSWORD}/x@cache/0"),
        ("PRIVATE_STORAGE_URL", f"s3://key:{PASSWORD}@host/bucket"),
        ("PRIVATE_STORAGE_URL", f"https://key:{PASSWORD}@host/"),
        ("PRIVATE_STORAGE_URL", f"https://key:{PASSWORD}@host:port/bucket"),
        ("PRIVATE_STORAGE_URL", f"https://key:{PASSWORD}@host/bucket/folder"),
        ("PUBLIC_STORAGE_URL", f"https://{PASSWORD}@host/bucket"),
        ("PUBLIC_STORAGE_URL", f"https://key:{PASSWORD}@host/bucket?regio=x"),
        ("PUBLIC_STORAGE_URL", f"https://key:{PASSWORD}@host/bucket?address=https://a.example;script-src *"),
    ],
)
def test_what_cannot_be_meant_names_its_variable_and_shows_no_password(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=rf"^{name}: ") as refused:
        load()
    assert PASSWORD not in "".join(traceback.format_exception(refused.value))  # what a log gets


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch):
    for name in ("EMAIL_PORT", "SITE_URL", "DEBUG", "DATABASE_URL", "PRIVATE_STORAGE_URL"):
        monkeypatch.setenv(name, "")
    assert load()["EMAIL_PORT"] == 25


def test_one_line_each_lays_the_files_into_buckets(monkeypatch):
    monkeypatch.setenv("PRIVATE_STORAGE_URL", "https://key:secret@s3.example/papers?region=kz1")
    monkeypatch.setenv("PUBLIC_STORAGE_URL", "https://key:secret@s3.example/pictures")
    chosen = load()["STORAGES"]
    for name in ("default", "private", "pictures"):
        assert issubclass(import_string(chosen[name]["BACKEND"]), Bucket)
    assert not issubclass(type(storages["private"]), Bucket)  # nothing set: files of this machine


def test_the_example_of_a_server_names_settings_that_there_are(monkeypatch, tmp_path):
    lines = (settings.BASE_DIR / "docs/deploy/env.example").read_text().splitlines()
    values = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert set(values) <= set(VARIABLES)
    for name, value in values.items():
        monkeypatch.setenv(name, str(tmp_path) if name.endswith("_DIR") else value.strip("'"))
    assert load()["EMAIL_HOST_PASSWORD"] == "PASSWORD"


def test_a_command_says_it_in_its_last_line():
    environment = {
        "PATH": os.environ["PATH"],
        "VAR_DIR": os.environ.get("VAR_DIR", "var"),
        "EMAIL_PORT": "abc",
        "DEBUG": "1",
    }
    command = [sys.executable, "manage.py", "check"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True)
    assert done.returncode != 0
    assert (
        done.stderr.strip()
        .splitlines()[-1]
        .endswith("EMAIL_PORT: a whole number from 1 to 65535 is needed, not 'abc'.")
    )
