from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from events.services.arrivals import DIGITS


class ArrivalForm(forms.Form):
    code = forms.CharField(
        label=_("The six digits that the school shows"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean_code(self) -> str:
        """Without the spaces that the school's page puts between the digits."""
        code = "".join(self.cleaned_data["code"].split())
        if len(code) != DIGITS or not (code.isascii() and code.isdigit()):
            raise ValidationError(_("Please type the six digits."))
        return code
