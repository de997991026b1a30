"""Referees: how the applicant names them, and what they answer."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal.accounts import EMAIL_LENGTH, PhoneField
from portal.names import name_alone
from volunteers.forms.applicant import StepForm, no_identification_number
from volunteers.models import RefereeRequest, ReferenceResponse
from volunteers.services import answers, replacing

OWN_NAMES = [("kk", "Қазақша"), ("ru", "Русский"), ("en", "English")]
YES_NO = [("yes", _("Yes")), ("no", _("No"))]
RATINGS = [
    ("good", _("good")),
    ("mixed", _("now and then a difficulty")),
    ("poor", _("poor")),
    ("unknown", _("I cannot say")),
]
FIELDS = ("name", "relation", "organisation", "email", "phone", "saw_with_children", "language")


def referee_fields() -> dict[str, forms.Field]:
    """The fields of one referee, by the names of `RefereeRequest`."""
    return {
        "name": forms.CharField(label=_("Family name and given name"), max_length=200, validators=[name_alone]),
        "relation": forms.ChoiceField(
            label=_("How you know each other"), choices=[("", _("Choose")), *RefereeRequest.Relation.choices]
        ),
        "organisation": forms.CharField(label=_("Place of work and position"), max_length=200, required=False),
        "email": forms.EmailField(
            label=_("The person's e-mail"),
            required=False,
            max_length=EMAIL_LENGTH,
            help_text=_("E-mail or phone: one of them is enough. We will send a link to it."),
        ),
        "phone": PhoneField(label=_("The person's phone"), required=False),
        "saw_with_children": forms.BooleanField(label=_("This person has seen me with children"), required=False),
        "language": forms.ChoiceField(
            label=_("In which language shall we write to this person?"), choices=OWN_NAMES, widget=forms.RadioSelect
        ),
    }


class RefereesForm(StepForm):
    """Two people on one page; fields are called `<number>-<field>`, numbers count from 1."""

    template_name = "volunteers/forms/referees.html"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for number in range(1, answers.REFEREES + 1):
            for name, field in referee_fields().items():
                field.initial = get_language() if name == "language" else None
                self.fields[f"{number}-{name}"] = field

    @staticmethod
    def from_draft(application, saved):
        return {
            f"{number}-{field}": value
            for number, referee in enumerate(saved.get("referees", []), start=1)
            for field, value in referee.items()
        }

    def part(self, name):
        return name.split("-")[0]

    def people(self) -> list[tuple[int, list[forms.BoundField]]]:
        """The fields of each person, for the page."""
        return [(number, [self[f"{number}-{field}"] for field in FIELDS]) for number in range(1, answers.REFEREES + 1)]

    def clean(self):
        cleaned = super().clean()
        if not self.errors:
            own = answers.own_contacts(self.application, answers.read(self.application))
            for problem in answers.referee_problems(self.answers()["referees"], own):
                self.add_error(f"{problem.number + 1}-{problem.field}", problem.text)
        return cleaned

    def answers(self) -> dict:
        return {
            "referees": [
                {field: self.cleaned_data[f"{number}-{field}"] for field in FIELDS}
                for number in range(1, answers.REFEREES + 1)
            ]
        }


class ReplacementForm(forms.Form):
    """Another person in the place of one who cannot help; named by the applicant himself or by staff."""

    def __init__(self, *args, old: RefereeRequest, by_staff: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self.old, self.by_staff = old, by_staff
        self.fields.update(referee_fields())
        self.fields["language"].initial = old.language if by_staff else get_language()
        if by_staff:
            self.fields["saw_with_children"].label = _("This person has seen the applicant with children")

    def clean(self):
        cleaned = super().clean()
        if not self.errors:
            for problem in replacing.replacement_problems(self.old, cleaned, by_staff=self.by_staff):
                self.add_error(problem.field, problem.text)
        return cleaned


def _yes_no(label: str) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=YES_NO, widget=forms.RadioSelect)


def _rating(label: str) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=RATINGS, widget=forms.RadioSelect)


def _text(label: str, *, rows: int = 4, **more) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": rows}),
        validators=[no_identification_number],
        **more,
    )


class ReferenceForm(forms.Form):
    """What a referee answers in five minutes. "I cannot" with a reason is an answer too: the rest is then not asked."""

    can_give = _yes_no(_("Can you give a reference?"))
    reason = _text(
        _("If you cannot: why?"),
        rows=2,
        required=False,
        help_text=_("Then you need not answer the rest. The applicant does not learn the reason."),
    )
    known = _text(_("How do you know this person?"), rows=3)
    since = forms.CharField(label=_("Since when?"), max_length=60)
    related = _yes_no(_("Are you related?"))
    saw_with_children = _yes_no(_("Have you seen this person with children?"))
    where = _text(_("If yes: where was that, and what did you see?"), rows=3, required=False)
    names_a_reason = _yes_no(_("Do you know any reason, proven or not, why this person should not work with children?"))
    reason_details = _text(
        _("If yes: what do you know?"),
        required=False,
        help_text=_("Only the person responsible for the safety of children reads this."),
    )
    warned = _yes_no(
        _("Do you know of a warning, an accusation or a dismissal because of this person's conduct with others?")
    )
    warned_details = _text(_("If yes: when was it, and how did it end?"), rows=3, required=False)
    reliable = _rating(_("Reliability"))
    boundaries = _rating(_("Respect for other people's limits"))
    stress = _rating(_("Behaviour under stress"))
    reliability = _text(
        _("How does this person behave?"), help_text=_("Reliability, respect for other people's limits, under stress.")
    )
    shareable = forms.BooleanField(
        label=_("The applicant may read my answers"),
        required=False,
        help_text=_("Except for what you write about reasons, warnings and dismissals: that is never shown."),
    )
    referee_name = forms.CharField(label=_("Your name"), max_length=200, validators=[name_alone])
    position = forms.CharField(label=_("Your place of work and position"), max_length=200, required=False)
    phone = PhoneField(label=_("Your phone: we may call you back"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.data.get("can_give") == "no":
            for name, field in self.fields.items():
                field.required = name in {"can_give", "reason"}

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("can_give") == "yes":
            if cleaned.get("names_a_reason") == "yes":
                self._need("reason_details", _("Please write what you know: without details we cannot act on it."))
            if cleaned.get("saw_with_children") == "yes":
                self._need("where", self.fields["where"].error_messages["required"])
            if cleaned.get("warned") == "yes":
                self._need("warned_details", self.fields["warned_details"].error_messages["required"])
        return cleaned

    def said(self) -> dict:
        """What the referee said, as plain JSON; whether the applicant may read it is kept beside it."""
        beside = {"shareable", "channel"}
        return {name: value for name, value in self.cleaned_data.items() if name not in beside}

    def _need(self, name: str, message: str) -> None:
        if name not in self.errors and not self.cleaned_data.get(name):
            self.add_error(name, message)


def read_out(said: dict, names: Iterable[str] = ReferenceForm.base_fields) -> list[tuple[str, str]]:
    """Question and answer, in the order of the form, of what a referee said to the questions `names`; unanswered ones
    are left out."""
    fields = {name: ReferenceForm.base_fields[name] for name in names if said.get(name)}
    return [
        (field.label, dict(getattr(field, "choices", ())).get(said[name], said[name])) for name, field in fields.items()
    ]


class OfflineForm(ReferenceForm):
    """The same questions, filled in by staff for a referee who answered by phone or on paper."""

    channel = forms.ChoiceField(
        label=_("How the answer came"),
        choices=[choice for choice in ReferenceResponse.Channel.choices if choice[0] != ReferenceResponse.Channel.FORM],
        widget=forms.RadioSelect,
    )
    field_order = ["channel"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["channel"].required = True
