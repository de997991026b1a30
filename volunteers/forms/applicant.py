"""The steps of the application. `answers()` is what the draft keeps: cleaned values as plain JSON."""

from __future__ import annotations

import re
from datetime import date

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts import EMAIL_LENGTH, PhoneField
from portal.fields import SeveralField
from portal.merging import Merging
from portal.models import District, Language, User
from volunteers.iin import valid_iin
from volunteers.models import AgreementVersion, Application, Organisation, Person
from volunteers.services import answers

OLDEST = 110  # years; more is a slip of the finger

only_letters = RegexValidator(
    r"^[^\W\d_]+([ '’ʼ-][^\W\d_]+)*$", _("Write the name with letters only, as in your identity card.")
)
no_identification_number = RegexValidator(
    r"\d{12}", _("Please leave identification numbers out of this text."), inverse_match=True
)
DISTRICT_HINT = _("The district where you live: its coordinator will look after you.")


class StepForm(Merging, forms.Form):
    """One step of the draft of `application`. Bound, its initial values are what the draft keeps now."""

    def __init__(self, *args, application: Application, **kwargs):
        self.application = application
        super().__init__(*args, of=application, **kwargs)

    @staticmethod
    def from_draft(application: Application, saved: dict) -> dict:
        """The initial values of the form for what the draft keeps of this step."""
        return saved

    @classmethod
    def with_one_more(cls, data, application: Application) -> StepForm | None:
        """The same form grown by a row, what was typed kept, when that was asked for; most steps do not grow."""
        return None

    def asks_back(self) -> bool:
        """Whether the page shows the step once more before it goes on. Valid forms only."""
        return False

    def answers(self) -> dict:
        """The cleaned step as plain JSON."""
        return self.cleaned_data


def _name(label: str, autocomplete: str, **more) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=100, validators=[only_letters], widget=widget, **more)


def _of_account(user: User | None) -> dict:
    """What a newcomer need not type again; nothing for somebody for whom a coordinator types."""
    if user is None:
        return {}
    return {"family_name": user.last_name, "given_name": user.first_name, "email": user.email, "phone": user.phone}


def _known(person: Person) -> dict:
    """The facts of somebody who has applied before."""
    fields = ("family_name", "given_name", "patronymic", "birth_date", "iin", "email", "phone")
    known = {field: getattr(person, field) for field in fields}
    languages = list(person.languages.values_list("code", flat=True))
    return {**known, "district": person.district.slug if person.district else "", "languages": languages}


class AboutForm(StepForm):
    family_name = _name(_("Family name"), "family-name")
    given_name = _name(_("Given name"), "given-name")
    patronymic = _name(_("Patronymic"), "additional-name", required=False)
    birth_date = forms.DateField(
        label=_("Date of birth"),
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
    )
    iin = forms.CharField(
        label=_("Individual identification number (IIN)"),
        help_text=_("Twelve digits on your identity card. Staff see only the last four."),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    district = forms.ModelChoiceField(
        District.objects.all(),
        label=_("District"),
        help_text=DISTRICT_HINT,
        to_field_name="slug",
        empty_label=_("Choose"),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        max_length=EMAIL_LENGTH,
        help_text=_("E-mail or phone: one of them is enough. We will send a code to it."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    phone = PhoneField(required=False)
    languages = SeveralField(
        Language.objects.all(),
        label=_("Languages you speak with children"),
        to_field_name="code",
        widget=forms.CheckboxSelectMultiple,
    )

    @staticmethod
    def from_draft(application, saved):
        person = application.person
        return {**(_known(person) if person.iin_hash else _of_account(person.user)), **saved}

    def clean_birth_date(self) -> date:
        born, today = self.cleaned_data["birth_date"], timezone.localdate()
        if born > today:
            raise forms.ValidationError(_("This day is in the future."), code="future")
        if answers.age_on(born, today) > OLDEST:
            raise forms.ValidationError(_("Please check the year."), code="too_old")
        if not answers.is_adult(born):
            raise forms.ValidationError(_("Mentors are 18 or older."), code="too_young")
        return born

    def clean_iin(self) -> str:
        iin = re.sub(r"[\s-]", "", self.cleaned_data["iin"])
        if not valid_iin(iin):
            raise forms.ValidationError(
                _("There is a mistake in the number: compare it with your identity card."), code="iin"
            )
        return iin

    def clean(self):
        cleaned = super().clean()
        if not {"email", "phone"} & set(self.errors) and not cleaned.get("email") and not cleaned.get("phone"):
            self.add_error("email", _("Write your e-mail or your phone: we will send a code to it."))
        if not self.errors:
            for field in answers.unconfirmed_contacts(self.application, cleaned):
                self.add_error(field, _("Our letters go there: change it in your account first, a code confirms it."))
        return cleaned

    def answers(self) -> dict:
        data = self.cleaned_data
        return {
            **data,
            "birth_date": data["birth_date"].isoformat(),
            "district": data["district"].slug,
            "languages": [language.code for language in data["languages"]],
        }


class OrganisationForm(StepForm):
    organisation = forms.TypedChoiceField(
        label=_("Your organisation"),
        help_text=_("The school where you work, or the veterans' organisation or association you belong to."),
        coerce=int,
        empty_value=None,
        required=False,
    )
    other = forms.CharField(
        label=_("Another organisation"),
        help_text=_("Only if yours is not in the list."),
        max_length=200,
        required=False,
        validators=[no_identification_number],
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        groups: dict[str, list] = {}
        for organisation in Organisation.objects.filter(is_active=True):
            groups.setdefault(organisation.get_kind_display(), []).append((organisation.pk, organisation.name))
        needed = answers.needs_organisation(self.application)
        empty = _("Choose from the list") if needed else _("None, or not in the list")
        field = self.fields["organisation"]
        field.choices, field.required = [("", empty), *groups.items()], needed
        if needed:
            del self.fields["other"]


def _story(label: str, help_text: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=1500,
        widget=forms.Textarea(attrs={"rows": 6}),
        validators=[no_identification_number],
    )


class ExperienceForm(StepForm):
    life_work = _story(
        _("What have you done in life?"),
        _("Your work, service, craft. A few sentences are enough; 1,500 characters fit."),
    )
    motivation = _story(_("Why do you want to come to children?"), _("In your own words."))
    with_children = _story(
        _("What have you done with children before?"),
        _("Own children and grandchildren count. If nothing yet, write so. Please name no child."),
    )


class ChangesForm(StepForm):
    changes = _story(
        _("What has changed since your last application?"),
        _("Work, address, health, family, whatever matters for your visits. If nothing, write so."),
    )


class QuestionsForm(StepForm):
    """A coordinator's own questions. What was answered to earlier ones stays."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.questions = answers.questions(self.application)
        for number, question in enumerate(self.questions, start=1):
            self.fields[f"answer-{number}"] = _story(question, "")

    @staticmethod
    def from_draft(application, saved):
        given = {answer["asked"]: answer["answer"] for answer in saved.get("answers", [])}
        questions = enumerate(answers.questions(application), start=1)
        return {f"answer-{number}": given.get(question, "") for number, question in questions}

    def answers(self) -> dict:
        earlier = answers.read(self.application).get(answers.QUESTION, {}).get("answers", [])
        kept = [answer for answer in earlier if answer["asked"] not in self.questions]
        given = [
            {"asked": question, "answer": self.cleaned_data[f"answer-{number}"]}
            for number, question in enumerate(self.questions, start=1)
        ]
        return {"answers": kept + given}


class ConsentsForm(StepForm):
    """One tick per text. The draft keeps which version was agreed to, so that a newer one is asked for again. Nobody's tick
    is taken over from another page: this one carries no marks."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.versions = answers.current_versions(answers.CONSENTS)
        accepted = answers.accepted_on_sending(self.application)
        for code, version in self.versions.items():
            label = _("I agree: %(title)s") if code in accepted else _("I have read it: %(title)s")
            self.fields[code] = forms.BooleanField(
                label=label % {"title": version.title},
                error_messages={"required": _("Please read it and tick the box.")},
            )

    @staticmethod
    def from_draft(application, saved):
        return {code: bool(version) for code, version in saved.items()}

    def texts(self) -> list[tuple[AgreementVersion, forms.BoundField]]:
        """Each text with its tick."""
        return [(version, self[code]) for code, version in self.versions.items()]

    def answers(self) -> dict:
        return {code: version.pk for code, version in self.versions.items()}


class ContactCodeForm(forms.Form):
    code = forms.CharField(
        label=_("The code from our letter"),
        help_text=_("Six digits."),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )

    def clean_code(self) -> str:
        return re.sub(r"\s", "", self.cleaned_data["code"])


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        label=_("Why? You need not say."), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
