"""What Django's own fields and allauth answer with an error of the server is a sentence here."""

from __future__ import annotations

import pytest
from django.forms import ValidationError
from django.urls import reverse

from portal.fields import JSONField, SeveralField
from portal.models import District

CREDENTIAL = """{"id": "eA", "rawId": "eA", "type": "public-key", "response": {"userHandle": "OTk5OTk5OTk5OTk5OTk5OTk5OTk5",
    "clientDataJSON": "eA", "authenticatorData": "eA", "signature": "eA", "attestationObject": "eA"}}"""
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("value", ["9" * 30, "-" + "9" * 19, "9" * 5000, "x", "\0", "٣" * 30])
def test_a_number_that_no_row_has_is_no_choice(value):
    with pytest.raises(ValidationError):
        SeveralField(District.objects.all()).clean([value])


def test_what_is_chosen_comes_back(cast):
    assert list(SeveralField(District.objects.all()).clean([str(cast.taraz.pk)])) == [cast.taraz]


@pytest.mark.parametrize("value", ["1" * 5000, "[" * 100_000, "{", "\0"])
def test_what_is_no_json_is_refused(value):
    with pytest.raises(ValidationError):
        JSONField().clean(value)


@pytest.mark.parametrize("value", ["1" * 100_000, "[" * 50_000, "[]", "1", "null", '{"id": 1}', CREDENTIAL])
def test_no_security_key_is_an_answer_and_no_error(cast, client, sign_in, value):
    client.get(reverse("mfa_login_webauthn"))
    assert client.post(reverse("mfa_login_webauthn"), {"credential": value}).status_code < 500
    member = sign_in(cast.dana)
    for name in ("mfa_add_webauthn", "mfa_reauthenticate_webauthn"):
        member.get(reverse(name))
        assert member.post(reverse(name), {"credential": value}).status_code < 500
