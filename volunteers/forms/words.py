"""Forms of a few words of the applicant: an answer, an appeal, his self-declaration."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from volunteers.forms.applicant import no_identification_number
from volunteers.forms.eligibility import YES_NO, in_current_language
from volunteers.models import Person
from volunteers.reference import disclosure_questions
from volunteers.services import disclosures


class ObjectionForm(forms.Form):
    text = forms.CharField(
        label=_("Your words"),
        help_text=_("Say what we should know or what is not right. Please name no child."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 8}),
        validators=[no_identification_number],
    )


class DisclosureForm(forms.Form):
    """Ten questions, each with room for words; a name as the signature."""

    template_name = "volunteers/forms/disclosure.html"

    def __init__(self, *args, person: Person, **kwargs):
        super().__init__(*args, **kwargs)
        self.person = person
        for question in disclosure_questions():
            code = question["code"]
            self.fields[code] = forms.ChoiceField(
                label=in_current_language(question["text"]), choices=YES_NO, widget=forms.RadioSelect
            )
            self.fields[f"{code}-words"] = forms.CharField(
                label=_("If yes: what happened, when, how did it end?"),
                max_length=2000,
                required=False,
                widget=forms.Textarea(attrs={"rows": 4}),
            )
        self.fields["signed_name"] = forms.CharField(
            label=_("Your family name and given name, as your signature"),
            max_length=200,
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
        )

    def questions(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """Each question with the field for its words."""
        return [(self[question["code"]], self[f"{question['code']}-words"]) for question in disclosure_questions()]

    def clean_signed_name(self) -> str:
        name = self.cleaned_data["signed_name"]
        if not disclosures.is_name_of(self.person, name):
            raise forms.ValidationError(disclosures.name_differs(), code="name")
        return name

    def clean(self):
        cleaned = super().clean()
        for question in disclosure_questions():
            words = f"{question['code']}-words"
            if cleaned.get(question["code"]) == "yes" and words not in self.errors and not cleaned.get(words):
                self.add_error(words, disclosures.words_missing())
        return cleaned

    def answers(self) -> dict[str, dict]:
        data = self.cleaned_data
        codes = [question["code"] for question in disclosure_questions()]
        return {code: {"answer": data[code], "words": data[f"{code}-words"].strip()} for code in codes}
