"""Sheets for the walls of schools: a code that leads to the help page, the numbers to call, one calm sentence."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import typst
from django.conf import settings
from django.core.cache import cache
from django.db import models
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content.models import Audience, HelpPage
from portal.codes import qr_code
from portal.models import Helpline

DOCUMENTS = Path(__file__).parent / "documents"
SHEET = DOCUMENTS / "poster.typ"
PICTURES = settings.BASE_DIR / "portal" / "static" / "portal" / "img"
KEPT_SECONDS = 7 * 24 * 3600
WORDS = {  # what the sheet says to each age: a heading, and one sentence that promises nothing
    Audience.CHILDREN_6_10: (
        gettext_lazy("You may ask for help"),
        gettext_lazy("Sad, hurt or scared? Tell an adult you trust. It is not your fault."),
    ),
    Audience.CHILDREN_11_14: (
        gettext_lazy("You are not alone"),
        gettext_lazy("Whatever has happened, you can talk about it. Start with one sentence."),
    ),
    Audience.CHILDREN_15_17: (
        gettext_lazy("You can talk about it"),
        gettext_lazy("Ask, think it over together, and decide what comes next."),
    ),
}


class Size(models.TextChoices):
    A4 = "a4", "A4"
    A5 = "a5", "A5"


def poster(*, audience: str, size: str, language: str) -> bytes:
    """The sheet as PDF, in `language`. Raises `HelpPage.DoesNotExist` where there is no help page in it, `ValueError` for
    an audience without a sheet, another size or another language. It is made anew when a number, the words or the page have changed."""
    if audience not in WORDS or size not in Size or language not in dict(settings.LANGUAGES):
        raise ValueError(f"there is no sheet {audience}-{size} in {language}")
    with translation.override(language):
        data = json.dumps(_content(audience, size, language), sort_keys=True)
    key = f"poster:{hashlib.sha256(SHEET.read_bytes() + data.encode()).hexdigest()}"
    return cache.get_or_set(key, lambda: _make(data), KEPT_SECONDS)


def _make(data: str) -> bytes:
    return typst.compile(
        SHEET,
        font_paths=[DOCUMENTS / "fonts"],
        ignore_system_fonts=True,
        sys_inputs={"data": data},
    )


def _content(audience: str, size: str, language: str) -> dict:
    heading, sentence = WORDS[audience]
    page = HelpPage.objects.live().public().get(locale__language_code=language)
    link = settings.SITE_URL + reverse("short_address", args=[page.pk])
    lines = list(Helpline.objects.all())
    return {
        "language": language,
        "size": size,
        "audience": audience,
        "site": _("Tirek"),
        "heading": str(heading),
        "sentence": str(sentence),
        "scan": _("Point a phone's camera at the code"),
        "address": link.split("//", 1)[1],
        "qr": qr_code(link).decode(),
        "call": _("Or call"),
        "large": [_line(line) for line in lines if line.in_crisis_bar],
        "small": [_line(line) for line in lines if not line.in_crisis_bar],
        "checked": _("The numbers were checked on %(day)s.")
        % {"day": date_format(min(line.checked_on for line in lines))}
        if lines
        else "",
        "ornament": (PICTURES / "koshkar.svg").read_text(),
        "mark": (PICTURES / "icon.svg").read_text(),
    }


def _line(line: Helpline) -> dict:
    marks = [
        (line.round_the_clock, _("day and night")),
        (line.free_of_charge, _("free")),
        (line.anonymous, _("no name needed")),
    ]
    return {
        "number": line.number,
        "name": line.name,
        "danger": line.for_danger_now,
        "marks": ", ".join(word for holds, word in marks if holds),
    }
