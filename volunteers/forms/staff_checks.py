"""What staff fill in about checks: papers, verdicts, events, interviews."""

from __future__ import annotations

from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _

from portal import uploads
from volunteers.forms.check import clean_paper
from volunteers.forms.eligibility import in_current_language
from volunteers.forms.staff import StaffForm, date_field, not_in_future, text_field
from volunteers.models import Check, Recommendation
from volunteers.reference import interview_protocol
from volunteers.services import checks

REGISTER = _("Which register")


class CheckForm(StaffForm):
    def __init__(self, *args, check: Check, **kwargs):
        super().__init__(*args, **kwargs)
        self.check = check


class ProvideForm(CheckForm):
    """A paper that was shown or handed in; the file is optional where the original was seen."""

    number = forms.CharField(label=_("Number"), max_length=60, required=False)
    issuer = forms.CharField(label=_("Issued by"), max_length=200, required=False)
    issued_on = date_field(_("Date of issue"))
    upload = forms.FileField(
        label=_("Scan or photo"),
        required=False,
        help_text=_("PDF, JPEG or PNG, not over 20 MB."),
        widget=forms.FileInput(attrs={"accept": uploads.ACCEPT}),
    )

    def __init__(self, *args, check: Check, **kwargs):
        kwargs.setdefault("initial", _as_recorded(check))
        super().__init__(*args, check=check, **kwargs)

    def clean_issued_on(self) -> date:
        return not_in_future(self.cleaned_data["issued_on"], _("The date of issue lies in the future."))

    def clean_upload(self) -> tuple[bytes, str] | None:
        return clean_paper(self.cleaned_data["upload"], self.check)


def _as_recorded(check: Check) -> dict:
    return {"number": check.number, "issuer": check.issuer, "issued_on": check.issued_on}


class VerifyForm(CheckForm):
    """What the verifier read himself. A search has a day and a register, a meeting or a letter a day alone."""

    method = forms.ChoiceField(
        label=_("How it was verified"), error_messages={"required": _("Say how it was verified.")}
    )
    number = forms.CharField(
        label=_("Number"), max_length=60, error_messages={"required": _("The number of the paper is missing.")}
    )
    issuer = forms.CharField(
        label=_("Issued by"),
        max_length=200,
        required=False,
        error_messages={"required": _("Say which register was searched.")},
    )
    issued_on = date_field(_("Date of issue"), error_messages={"required": _("The date of issue is missing.")})
    note = forms.CharField(label=_("Note"), max_length=300, required=False)

    def __init__(self, *args, check: Check, **kwargs):
        check_type = check.check_type
        methods = check_type.method_choices
        only = {"method": methods[0][0]} if len(methods) == 1 else {}
        kwargs.setdefault("initial", _as_recorded(check) | only)
        super().__init__(*args, check=check, **kwargs)
        self.fields["method"].choices = methods if len(methods) == 1 else [("", _("Choose")), *methods]
        self.fields["number"].required = check_type.needs_number
        if check_type.is_search:
            self._hide("number")
            self.fields["issued_on"].label = _("Day of the search")
            self.fields["issuer"].label, self.fields["issuer"].required = REGISTER, True
        elif check_type.is_declaration:
            self._hide("number", "issuer")
            self.fields["issued_on"].label = _("Signed on")
            self.fields["note"] = text_field(_("How you assess it"), max_length=2000, required=False)
        elif not check_type.provided_by_applicant:
            self._hide("number", "issuer")
            self.fields["issued_on"].label = _("Day of the search, the meeting or the letter")

    def _hide(self, *names: str) -> None:
        for name in names:
            self.fields[name].required = False
            self.fields[name].widget = forms.HiddenInput()

    def clean(self):
        cleaned = super().clean()
        if not self.errors:
            for field, reason in checks.problems(self.check, **cleaned):
                self.add_error(field, reason.text)
        return cleaned


class DoubtForm(CheckForm):
    """Why a record is not verified; of a search, in which register."""

    reason = text_field(_("What is wrong with it"), rows=2, max_length=300)
    issuer = forms.CharField(label=REGISTER, max_length=200)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.check.check_type.is_search:
            del self.fields["issuer"]


class FailForm(DoubtForm):
    reason = text_field(
        _("What is wrong with it"),
        rows=2,
        max_length=300,
        help_text=_("The safeguarding lead gets a task. The applicant is not told automatically."),
    )


class InvalidateForm(CheckForm):
    event = forms.ChoiceField(
        label=_("What has happened"),
        choices=[("", _("Choose")), *Check.Event.choices],
        error_messages={"required": _("Say what has happened.")},
    )
    reason = text_field(
        _("What is known about it"),
        rows=2,
        max_length=300,
        help_text=_("It counts no more at once, and a fresh one is asked for."),
    )


class InterviewForm(StaffForm):
    """The protocol: an answer to each standard question, in the interviewer's words, and what he recommends."""

    held_on = date_field(_("Held on"))
    place = forms.CharField(label=_("Where, or by what call"), max_length=200)
    second_interviewer = forms.CharField(label=_("Second interviewer"), max_length=200, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for question in interview_protocol()["question"]:
            self.fields[question["code"]] = text_field(
                in_current_language(question["text"]),
                max_length=3000,
                help_text=_("Listen for: %(signs)s") % {"signs": in_current_language(question["listen"])},
            )
        self.fields["recommendation"] = forms.ChoiceField(
            label=_("What do you recommend?"), choices=Recommendation.choices, widget=forms.RadioSelect
        )

    def clean_held_on(self) -> date:
        return not_in_future(self.cleaned_data["held_on"], _("This day is in the future."))

    @property
    def protocol(self) -> dict:
        """What `interviews.record` takes, of a valid form."""
        answers = {
            question["code"]: self.cleaned_data[question["code"]] for question in interview_protocol()["question"]
        }
        return {key: value for key, value in self.cleaned_data.items() if key not in answers} | {"answers": answers}
