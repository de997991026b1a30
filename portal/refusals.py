"""How a service says no. A refusal carries every reason at once, each a translated sentence, and becomes a page
with the right status (`portal.middleware.Refusals`); it never becomes a 500."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext_lazy as _


class Reason(NamedTuple):
    """`code` is stable (tests, `data-code`), `text` is for the reader, `url` leads to what would help."""

    code: str
    text: str
    url: str = ""


class Refused(Exception):
    """The state of things does not allow it (HTTP 409)."""

    status = 409
    title = _("This cannot be done now")

    def __init__(self, *reasons: Reason):
        self.reasons = list(reasons)
        super().__init__(", ".join(reason.code for reason in reasons))

    @property
    def codes(self) -> list[str]:
        return [reason.code for reason in self.reasons]


class NotAllowed(Refused):
    """This person may not do it (HTTP 403)."""

    status = 403
    title = _("You may not do this")


class TooMany(Refused):
    """Asked again too soon or too often (HTTP 429)."""

    status = 429
    title = _("Too many attempts")

    def __init__(self):
        super().__init__(Reason("too_many", _("Please wait a minute, then try again.")))


class Gone(Refused):
    """The link was used, replaced or is out of date (HTTP 410)."""

    status = 410
    title = _("This link no longer works")
