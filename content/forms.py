from __future__ import annotations

from django import forms

from content.models.feedback import WORDS_AT_MOST


class FeedbackForm(forms.Form):
    """Two buttons and one line. A line that is too long is cut, not refused: nobody types it twice."""

    useful = forms.TypedChoiceField(
        choices=[(word, word) for word in ("yes", "no")], coerce=lambda value: value == "yes"
    )
    text = forms.CharField(required=False)

    def clean_text(self) -> str:
        printable = "".join(letter if letter.isprintable() else " " for letter in self.cleaned_data["text"])
        return " ".join(printable.split())[:WORDS_AT_MOST]
