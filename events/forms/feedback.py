from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from events.models import Feedback

LABELS = {
    Feedback.Side.SCHOOL: {
        "prepared": _("The mentor was well prepared"),
        "again": _("We would like him to come again"),
    },
    Feedback.Side.MENTOR: {"prepared": _("The room and the class were ready"), "again": _("I would come again")},
}
YES_NO = [(True, _("yes")), (False, _("no"))]


def _yes_no() -> forms.TypedChoiceField:
    return forms.TypedChoiceField(choices=YES_NO, coerce=lambda value: value == "True", widget=forms.RadioSelect)


class FeedbackForm(forms.Form):
    """Four short questions, in the words of one side (`Feedback.Side`)."""

    mark = forms.TypedChoiceField(
        label=_("How did it go?"),
        choices=list(reversed(Feedback.Mark.choices)),
        coerce=int,
        widget=forms.RadioSelect,
    )
    prepared = _yes_no()
    again = _yes_no()
    text = forms.CharField(
        label=_("What could be better?"),
        help_text=_("Please write nothing about pupils, and no names."),
        max_length=500,
        required=False,
        widget=forms.Textarea,
    )

    def __init__(self, *args, side: str, **kwargs):
        super().__init__(*args, **kwargs)
        for name, label in LABELS[side].items():
            self.fields[name].label = label
