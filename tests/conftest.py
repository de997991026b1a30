import time
from types import SimpleNamespace

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.apps import apps
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models.signals import post_migrate
from django.test import Client, override_settings
from django.utils import translation
from hypothesis import settings as hypothesis_settings

from portal.keys import create_missing
from portal.watch import take_alarms
from tests.access.fixtures import (  # noqa: F401 - for those who ask as everybody
    far,
    in_demo_mode,
    keys,
    plain_refusals,
    world,
    worlds,
)
from tests.cms import make_roots
from tests.people import Cast, make_cast, of_today

# The same examples on every run and machine, and no example fails for being slow.
hypothesis_settings.register_profile("suite", derandomize=True, deadline=None)
hypothesis_settings.load_profile("suite")


def pytest_configure(config):
    """The suite has data keys of its own, made once, before several processes share them."""
    if not hasattr(config, "workerinput"):
        create_missing(django_settings.KEYS_DIR)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The cast stands in the database before the first test; a test that flushes it makes its own (`cast`)."""
    with django_db_blocker.unblock():
        make_roots()  # a database kept from another run may have been emptied
        post_migrate.connect(make_roots, sender=apps.get_app_config("wagtailcore"))  # sent by a flush, too
        of_today(make_cast())
        # Tests with real commits empty every table afterwards. The log is emptied through its door only.
        empty = connection.ops.execute_sql_flush
        opened, closed = "INSERT INTO portal_logdoor (purpose) VALUES ('retain')", "DELETE FROM portal_logdoor"
        connection.ops.execute_sql_flush = lambda statements: empty([opened, *statements, closed])


@pytest.fixture(autouse=True)
def house(settings, tmp_path_factory):
    """Every test has its own files and an empty cache; the second factor is demanded only where a test says so."""
    settings.PRIVATE_ROOT = tmp_path_factory.mktemp("private")
    settings.ERASURES_FILE = settings.PRIVATE_ROOT / "erasures.txt"
    settings.SECOND_FACTOR_REQUIRED = False
    cache.clear()
    take_alarms()  # of the test before
    translation.activate(settings.LANGUAGE_CODE)  # whatever language the test before was in


@pytest.fixture(autouse=True)
def half_minute(monkeypatch):
    """The half-minute of authenticator apps does not end within a test: a code is no longer taken in the next one."""
    now = time.time()
    monkeypatch.setattr(totp, "time", SimpleNamespace(time=lambda: now))


@pytest.fixture(scope="module")
def module_db(django_db_setup, django_db_blocker, tmp_path_factory):
    """For what takes long to write: fixtures of a module that ask for this write into the database once, every test of
    the module finds it as it was written, and it goes with the last of them. Gives the cast. Not for modules with
    transactions of their own (`transaction=True`)."""
    with (
        django_db_blocker.unblock(),
        override_settings(PRIVATE_ROOT=tmp_path_factory.mktemp("private")),
        transaction.atomic(),
    ):
        yield of_today(make_cast())
        transaction.set_rollback(True)


@pytest.fixture
def cast(db) -> Cast:
    return of_today(make_cast())


@pytest.fixture
def sign_in():
    """`sign_in(user)` → a client with that user's session."""

    def make(user) -> Client:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return make
