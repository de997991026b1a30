"""A new version of a text that people accept."""

from __future__ import annotations

from datetime import date, timedelta

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.merging import Merging
from portal.richtext import clean
from volunteers.models import AgreementVersion

NOTICE = timedelta(days=14)  # so that everybody has the time to read and accept it


class VersionForm(Merging, forms.Form):
    """Prefilled from the newest version. What is kept of the words stands in `cleaned_data`. Where a newer one was published
    meanwhile every difference is asked about: nothing is published that was not previewed."""

    use_required_attribute = False

    def __init__(self, *args, newest: AgreementVersion | None, demanded: bool, **kwargs):
        super().__init__(*args, of=newest, **kwargs)
        for code, language in settings.LANGUAGES:
            values = {"language": language}
            self.fields[f"title_{code}"] = forms.CharField(
                label=_("Title (%(language)s)") % values,
                max_length=200,
                initial=getattr(newest, f"title_{code}", ""),
                widget=forms.TextInput(attrs={"lang": code}),
            )
            self.fields[f"html_{code}"] = forms.CharField(
                label=_("Text (%(language)s)") % values,
                initial=getattr(newest, f"html_{code}", ""),
                widget=forms.Textarea(attrs={"rows": 16, "lang": code}),
                help_text=_("Headings, paragraphs, lists and emphasis (h2, h3, p, ul, ol, li, b, strong, i, em)."),
            )
        self.fields["valid_from"] = forms.DateField(
            label=_("In force from"),
            initial=timezone.localdate() + NOTICE,
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        )
        if demanded:
            self.fields["requires_reacceptance"] = forms.BooleanField(
                label=_("Everybody must accept it anew"),
                required=False,
                initial=True,
                help_text=_(
                    "Mentors get a letter. Whoever has not accepted it by that day cannot book, and his visits are"
                    " cancelled: leave two weeks."
                ),
            )

    def part(self, name):
        return name if name.startswith(("title_", "html_")) else ""  # the rest is said anew each time

    def clean_valid_from(self) -> date:
        day = self.cleaned_data["valid_from"]
        if day < timezone.localdate():
            raise forms.ValidationError(_("A text comes into force today or later."), code="past")
        return day

    def clean(self):
        cleaned = super().clean()
        for code, _name in settings.LANGUAGES:
            field = f"html_{code}"
            if field in cleaned and not (cleaned[field] and clean(cleaned[field])):
                self.add_error(field, _("Nothing of this text can be kept."))
        return cleaned

    def version(self) -> dict:
        """The arguments of `services.agreements.publish_version`."""
        words = self.cleaned_data
        return {
            "title": {code: words[f"title_{code}"] for code, _name in settings.LANGUAGES},
            "html": {code: clean(words[f"html_{code}"]) for code, _name in settings.LANGUAGES},
            "valid_from": words["valid_from"],
            "requires_reacceptance": words.get("requires_reacceptance", False),
        }
