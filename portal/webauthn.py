"""Allauth's forms for security keys, for which much that no browser sends is an error of the server."""

from __future__ import annotations

from collections.abc import Callable

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn.forms import AddWebAuthnForm, LoginWebAuthnForm, ReauthenticateWebAuthnForm
from django import forms

from portal.fields import JSONField

BROKEN = (AttributeError, LookupError, OverflowError, TypeError, ValueError)  # what the parsers throw at it


class AddForm(AddWebAuthnForm):
    credential = JSONField(widget=forms.HiddenInput)

    def clean(self):
        return _parsed(super().clean)


class LoginForm(LoginWebAuthnForm):
    credential = JSONField(widget=forms.HiddenInput)

    def clean_credential(self):
        return _parsed(super().clean_credential)


class AgainForm(ReauthenticateWebAuthnForm):
    credential = JSONField(widget=forms.HiddenInput)

    def clean_credential(self):
        return _parsed(super().clean_credential)


def _parsed(parse: Callable):
    try:
        return parse()
    except BROKEN as error:
        raise get_adapter().validation_error("incorrect_code") from error
