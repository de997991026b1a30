"""What somebody sends about one of his checks."""

from __future__ import annotations

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import uploads
from volunteers.models import Check
from volunteers.services import checks


def clean_paper(upload: UploadedFile | None, check: Check) -> tuple[bytes, str] | None:
    """What may be stored of it, and its type. Raises `ValidationError` as `uploads.clean_upload` does, and `no_room`."""
    if not upload:
        return None
    if full := checks.no_room(check, upload.size):
        raise forms.ValidationError(full.text, code=full.code)
    return uploads.clean_upload(upload)


class ProvideForm(forms.Form):
    number = forms.CharField(label=_("Number of the paper"), max_length=60)
    issuer = forms.CharField(label=_("Issued by"), max_length=200, required=False)
    issued_on = forms.DateField(
        label=_("Date of issue"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    upload = forms.FileField(
        label=_("Scan or photo of the paper"),
        help_text=_("PDF, JPEG or PNG, up to 20 MB. It is stored encrypted; every look at it is recorded."),
        widget=forms.FileInput(attrs={"accept": uploads.ACCEPT}),
    )

    def __init__(self, *args, check: Check, **kwargs):
        super().__init__(*args, **kwargs)
        self.check = check
        self.fields["number"].required = check.check_type.needs_number
        self.fields["upload"].required = not check.evidence.filter(purged_at=None).exists()

    def clean_issued_on(self):
        day = self.cleaned_data["issued_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("This day is in the future."), code="future")
        return day

    def clean_upload(self) -> tuple[bytes, str] | None:
        return clean_paper(self.cleaned_data["upload"], self.check)
