"""What staff fill in. Rules are the services'; a form asks them beforehand, to show what is wrong at its field."""

from __future__ import annotations

from datetime import date

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import files
from portal.models import User
from volunteers.models import (
    Application,
    Check,
    Person,
    ReasonCode,
    ReferenceResponse,
    TrainingModule,
    TrainingRecord,
)
from volunteers.services import checks, decisions, standing

NO_CONFLICT = _("Nothing ties me to the applicant: no kinship, no common work or organisation, no dispute.")


class StaffChoice(forms.ModelChoiceField):
    def label_from_instance(self, user: User) -> str:
        return user.display_name


def _date(label: str, **more) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more)


def _text(label: str, *, rows: int = 3, **more) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.Textarea(attrs={"rows": rows}), **more)


def _no_conflict() -> forms.BooleanField:
    error = _("Tick it, or leave the case to a colleague.")
    return forms.BooleanField(label=NO_CONFLICT, error_messages={"required": error})


def not_in_future(day: date, message: str) -> date:
    if day > timezone.localdate():
        raise forms.ValidationError(message, code="future")
    return day


class StaffForm(forms.Form):
    """Several of these stand on one page: `key` keeps the ids of their fields apart, names stay as they are."""

    use_required_attribute = False

    def __init__(self, *args, key: str = "", **kwargs):
        super().__init__(*args, auto_id=f"{key}-%s" if key else "id_%s", **kwargs)


class AcceptForm(StaffForm):
    interviewer = StaffChoice(User.objects.none(), label=_("Interviewer"), required=False)
    no_conflict = _no_conflict()

    def __init__(self, *args, application: Application, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["interviewer"].queryset = decisions.interviewers_for(application)


class InterviewerForm(StaffForm):
    interviewer = StaffChoice(User.objects.none(), label=_("Interviewer"))

    def __init__(self, *args, application: Application, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["interviewer"].queryset = decisions.interviewers_for(application)
        self.fields["interviewer"].initial = application.interviewer_id


class ProposeForm(StaffForm):
    rationale = _text(_("Why this person should be approved"), max_length=2000)
    no_conflict = _no_conflict()


class ConfirmForm(StaffForm):
    no_conflict = _no_conflict()


class SendBackForm(StaffForm):
    reason = _text(
        _("What has to be looked at again"),
        max_length=500,
        help_text=_("It stands in the log of the case. The proposer gets a letter without it."),
    )


class ProvideForm(StaffForm):
    """A paper that was shown or handed in; the file is optional where the original was seen."""

    number = forms.CharField(label=_("Number"), max_length=60, required=False)
    issuer = forms.CharField(label=_("Issued by"), max_length=200, required=False)
    issued_on = _date(_("Date of issue"))
    upload = forms.FileField(label=_("Scan or photo"), required=False, help_text=_("PDF, JPEG or PNG, not over 20 MB."))

    def __init__(self, *args, check: Check, **kwargs):
        kwargs.setdefault("initial", {"number": check.number, "issuer": check.issuer, "issued_on": check.issued_on})
        super().__init__(*args, **kwargs)

    def clean_issued_on(self) -> date:
        return not_in_future(self.cleaned_data["issued_on"], _("The date of issue lies in the future."))

    def clean_upload(self) -> tuple[bytes, str] | None:
        upload = self.cleaned_data["upload"]
        return files.clean_upload(upload) if upload else None


class VerifyForm(StaffForm):
    """What the verifier read himself. A search or a meeting has a day, and neither number nor issuer."""

    method = forms.ChoiceField(
        label=_("How it was verified"), error_messages={"required": _("Say how it was verified.")}
    )
    number = forms.CharField(
        label=_("Number"), max_length=60, error_messages={"required": _("The number of the paper is missing.")}
    )
    issuer = forms.CharField(label=_("Issued by"), max_length=200, required=False)
    issued_on = _date(_("Date of issue"), error_messages={"required": _("The date of issue is missing.")})
    note = forms.CharField(label=_("Note"), max_length=300, required=False)

    def __init__(self, *args, check: Check, **kwargs):
        initial = {"number": check.number, "issuer": check.issuer, "issued_on": check.issued_on}
        check_type = check.check_type
        methods = check_type.method_choices
        if len(methods) == 1:
            initial["method"] = methods[0][0]
        kwargs.setdefault("initial", initial)
        super().__init__(*args, **kwargs)
        self.check_type = check_type
        self.fields["method"].choices = methods if len(methods) == 1 else [("", _("Choose")), *methods]
        self.fields["number"].required = check_type.needs_number
        if not check_type.provided_by_applicant:
            self.fields["issued_on"].label = _("Day of the search, the meeting or the letter")
            for name in ("number", "issuer"):
                self.fields[name].required = False
                self.fields[name].widget = forms.HiddenInput()

    def clean(self):
        cleaned = super().clean()
        if not self.errors:
            read = {name: cleaned[name] for name in ("method", "number", "issued_on")}
            for field, reason in checks.problems(self.check_type, **read):
                self.add_error(field, reason.text)
        return cleaned


class FailForm(StaffForm):
    reason = _text(
        _("What is wrong with it"),
        rows=2,
        max_length=300,
        help_text=_("The safeguarding lead gets a task. The applicant is not told automatically."),
    )


class AssessForm(StaffForm):
    result = forms.ChoiceField(label=_("Result"), choices=ReferenceResponse.Result.choices, widget=forms.RadioSelect)
    called_back = forms.BooleanField(label=_("I called the referee back"), required=False)


class TrainingForm(StaffForm):
    module = forms.ModelChoiceField(TrainingModule.objects.all(), label=_("Training module"), empty_label=None)
    held_on = _date(_("Held on"))
    result = forms.ChoiceField(
        label=_("Result"), choices=TrainingRecord.Result.choices, initial="passed", widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("What has to be repeated"), max_length=300, required=False, help_text=_("Unless it was passed.")
    )

    def clean_held_on(self) -> date:
        return not_in_future(self.cleaned_data["held_on"], _("The day of the training lies in the future."))

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("result") not in (None, TrainingRecord.Result.PASSED) and not cleaned.get("note"):
            self.add_error("note", _("Please write what has to be repeated."))
        return cleaned


class SupervisorForm(StaffForm):
    supervisor = StaffChoice(User.objects.none(), label=_("Supervisor"))

    def __init__(self, *args, person: Person, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["supervisor"].queryset = standing.supervisors_for(person)


class SuspendForm(StaffForm):
    reason_code = forms.ModelChoiceField(
        ReasonCode.objects.filter(is_active=True), label=_("Reason"), empty_label=_("Choose")
    )
    note = _text(_("Internal note"), max_length=2000, help_text=_("Never shown to the mentor or the school."))
