"""The paper of a certificate of hours, made from its row and nothing else: the same row gives the same file."""

from __future__ import annotations

import json
from pathlib import Path

import typst
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from events.models import Certificate
from portal.codes import qr_code
from portal.mail import absolute

TEMPLATE = Path(__file__).parent / "documents" / "certificate.typ"


def hours_text(minutes: int) -> str:
    """«3 h 20 min» in the active language; a sum below nothing (a correction alone in its month) with its sign."""
    hours, rest = divmod(abs(minutes), 60)
    words = _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": rest}
    return f"−{words}" if minutes < 0 else words


def as_pdf(certificate: Certificate, language: str) -> bytes:
    """The paper in this language. Only fonts that come with the typesetter are used, so it looks alike everywhere."""
    with translation.override(language):
        data = {**_words(certificate), "language": language}
    return typst.compile(
        TEMPLATE,
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data)},
        timestamp=int(certificate.issued_at.timestamp()),
    )


def _words(certificate: Certificate) -> dict:
    address = absolute("certificate_check", certificate.serial)
    issued_on = timezone.localdate(certificate.issued_at)
    return {
        "title": _("Certificate of volunteer hours"),
        "issuer": _("Tirek: trusted adults for the schools of Zhambyl oblast"),
        "given_to": _("This certificate is given to"),
        "name": certificate.person.full_name,
        "deed": _("who came to schools as a volunteer mentor. Each visit was confirmed by its school."),
        "facts": [
            [_("Period"), f"{date_format(certificate.first_day)} – {date_format(certificate.last_day)}"],
            [_("Visits"), str(certificate.visits)],
            [_("Volunteer hours"), hours_text(certificate.minutes)],
            [_("Issued on"), date_format(issued_on)],
            [_("Number"), certificate.serial],
        ],
        "check": _(
            "Valid without signature and stamp. Whether it is genuine and still valid is shown at this address:"
        ),
        "address": address,
        "qr": qr_code(address).decode(),
    }
