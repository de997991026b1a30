"""The moves of a case. Rules are the services'; a form asks what they need and keeps what was typed."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.fields import SeveralField
from portal.models import User
from volunteers.forms.staff import StaffChoice, StaffForm, date_field, text_field
from volunteers.models import Appeal, Application, ConflictDeclaration, Hold, ReasonCode, Recommendation
from volunteers.services import answers, cases, decisions, reviews

NO_CONFLICT = _("Nothing ties me to the applicant: no kinship, no common work or organisation, no dispute.")
STAFF_ONLY = _("For staff only, never for the applicant.")
LEADS_ONLY = _("Read by safeguarding leads only.")


def no_conflict_field() -> forms.BooleanField:
    error = _("Tick it, or leave the case to a colleague.")
    return forms.BooleanField(label=NO_CONFLICT, error_messages={"required": error})


class CaseForm(StaffForm):
    """Every form of the case page is made for one case, whether it needs to know it or not."""

    def __init__(self, *args, application: Application, **kwargs):
        super().__init__(*args, **kwargs)
        self.application = application


class AcceptForm(CaseForm):
    interviewer = StaffChoice(User.objects.none(), label=_("Interviewer"), required=False)
    no_conflict = no_conflict_field()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["interviewer"].queryset = decisions.interviewers_for(self.application)


class InterviewerForm(CaseForm):
    interviewer = StaffChoice(User.objects.none(), label=_("Interviewer"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["interviewer"].queryset = decisions.interviewers_for(self.application)
        self.fields["interviewer"].initial = self.application.interviewer_id


class HandOverForm(CaseForm):
    to = StaffChoice(User.objects.none(), label=_("Coordinator"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = cases.coordinators_for(self.application)
        self.fields["to"].initial = self.application.owner_id


class ConflictForm(CaseForm):
    kind = forms.ChoiceField(
        label=_("What ties you to the applicant"),
        choices=ConflictDeclaration.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say what ties you to the applicant.")},
    )


class AskForm(CaseForm):
    """A tick and some words for each part of the answers, and a free question. Gives `items`."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.steps = answers.steps_of(self.application)
        for step in self.steps:
            label = answers.READ_BY_STAFF[step]
            self.fields[f"open_{step}"] = forms.BooleanField(label=label, required=False)
            self.fields[f"text_{step}"] = self._words(_("What is missing in “%(step)s”") % {"step": label})
        self.fields[f"text_{answers.QUESTION}"] = self._words(_("A question in your own words"))

    def _words(self, label: str) -> forms.CharField:
        return text_field(label, rows=2, max_length=1000, required=False)

    def clean(self):
        cleaned = super().clean()
        items = []
        for step in self.steps:
            text = cleaned.get(f"text_{step}", "")
            if text or cleaned.get(f"open_{step}"):
                items.append({"step": step, "text": text})
                if not text:
                    self.add_error(f"text_{step}", _("Say what is missing."))
        if question := cleaned.get(f"text_{answers.QUESTION}"):
            items.append({"step": answers.QUESTION, "text": question})
        if not items and not self.errors:
            self.add_error(None, _("Say what you ask the applicant for."))
        return {"items": items}


class HoldForm(CaseForm):
    """A match with the do-not-engage list is the portal's own finding."""

    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[choice for choice in Hold.Reason.choices if choice[0] != Hold.Reason.DO_NOT_ENGAGE],
    )
    note = text_field(_("Note"), max_length=2000, help_text=LEADS_ONLY)


class ReleaseForm(CaseForm):
    note = text_field(_("Why the case may go on"), max_length=2000, help_text=LEADS_ONLY)


class ProposeForm(CaseForm):
    rationale = text_field(_("Why this person should be approved"), max_length=2000)
    no_conflict = no_conflict_field()


class ReasonCodes(SeveralField):
    """The reasons in three groups, so that nobody takes an internal one for one that the applicant reads."""

    def __init__(self, **kwargs):
        active = ReasonCode.objects.filter(is_active=True)
        super().__init__(active, widget=forms.CheckboxSelectMultiple, **kwargs)

    def grouped(self) -> list[tuple[str, list[tuple[int, str]]]]:
        codes = list(self.queryset.all())
        published = [code for code in codes if code.published_disqualifier and code.disclosable]
        told = [code for code in codes if code.disclosable and not code.published_disqualifier]
        groups = [
            (_("Named on the page of the role"), published),
            (_("The applicant reads it"), told),
            (_("Staff only: the applicant does not read it"), [code for code in codes if not code.disclosable]),
        ]
        return [(title, [(code.pk, code.text) for code in group]) for title, group in groups if group]


class ProposeDeclineForm(CaseForm):
    reason_codes = ReasonCodes(label=_("Reasons"), error_messages={"required": _("Choose at least one reason.")})
    applicant_text = text_field(
        _("Words for the applicant"),
        max_length=2000,
        required=False,
        help_text=_(
            "They stand in the letter, after the reasons that may be told. Write as you would say it in person."
        ),
    )
    rationale = text_field(_("Why this person should be refused"), max_length=2000, help_text=STAFF_ONLY)
    no_conflict = no_conflict_field()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason_codes"].choices = self.fields["reason_codes"].grouped()


class ProposeDeferForm(CaseForm):
    defer_until = date_field(_("The applicant may continue from"))
    applicant_text = text_field(
        _("What must happen until then"), max_length=2000, help_text=_("It stands in the letter.")
    )
    rationale = text_field(_("Why it is better to wait"), max_length=2000, help_text=STAFF_ONLY)
    no_conflict = no_conflict_field()


class ConfirmForm(CaseForm):
    no_conflict = no_conflict_field()


class SendBackForm(CaseForm):
    reason = text_field(
        _("What has to be looked at again"),
        max_length=500,
        help_text=_("It stands in the log of the case. The proposer gets a letter without it."),
    )


class CloseForm(CaseForm):
    reason = text_field(_("Your note on the answer"), max_length=2000, help_text=STAFF_ONLY)


class ReviewForm(CaseForm):
    """One mark for each criterion. Gives `scores`, `note`, `recommendation`."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        marks = [(score, f"{score} – {label}") for score, label in reviews.SCORES.items()]
        for name, label in reviews.CRITERIA.items():
            self.fields[name] = forms.TypedChoiceField(label=label, choices=marks, coerce=int, widget=forms.RadioSelect)
        self.fields["note"] = text_field(_("Note"), max_length=2000, required=False)
        self.fields["recommendation"] = forms.ChoiceField(
            label=_("Recommendation"), choices=Recommendation.choices, widget=forms.RadioSelect
        )

    def clean(self):
        cleaned = super().clean()
        scores = {name: cleaned[name] for name in reviews.CRITERIA if name in cleaned}
        return {"scores": scores, "note": cleaned.get("note", ""), "recommendation": cleaned.get("recommendation")}


class AppealForm(StaffForm):
    outcome = forms.ChoiceField(label=_("Decision"), choices=Appeal.Outcome.choices, widget=forms.RadioSelect)
    applicant_text = text_field(_("Words for the applicant"), max_length=2000, help_text=_("It stands in the letter."))
    reason = text_field(_("Why you decide so"), max_length=2000, help_text=STAFF_ONLY)
