"""The picture that goes with a page when somebody shares its address."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import typst
from django.conf import settings
from django.core.cache import cache
from django.utils import translation
from django.utils.translation import gettext as _

from content.models import SitePage

DOCUMENTS = Path(__file__).parent / "documents"
TEMPLATE = DOCUMENTS / "card.typ"
MARK = settings.BASE_DIR / "portal" / "static" / "portal" / "img" / "icon.svg"
WIDTH, HEIGHT = 1200, 630  # pixels; what the networks that show such pictures ask for
KEPT_SECONDS = 7 * 24 * 3600


def as_card(page: SitePage) -> bytes:
    """The picture as PNG, in the language of the page. Of a page on a hard subject it has the name of the site and no title:
    it stands, large, in the chat of whoever was sent the link. Made anew when one of its words has changed."""
    with translation.override(page.locale.language_code):
        data = json.dumps(_words(page), sort_keys=True)
    key = f"card:{hashlib.sha256(TEMPLATE.read_bytes() + data.encode()).hexdigest()}"
    return cache.get_or_set(key, lambda: _make(data), KEPT_SECONDS)


def _words(page: SitePage) -> dict[str, str]:
    hidden = getattr(page, "sensitive", False)
    has_audience = hasattr(page, "audience") and not hidden
    return {
        "language": page.locale.language_code,
        "site": "" if hidden else _("Tirek"),
        "title": _("Tirek") if hidden else page.title,
        "section": page.get_audience_display() if has_audience else "",
        "motto": _("Tirek: trusted adults for the schools of Zhambyl oblast"),
        "mark": MARK.read_text(),
    }


def _make(data: str) -> bytes:
    return typst.compile(
        TEMPLATE,
        format="png",
        ppi=72,  # a point is a pixel
        font_paths=[DOCUMENTS / "fonts"],
        ignore_system_fonts=True,
        sys_inputs={"data": data},
    )
