from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class BookForm(forms.Form):
    note = forms.CharField(
        label=_("Note or question for the school"),
        help_text=_("The school and the coordinator will read it. Please write nothing about pupils."),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class NoteForm(BookForm):
    """The same later, for a visit that came without one."""

    use_required_attribute = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["note"].required = True
