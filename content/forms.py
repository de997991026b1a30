from __future__ import annotations

import re

from django import forms

from content.models.feedback import WORDS_AT_MOST

# An e-mail address, the name of an account, an address in the web, a number of six digits or more however it is parted.
REACHES_SOMEBODY = re.compile(
    r"\S{0,64}@\S+|\b\w{1,16}://\S*"
    r"|(?<![\w.-])(?:[\w-]{1,63}\.){1,6}(?:\w{2,63}/\S*|(?:com|kz|me|net|org|ru)\b)"
    r"|\+?\d(?:(?:[\s()./_\u2010-\u2015\u2212-]{0,5}|,)\d){5,}"
)


class FeedbackForm(forms.Form):
    """Two buttons and one line. A line that is too long is cut, not refused: nobody types it twice. Addresses and numbers by
    which somebody could be reached are taken out: nobody here answers them, and nobody's are kept."""

    useful = forms.TypedChoiceField(
        choices=[(word, word) for word in ("yes", "no")], coerce=lambda value: value == "yes"
    )
    text = forms.CharField(required=False)

    def clean_text(self) -> str:
        printable = "".join(letter if letter.isprintable() else " " for letter in self.cleaned_data["text"])
        return REACHES_SOMEBODY.sub("…", " ".join(printable.split())[:WORDS_AT_MOST])
