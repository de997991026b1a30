"""The forms of lists that are brought in."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from portal import uploads, watch

from . import planning
from .kinds import Kind
from .tables import UNREADABLE, Unreadable


class ListForm(forms.Form):
    weight = 0  # bytes to be read, once it is valid

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or XLSX, up to 20 MB and 300,000 lines."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx"}),
    )

    def clean_file(self) -> bytes:
        """The content, if the portal can read it as a table at all and the scanner finds nothing in it."""
        upload: UploadedFile = self.cleaned_data["file"]
        try:
            if upload.size > settings.EVIDENCE_MAX_BYTES:
                text = _("The file is larger than %(limit)s. Split it into smaller ones.")
                params = {"limit": filesizeformat(settings.EVIDENCE_MAX_BYTES)}
                raise ValidationError(text, params=params, code="too_large")
            content = upload.read()
            try:
                self.weight = planning.weigh(content)
            except Unreadable as error:
                raise ValidationError(UNREADABLE[error.code], code=error.code) from error
            uploads.ask_scanner(content)
        except ValidationError as refusal:
            watch.note("upload_refused", why=refusal.code)
            raise
        return content


class ColumnsForm(forms.Form):
    """Which column of the list holds which field."""

    use_required_attribute = False

    def __init__(self, kind: type[Kind], heads: list[str], chosen: dict[str, int], data=None):
        super().__init__(data, initial=chosen)
        columns = [(place, f"{place + 1}: {head[:60] or '–'}") for place, head in enumerate(heads)]
        for field in kind.fields:
            self.fields[field.name] = forms.TypedChoiceField(
                label=field.label,
                choices=[("", _("not in the list")), *columns],
                coerce=int,
                empty_value=None,
                required=field.needed,
            )

    def clean(self):
        chosen = {name: place for name, place in super().clean().items() if place is not None}
        if len(set(chosen.values())) < len(chosen):
            raise ValidationError(_("One column cannot hold two things. Choose each column once."), code="twice")
        return chosen
