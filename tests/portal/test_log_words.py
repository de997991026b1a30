"""The log says in words what was looked at, and finds it by these words."""

from __future__ import annotations

import pytest

from portal import audit

pytestmark = pytest.mark.django_db


def test_what_was_looked_at_is_told_and_found_in_words(cast, sign_in):
    audit.viewed(cast.nurlan, "exclusion_why", cast.dana)
    audit.record(cast.nurlan, "stay", cast.dana)
    client, url = sign_in(cast.raushan), "/en/staff/log/"
    page = client.get(url).content.decode()
    assert "reason of an exclusion" in page
    assert "exclusion_why" not in page
    found = client.get(url, {"action": "of an Exclusion"}).content.decode()
    assert "reason of an exclusion" in found
    assert ": stay" not in found
    assert ": stay" in client.get(url, {"action": "stay"}).content.decode()
