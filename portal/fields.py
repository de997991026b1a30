"""Fields of forms for which Django's own answer hostile values with an error of the server."""

from __future__ import annotations

from django import forms

BIGGEST = 2**63  # beyond what a column of the database holds


class SeveralField(forms.ModelMultipleChoiceField):
    """Rows of a list; a number that no row can have is no choice of it."""

    def clean(self, value):
        for one in value or ():
            if _number(one) >= BIGGEST:
                params = {"value": str(one)[:20]}
                raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params=params)
        return super().clean(value)


class JSONField(forms.JSONField):
    """What is nested too deeply, or a number too long for Python, is no JSON either."""

    def to_python(self, value):
        try:
            return super().to_python(value)
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid", params={"value": ""}) from error


def _number(text) -> int:
    try:
        return abs(int(text))
    except (TypeError, ValueError):
        return 0
