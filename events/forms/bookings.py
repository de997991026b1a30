from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class _Note(forms.Form):
    note = forms.CharField(
        label=_("Note or question for the school"),
        help_text=_(
            "The school and the coordinator will read it. An answer comes to you by letter. Please write nothing about pupils."
        ),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class BookForm(_Note):
    """`later` is the number of the later visits of the series that he may book with this one."""

    def __init__(self, *args, later: int = 0, **kwargs):
        super().__init__(*args, **kwargs)
        if later:
            text = _("Also the later visits of this series, with the same class: %(number)s") % {"number": later}
            self.fields["series"] = forms.BooleanField(label=text, required=False)


class NoteForm(_Note):
    """The same later, for a visit that came without one."""

    use_required_attribute = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["note"].required = True
