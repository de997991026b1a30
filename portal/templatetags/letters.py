"""Words that people wrote, in letters: marked as theirs, and never a link."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby

from django import template
from django.conf import settings
from django.template.defaultfilters import linebreaks, linebreaksbr, stringfilter
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from portal.models import OutgoingMessage, User

register = template.Library()
MARK = ">"


@register.simple_tag
def letters_come_back(user: User) -> bool:
    """Whether the last e-mail to `user` came back: one query."""
    return OutgoingMessage.objects.come_back(user)


@register.filter
@stringfilter
def quoted(words: str) -> str:
    """What somebody wrote in his own words: on lines of its own, "> " before each."""
    return "".join(f"\n{MARK} {line}" for line in words.strip().splitlines())


@register.filter
@stringfilter
def as_html(letter: str) -> SafeString:
    """The text of a letter for a browser. What was `quoted` is a block in which nothing is a link; elsewhere addresses of
    this site are, others stay words."""
    parts = groupby(letter.split("\n"), key=lambda line: line.startswith(MARK))
    return mark_safe("".join(_theirs(lines) if quote else _ours(lines) for quote, lines in parts))  # noqa: S308 - escaped below


def _theirs(lines: Iterable[str]) -> str:
    words = "\n".join(line.removeprefix(MARK).removeprefix(" ") for line in lines)
    return format_html("<blockquote>{}</blockquote>", linebreaksbr(words, autoescape=True))


def _ours(lines: Iterable[str]) -> str:
    text = "\n".join(lines).strip()
    own = rf"{re.escape(escape(settings.SITE_URL))}/[^\s<]*"
    return re.sub(own, r'<a href="\g<0>">\g<0></a>', linebreaks(text, autoescape=True)) if text else ""
