"""How often a password or a code may be tried, counted for all processes together (`portal.limits`).

A stranger cannot lock anybody out by it: while the door for passwords is shut for an account, the one for codes is open,
and a browser in which its owner has signed in before has a count of its own.
"""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.forms import (
    ConfirmEmailVerificationCodeForm,
    ConfirmLoginCodeForm,
    ConfirmPasswordResetCodeForm,
    VerifyPhoneForm,
)
from allauth.core import context
from allauth.core.internal.ratelimit import get_ip
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from django.http import HttpRequest

from portal import devices, limits
from portal.limits import DAY, Limit
from portal.models import User

MINUTES = 60
OF_ACCOUNT = (Limit(5, 5 * MINUTES), Limit(50, DAY))  # wrong passwords from browsers that it does not know
OF_BROWSER = (Limit(10, 5 * MINUTES), Limit(100, DAY))  # from one that it knows
OF_ADDRESS = (Limit(10, 5 * MINUTES), Limit(200, DAY))  # a school computer room shares one address
OF_CODE = (Limit(3, 10 * MINUTES),)  # of one code that was sent, which lives as long
OF_SECOND_FACTOR = (Limit(5, 5 * MINUTES), Limit(50, DAY))


class Attempt:
    """Some tries that are counted before they are judged, so that many at once are no more than the limit."""

    def __init__(self, counts: dict[str, tuple[Limit, ...]]):
        self.counts = counts

    def is_allowed(self) -> bool:
        """Counts it, up to the first count that is full."""
        return all(
            limits.consume(key, limit=limit.times, seconds=limit.seconds)
            for key, of_key in self.counts.items()
            for limit in of_key
        )

    def forgive(self) -> None:
        """It was right: only wrong ones count."""
        for key, of_key in self.counts.items():
            for limit in of_key:
                limits.consume(key, limit=limit.times, seconds=limit.seconds, amount=-1)


def password_for(request: HttpRequest, login: str, user: User | None) -> Attempt:
    """A password for `login`, which is the e-mail or the phone as it is stored, whether or not there is such a `user`."""
    browser = devices.browser_of(request)
    if user is not None and browser.knows(user):
        return Attempt({f"password:{user.pk}:{browser.mark}": OF_BROWSER})
    return Attempt({f"password:{login}": OF_ACCOUNT, f"password-from:{get_ip(request)}": OF_ADDRESS})


class LimitedCode:
    """A code that was sent: tried so often in the browser that asked for it, however many tries come at once."""

    def clean_code(self):
        tried = Attempt({f"code:{context.request.session.session_key}:{self.expected_code}": OF_CODE})
        if not tried.is_allowed():
            raise get_adapter().validation_error("too_many_login_attempts")
        return super().clean_code()


class LoginCodeForm(LimitedCode, ConfirmLoginCodeForm):
    pass


class EmailCodeForm(LimitedCode, ConfirmEmailVerificationCodeForm):
    pass


class ResetCodeForm(LimitedCode, ConfirmPasswordResetCodeForm):
    pass


class PhoneCodeForm(LimitedCode, VerifyPhoneForm):
    pass


class LimitedSecondFactor:
    """A code of the second factor, by account: who gets so far knows the password, so this locks nobody out."""

    def clean_code(self):
        tried = Attempt({f"second-factor:{self.user.pk}": OF_SECOND_FACTOR})
        if not tried.is_allowed():
            raise get_adapter().validation_error("too_many_login_attempts")
        code = super().clean_code()
        tried.forgive()
        return code


class SecondFactorForm(LimitedSecondFactor, AuthenticateForm):
    pass


class SecondFactorAgainForm(LimitedSecondFactor, ReauthenticateForm):
    pass
