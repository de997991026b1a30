"""What somebody sends about one of his checks."""

from __future__ import annotations

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import files
from volunteers.models import Check


class ProvideForm(forms.Form):
    number = forms.CharField(label=_("Number of the paper"), max_length=60)
    issuer = forms.CharField(label=_("Issued by"), max_length=200, required=False)
    issued_on = forms.DateField(
        label=_("Date of issue"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    upload = forms.FileField(
        label=_("Scan or photo of the paper"),
        help_text=_("PDF, JPEG or PNG, up to 20 MB. It is stored encrypted; every look at it is recorded."),
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"}),
    )

    def __init__(self, *args, check: Check, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["number"].required = check.check_type.needs_number
        self.fields["upload"].required = not check.evidence.filter(purged_at=None).exists()

    def clean_issued_on(self):
        day = self.cleaned_data["issued_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("This day is in the future."), code="future")
        return day

    def clean_upload(self) -> tuple[bytes, str] | None:
        upload = self.cleaned_data["upload"]
        return files.clean_upload(upload) if upload else None
