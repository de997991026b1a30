from __future__ import annotations

import re

from django import forms

from content.models.feedback import WORDS_AT_MOST

# An e-mail address, the name of an account, a number of six digits or more.
REACHES_SOMEBODY = re.compile(r"\S{0,64}@\S+|\+?\d(?:[\s().-]{0,5}\d){5,}")


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
