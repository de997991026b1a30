"""What every answer says to the browser, page by page: the policy, and that nobody keeps what was shown to one person."""

from __future__ import annotations

import pytest

from tests.access.addresses import address
from tests.access.asking import client_of, text_of
from tests.access.rows import ACCESS

pytestmark = pytest.mark.django_db

SAID = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}
NO_POLICY_OF_REFERRERS = {"exit"}  # says "no-referrer", which is more


@pytest.mark.parametrize("name", sorted(ACCESS))
def test_every_answer(name, world, keys, settings):
    settings.DEMO_MODE = True
    url, row = address(name, world), ACCESS[name]
    for person in {*sorted(row.get - {"nobody"})[:1], "nobody", "serik"}:
        response = client_of(keys[person]).get(url)
        text_of(response)
        said = response.headers
        assert {key: said.get(key) for key in SAID} == SAID, person
        assert said.get("Referrer-Policy") in {"same-origin", "no-referrer"}, person
        assert "geolocation=()" in said.get("Permissions-Policy", ""), person
        policy = said.get("Content-Security-Policy", "")
        assert "default-src 'none'" in policy, person
        if not url.startswith("/cms/"):
            assert "unsafe" not in policy and ("form-action" in policy or "sandbox" in policy), person
        if person != "nobody" and "public" not in said.get("Cache-Control", ""):
            assert "no-store" in said.get("Cache-Control", ""), person
        for cookie in response.cookies.values():
            assert cookie["samesite"] in {"Lax", "Strict"} and cookie["path"] == "/", cookie
            assert cookie["httponly"] or not cookie.value, cookie  # an empty one is being deleted
