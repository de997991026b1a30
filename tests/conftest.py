import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import Client
from hypothesis import settings as hypothesis_settings

from portal.keys import create_missing
from tests.people import Cast, make_cast

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
        make_cast()


@pytest.fixture(autouse=True)
def house(settings, tmp_path_factory):
    """Every test has its own files and an empty cache; the second factor is demanded only where a test says so."""
    settings.PRIVATE_ROOT = tmp_path_factory.mktemp("private")
    settings.SECOND_FACTOR_REQUIRED = False
    cache.clear()


@pytest.fixture
def cast(db) -> Cast:
    return make_cast()


@pytest.fixture
def sign_in():
    """`sign_in(user)` → a client with that user's session."""

    def make(user) -> Client:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return make
