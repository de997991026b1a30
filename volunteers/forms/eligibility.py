"""The questions before the form: who may apply. Answers are judged at once and kept nowhere."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from volunteers.reference import eligibility_questions

YES_NO = [("yes", _("Yes")), ("no", _("No"))]
ADULT = "adult"  # asked as an age: a number is easier to answer truly than "are you 18 or older"


def in_current_language(words: dict):
    """The entry of `{language: text}` for the active language; Russian where it lacks."""
    return words.get((get_language() or "ru")[:2]) or words["ru"]


class EligibilityForm(forms.Form):
    age = forms.IntegerField(
        label=_("How old are you?"),
        min_value=1,
        max_value=120,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.questions = {question["code"]: question for question in eligibility_questions()}
        self.fields["age"].help_text = in_current_language(self.questions[ADULT]["help"])
        for code, question in self.questions.items():
            if code != ADULT:
                self.fields[code] = forms.ChoiceField(
                    label=in_current_language(question["text"]),
                    help_text=in_current_language(question["help"]),
                    choices=YES_NO,
                    widget=forms.RadioSelect,
                )

    def stops(self) -> list[tuple[str, str]]:
        """Code and friendly words of every answer that stops an applicant; empty when he may go on. Valid forms only."""
        codes = [ADULT] if self.cleaned_data["age"] < settings.PROGRAMME["minimum_age_years"] else []
        codes += [
            code
            for code in self.questions
            if code != ADULT and self.cleaned_data[code] == self.questions[code]["stop_on"]
        ]
        return [(code, in_current_language(self.questions[code]["stop_text"])) for code in codes]
