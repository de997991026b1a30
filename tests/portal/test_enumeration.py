"""Nobody learns from an answer who has an account. How long the answers take: `benchmarks/enumeration.py`."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import translation

from portal.models import OutgoingMessage, User

pytestmark = pytest.mark.django_db
PASSWORD = "Табурет-гроза-километр"
KNOWN = {"email": "known@demo.example", "phone": "+77010000001"}
UNKNOWN = {"email": "other@demo.example", "phone": "+77010000002"}
HALFWAY = {"email": "half@demo.example", "phone": "+77010000003"}  # signed up, never confirmed


@pytest.fixture(autouse=True)
def people(db):
    translation.activate("en")
    User.objects.create_user(
        KNOWN["email"], "another " + PASSWORD, phone=KNOWN["phone"], phone_verified=True
    ).emailaddress_set.create(email=KNOWN["email"], verified=True, primary=True)
    User.objects.create_user(HALFWAY["email"], "another " + PASSWORD, phone=HALFWAY["phone"])


def answer(path: str, data: dict, person: dict, client: Client | None = None) -> list:
    """Every step that the browser is led through: statuses, addresses and texts, without what was typed and the tokens."""
    client = client or Client()
    response = client.post(path, data, follow=True)
    text = response.content.decode()
    for typed in person.values():
        text = text.replace(typed, "…").replace(typed.replace("+", "&#x2B;"), "…")
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)
    return [response.redirect_chain, response.status_code, text]


def alike(path: str, field: str, by: str = "", **more) -> bool:
    """Whether known, unknown and half known people get the same pages, and as many letters. What is typed into `field` is
    their `by`."""
    answers = []
    for person in (KNOWN, UNKNOWN, HALFWAY):
        before = OutgoingMessage.objects.count()
        answers.append(answer(path, {field: person[by or field], **more}, person))
        answers[-1].append(OutgoingMessage.objects.count() - before)
    return answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize("by", ["email", "phone"])
def test_sign_in(by):
    assert alike("/en/account/login/", "login", by=by, password="wrong")


@pytest.mark.parametrize("field", ["email", "phone"])
def test_sign_up(field):
    assert alike("/en/account/signup/", field, password1=PASSWORD)


@pytest.mark.parametrize("field", ["email", "phone"])
def test_a_code_to_sign_in(field):
    assert alike("/en/account/login/code/", field)


def test_a_new_password():
    assert alike("/en/account/password/reset/", "email")


@pytest.mark.parametrize(
    ("first", "second", "field"),
    [
        ("/en/account/login/code/", "/en/account/login/code/confirm/", "email"),
        ("/en/account/login/code/", "/en/account/login/code/confirm/", "phone"),
        ("/en/account/password/reset/", "/en/account/password/reset/confirm/", "email"),
        ("/en/account/signup/", "/en/account/confirm-email/", "email"),
        ("/en/account/signup/", "/en/account/phone/verify/", "phone"),
    ],
)
@pytest.mark.parametrize("data", [{"code": "x00000"}, {"action": "resend"}, {"action": "change", "email": "x@y.kz"}])
def test_the_page_of_the_code(first, second, field, data):
    answers = []
    for person in (KNOWN, UNKNOWN):
        client = Client()
        client.post(first, {field: person[field], "password1": PASSWORD})
        answers.append([answer(second, data, person, client) for _time in range(4)])
    assert answers[0] == answers[1]


@pytest.mark.parametrize(("path", "field"), [("/en/account/email/", "email"), ("/en/account/phone/change/", "phone")])
def test_another_address_for_ones_own_account(cast, sign_in, path, field):
    answers = [
        answer(path, {field: person[field], "action_add": ""}, person, sign_in(user))
        for person, user in ((KNOWN, cast.serik), (UNKNOWN, cast.nurlan.user))
    ]
    names = "|".join({cast.serik.email, cast.nurlan.user.email})
    assert re.sub(names, "…", answers[0][2]) == re.sub(names, "…", answers[1][2])
    assert answers[0][:2] == answers[1][:2]


def test_an_invitation_that_is_none_says_nothing_of_anybody():
    assert (
        answer("/en/invitation/" + "x" * 43 + "/", {}, KNOWN)[:2]
        == answer("/en/invitation/" + "y" * 43 + "/", {}, KNOWN)[:2]
    )
