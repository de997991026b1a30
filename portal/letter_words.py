"""What a letter says: the words of its file `mail/<letter>.txt`, in the language of its reader, or those that editors wrote in
their place (`LetterText`)."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.template import Context, Template
from django.template.loader import get_template, render_to_string
from django.urls import reverse
from django.utils import translation

from portal import letter_variables
from portal.models import LetterText
from portal.names import without_unseen

logger = logging.getLogger(__name__)
Written = dict[tuple[str, str], str]  # letter and language → subject and text


class Words(NamedTuple):
    """A letter as it reads: `text` alone, `short` with the link below it, `html` in its layout; and the link."""

    subject: str
    text: str
    short: str
    html: str
    link: str = ""


def absolute(view: str, *args, **kwargs) -> str:
    """The full address of a view, in the language that is active: letters are rendered in the reader's."""
    return settings.SITE_URL + reverse(view, args=args, kwargs=kwargs)


def written(letters: Collection[str]) -> Written:
    """The texts that editors wrote for letters of these names, in all languages: one query, none for no names."""
    if not letters:
        return {}
    rows = LetterText.objects.filter(letter__in=letters).values_list("letter", "language", "subject", "text")
    return {(letter, language): f"{subject}\n{text}" for letter, language, subject, text in rows}


def render(
    letter: str, language: str, context: dict, action: tuple[str, ...] = (), texts: Written | None = None
) -> Words:
    """The words of a letter in `language`, as they would be sent; also for a look before that. `texts` is what `written` gave
    for a batch; without it the text of this letter is looked up."""
    texts = written([letter]) if texts is None else texts
    with translation.override(language):
        link = absolute(action[0], *action[1:]) if action else ""
        template = _template(letter, texts.get((letter, language), ""))
        # Plain text: nothing is escaped here, everything is in the HTML layout.
        return lay_out(template.render(Context({**context, "link": link}, autoescape=False)), link)


def lay_out(words: str, link: str) -> Words:
    """A letter of these words, its subject on the first line, in the language that is active."""
    subject, _break, text = (part.strip() for part in without_unseen(words).strip().partition("\n"))
    html = render_to_string("mail/layout.html", {"subject": subject, "text": text, "link": link})
    short = render_to_string("mail/layout.txt", {"text": text, "link": link}).strip()
    return Words(subject, text, short, html, link)


def _template(letter: str, text: str) -> Template:
    """Of the editors' text; of the file where there is none, or where it does not fit its letter any more."""
    if text:
        try:
            return letter_variables.compiled(letter, text)
        except ValidationError:
            logger.error("the text of the letter %s in the CMS does not fit it: the file is used", letter)
    return get_template(f"mail/{letter}.txt").template
