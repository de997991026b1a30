from __future__ import annotations

import json

from django import template
from django.utils.safestring import SafeString, mark_safe

from content import cards
from content import linked_data as schema

register = template.Library()
LOCALES = {"kk": "kk_KZ", "ru": "ru_RU", "en": "en_GB"}
# As json_script of Django has them: nothing in the data can end the element it stands in.
ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


@register.filter
def og_locale(language: str) -> str:
    """A language as OpenGraph names it, with a country."""
    return LOCALES[language]


@register.simple_tag(takes_context=True)
def linked_data(context, page, crumbs) -> SafeString:
    """What the page is, for search engines. A block of data: the browser runs nothing of it, and no policy is asked."""
    text = json.dumps(
        schema.linked_data(page, crumbs, context.get("request")), ensure_ascii=False, separators=(",", ":")
    ).translate(ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308 - escaped on the line above


@register.simple_tag
def card_size() -> dict[str, int]:
    return {"width": cards.WIDTH, "height": cards.HEIGHT}
