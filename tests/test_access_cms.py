"""Wagtail's tree below /cms/, every address in it: whoever has no role in the CMS is refused before anything of it runs, and
for those who have one the parts of `CLOSED` stay closed."""

from __future__ import annotations

import pytest

from tests.access.asking import ask, client_of
from tests.access.cms import EDITORS, addresses_of_cms, is_known
from tests.access.rows import EVERYBODY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plain_refusals")]

PARTS = 5  # of the addresses; there are some twenty people, so each address is asked by four
# Beginnings of paths → who of the three gets in; what is nowhere here is open to all three.
CLOSED: dict[str, set[str]] = {}


def let_in(client, method: str, url: str) -> bool | None:
    """None where the library fails as is known."""
    try:
        answer = ask(client, method, url)
    except Exception as error:
        assert is_known(url, f"{type(error).__name__}: {error}"), (method, url, error)
        return None
    back_home = answer.status == 302 and answer.location == "/cms/" and url != "/cms/"
    return not answer.refused and not back_home


def test_the_tree_is_closed(world, keys):
    """Every address by each method is asked by some of them, and each of them asks a part of every kind of address."""
    people = sorted(EVERYBODY - EDITORS)
    asked = [(method, url) for url in addresses_of_cms(world) for method in ("GET", "POST")]
    for turn, person in enumerate(people):
        client = client_of(keys[person])
        for method, url in asked[turn % PARTS :: PARTS]:
            answer = ask(client, method, url)
            assert answer.refused and not answer.wrote, (person, method, url, answer.status)
