"""Every address × every method × every person: `tests/access/rows.py` says who gets in, and a new address without a row
there fails here. Who is refused leaves no row of any table written to."""

from __future__ import annotations

import pytest

from tests.access.addresses import address
from tests.access.asking import ask, client_of
from tests.access.resolver import own_names
from tests.access.rows import ACCESS, EVERYBODY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plain_refusals", "in_demo_mode")]

SENT = {"reason": "x", "no_conflict": "on"}
OTHER_METHODS = ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


def test_every_address_has_a_row():
    assert own_names() == set(ACCESS)
    assert all(people <= EVERYBODY for row in ACCESS.values() for people in row)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", sorted(ACCESS))
def test_who_gets_in(name, method, world, keys):
    url, let_in, statuses = address(name, world), set(), {}
    for person, key in keys.items():
        answer = ask(client_of(key), method, url, SENT if method == "POST" else None)
        statuses[person] = answer.status
        if not answer.refused:
            let_in.add(person)
        elif answer.wrote:
            pytest.fail(f"{person} was refused, and {set(answer.wrote)} was written")
    expected = ACCESS[name].get if method == "GET" else ACCESS[name].post
    assert (let_in - expected, expected - let_in) == (set(), set()), statuses


@pytest.mark.parametrize("name", sorted(ACCESS))
def test_the_head_of_a_page_is_no_way_round(name, world, keys):
    url, row = address(name, world), ACCESS[name]
    for person in {*sorted(row.get)[:1], *sorted(EVERYBODY - row.get)[:1]}:
        answers = [ask(client_of(keys[person]), method, url).status for method in ("GET", "HEAD")]
        assert answers[0] == answers[1], person


@pytest.mark.parametrize("method", OTHER_METHODS)
def test_nothing_else_is_taken_from_anybody(method, world, keys):
    client = client_of(keys["root"])
    outside_cms = [url for url in (address(name, world) for name in ACCESS) if not url.startswith("/cms/")]
    assert {ask(client, method, url).status for url in outside_cms} == {405}
