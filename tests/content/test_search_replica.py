"""The search asks the replica where one is named, and the primary where that is away."""

from __future__ import annotations

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from content.search import find
from portal import replica
from tests.content.conftest import SmallSite

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "replica"])


@pytest.fixture(autouse=True, scope="module")
def named(django_db_setup):
    """The database of the tests by another connection: a replica that is never late."""
    mirror = {"TEST": connection.settings_dict["TEST"] | {"MIRROR": "default"}}
    connections.settings[replica.ALIAS] = connection.settings_dict | mirror
    yield
    del connections.settings[replica.ALIAS]


@pytest.fixture
def second(transactional_db, settings):
    SmallSite().article("Қауіпсіз жол")
    settings.DATABASE_ROUTERS = ["portal.replica.Router"]
    yield connections[replica.ALIAS]
    replica.away.forget()
    connections[replica.ALIAS].close()
    del connections[replica.ALIAS]


def titles(language: str = "kk") -> list[str]:
    return [page.title for page in find("қауіпсіз", language)[0]]


def test_the_replica_is_asked_and_nothing_is_written_there(second):
    with CaptureQueriesContext(second) as there, CaptureQueriesContext(connection) as here:
        assert titles() == ["Қауіпсіз жол"]
    assert len(there) > 0
    assert len(here) == 0
    assert not any(query["sql"].startswith(("INSERT", "UPDATE", "DELETE")) for query in there.captured_queries)


def test_what_is_away_is_asked_once_and_the_primary_answers(second):
    second.close()
    nowhere = {"NAME": "/nowhere/at/all"} if second.vendor == "sqlite" else {"PORT": "1"}
    second.settings_dict = second.settings_dict | nowhere
    assert titles() == ["Қауіпсіз жол"]
    assert bool(replica.away)
    asked = []
    second.connect = lambda: asked.append("again")
    assert titles() == ["Қауіпсіз жол"]
    assert asked == []
