"""A key in place of a code, or of password and code: Chromium itself plays the key."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import translation
from playwright.sync_api import expect

from portal.management import demo
from tests.people import make_cast

KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def window(walk, settings):
    """Of a browser with a key in it, where the second factor is demanded."""
    settings.SECOND_FACTOR_REQUIRED = True
    opened = walk("ru", 360)
    devtools = opened.context.new_cdp_session(opened.page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    return opened


def path(name: str) -> str:
    with translation.override("ru"):
        return reverse(name)


@pytest.mark.parametrize("alone", [True, False])
def test_a_key_of_staff_opens_the_account_alone_or_after_the_password(window, alone):
    aigul = make_cast().aigul
    page = window.sign_in("aigul").go("~/staff/")
    assert page.url == window.base + path("mfa_index")
    window.go(path("mfa_add_webauthn"))
    window.fill(password=demo.PASSWORD)
    page.locator("main form button").first.click()
    if alone:
        window.fill(passwordless=True)
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url("**/recovery-codes/**")
    assert aigul.authenticator_set.filter(type="webauthn").count() == 1
    window.context.clear_cookies()

    if alone:
        window.go(path("account_login"))
        page.locator("#passkey_login").click()
    else:
        window.sign_in("aigul")
        page.locator("#mfa_webauthn_authenticate").click()
    page.wait_for_url("**/ru/staff/")
    expect(page.locator("h1")).to_be_visible()


def test_a_key_that_does_not_open_is_told_above_the_form(window):
    make_cast()
    page = window.go(path("account_login"))
    told = page.get_by_role("alert")
    expect(told).to_be_hidden()
    page.locator("#passkey_login").click()  # the key in this browser knows no account
    expect(told).to_be_visible()
    expect(told).to_be_in_viewport()
    page.locator("#passkey_login").click()
    expect(told).to_have_count(1)
    window.sign_in("aigul")  # and the other way stays open
    assert page.url == window.base + path("mfa_index")


def test_a_key_that_is_not_taken_in_is_told_too(window):
    make_cast()
    page = window.sign_in("aigul").go(path("mfa_add_webauthn"))
    window.fill(password=demo.PASSWORD)
    with page.expect_navigation():
        page.locator("main form button").first.click()
    page.evaluate(
        "() => { navigator.credentials.create = async () => { throw new DOMException('', 'NotAllowedError') } }"
    )
    page.locator("#mfa_webauthn_add").click()
    expect(page.get_by_role("alert")).to_be_visible()
